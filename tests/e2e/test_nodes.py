"""Equal nodes on one PostgreSQL: what one does, the others know within a second (DESIGN §2)."""

import itertools
import secrets
import threading

from client import Client
from harness import LONG, PASSWORD
from nodes import Nodes
from server import Server, in_time, until

ENGINES = ("postgres",)


def end(nodes, ending):
    """A session that was good at the other node too; gives back whether it knows of the end."""
    user = nodes.world.sign_in_as("support")
    there, path = nodes.there(user), f"/users/{user.user['id']}"
    there.get("/auth/me")
    {"logout": lambda: user.post("/auth/logout", expect=204),
     "lock": lambda: nodes.world.admin.post(f"{path}/lock", {"reason": "x"}, 200),
     "deactivate": lambda: nodes.world.admin.patch(path, {"is_active": False}),
     "end_session": lambda: nodes.world.admin.delete(f"/user_sessions/{there.get('/auth/sessions').json['data'][0]['id']}", 204),
     "must_change": lambda: nodes.world.admin.patch(path, {"must_change_password": True}),
     "new_email": lambda: nodes.world.admin.patch(path, {"email": f"nodo-{secrets.token_hex(4)}@nidia.test"}),
     "end_sessions": lambda: nodes.world.admin.post(f"{path}/end_sessions", expect=204)}[ending]()
    return lambda: there.get("/auth/me", (200, 401)).status == 401


def test_a_session_is_good_on_every_node_and_over_on_every_node(engine):
    with Nodes(engine) as nodes:
        for ending in ("logout", "lock", "deactivate", "end_sessions", "end_session", "must_change", "new_email"):
            in_time(lambda how=ending: end(nodes, how), 1, f"the end by {ending} on the other node")


def test_the_directory_follows_within_a_second(engine):
    with Nodes(engine) as nodes:
        machine = nodes.world.machine()
        there, tenants = nodes.there(machine), []

        def add():
            tenants.append(nodes.world.new_tenant())
            path = f"/resolve?slug={tenants[-1]['slug']}"
            return lambda: there.get(path, (200, 404)).status == 200

        def suspend():
            tenant = tenants.pop() if tenants else nodes.world.new_tenant()
            nodes.world.admin.post(f"/tenants/{tenant['id']}/suspend", {"reason": "x"}, 200)
            path = f"/resolve?slug={tenant['slug']}"
            return lambda: there.get(path, (200, 404)).status == 404 or there.get(path).json["status"] == "suspended"
        in_time(add, 1, "the new tenant on the other node")
        in_time(suspend, 1, "its suspension")


def test_settings_and_plans_follow_too(engine):
    with Nodes(engine) as nodes:
        setting = nodes.world.admin.get("/system_settings/default_trial_days").json
        there, days = nodes.there(nodes.world.admin), itertools.cycle((0, setting["value"]))

        def change():
            value = next(days)
            nodes.world.admin.patch(f"/system_settings/{setting['id']}", {"value": value})
            return lambda: (trial_there() is None) == (value == 0)

        def trial_there():
            word = secrets.token_hex(4)
            return there.post("/tenants", {"name": word, "slug": f"t-{word}", "plan_type": "basic", "billing_email": "x@x.test"}, 201).json["trial_ends_at"]
        in_time(change, 1, "the setting on the other node")


def test_whoever_must_have_a_second_factor_must_on_every_node(engine):
    with Nodes(engine) as nodes:
        tenant = nodes.world.new_tenant()
        support, owner = nodes.world.sign_in_as("support"), nodes.world.sign_in_as("tenant_admin", tenant["id"])
        for client, path, name, off, on in ((support, "/system_settings/second_factor_support", "value", 0, 1),
                                            (owner, f"/tenants/{tenant['id']}", "requires_second_factor", False, True)):
            there = nodes.there(client)

            def ask_for_one():
                nodes.world.admin.patch(path, {name: off})
                until(lambda: there.get("/users", (200, 403)).status == 200)
                (nodes.world.admin if client is support else owner).patch(path, {name: on})
                return lambda: there.get("/users", (200, 403)).status == 403
            in_time(ask_for_one, 1, f"what {path} asks for on the other node")
            assert there.get("/users", 403).code == "second_factor_required"


def test_of_two_nodes_each_seat_is_given_once(engine):
    with Nodes(engine) as nodes:
        tenant = nodes.world.new_tenant(max_users=4)
        before = tenant["current_users"]
        replies, gate = [], threading.Barrier(20)

        def add(client, number):
            gate.wait()
            replies.append(client.post("/users", {"email": f"asiento-{number}@nidia.test", "system_role": "tenant_admin",
                                                  "tenant_id": tenant["id"]}, (201, 409)).status)

        here, there = nodes.world.admin, nodes.there(nodes.world.admin)
        threads = [threading.Thread(target=add, args=((here, there)[number % 2].twin(), number)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert here.get(f"/tenants/{tenant['id']}").json["current_users"] == 4 == replies.count(201) + before
        assert len(here.all_pages(f"/users?tenant_id={tenant['id']}")) == 4


def test_one_key_sent_to_two_nodes_does_it_once(engine):
    with Nodes(engine) as nodes:
        body = {"name": "dos-nodos", "display_name": "x", "max_users": 1, "max_storage_gb": 1}
        here, there, replies = nodes.world.admin, nodes.there(nodes.world.admin), []

        def send(client):
            replies.append(client.post("/plans", body, (201, 409), Idempotency_Key='"one-key"'))

        threads = [threading.Thread(target=send, args=((here, there)[number % 2].twin(),)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        made = {reply.json["id"] for reply in replies if reply.status == 201}
        assert len(made) == 1 and {reply.code for reply in replies if reply.status == 409} <= {"idempotency_running"}


def test_a_dead_nodes_jobs_are_taken_over(engine):
    with Nodes(engine) as nodes:
        tenants = [nodes.world.ask_for_tenant().json for _ in range(4)]
        nodes.world.server.kill()
        if not LONG:
            nodes.world.end_leases()
        there = nodes.there(nodes.world.admin)
        until(lambda: all(there.get(f"/tenants/{tenant['id']}").json["is_active"] for tenant in tenants), 90, "their databases")
        nodes.world.server.start()


def test_two_nodes_started_at_once_make_one_database(engine):
    database = engine.new_database()
    first = Server(database)
    try:
        first.start()
        first.stop()
        ring = str(next(first.data.glob("*key*")))
        servers = [Server(database, options=["--keyring", ring]) for _ in range(3)]
        for server in servers:
            server.start(wait=False)
        for server in servers:
            until(server.is_ready, 60)
        for server in servers:
            assert server.stop() == 0, server.log_tail()
            server.remove()
    finally:
        first.remove()
        engine.drop_database(database)


def test_who_signs_in_at_one_refreshes_at_the_other(engine):
    with Nodes(engine) as nodes:
        user = nodes.world.new_user("support")
        signed_in = nodes.world.sign_in(user["email"], PASSWORD)
        fresh = Client(nodes.other.port, nodes.world.contract).post("/auth/refresh", {"refresh_token": signed_in.refresh_token}, 200)
        signed_in.twin(token=fresh.json["access_token"]).get("/auth/me")

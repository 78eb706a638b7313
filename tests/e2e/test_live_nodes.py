"""Two nodes on one PostgreSQL, either of them killed at any time: nothing is done twice, and nobody misses an event."""

import http.client
import random
import secrets
import threading
from contextlib import ExitStack, contextmanager

import psycopg2

from harness import LONG
from nodes import Nodes
from server import in_time, pause, until
from stream import Stream

ENGINES = ("postgres",)
ROUNDS, TENANTS_A_ROUND = (12, 6) if LONG else (2, 4)
LEFT = "SELECT 1 FROM jobs WHERE status IN ('queued', 'running') UNION ALL SELECT 1 FROM events WHERE position IS NULL"


class Listener:
    """Listens at one node and, when that one is killed, goes on at the other from the last event that it heard."""

    def __init__(self, client, other_port):
        self.client, self.ports, self.heard, self.stopped, self.stream = client, [client.port, other_port], [], False, None
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        last = 0
        while not self.stopped:
            try:
                with Stream(self.client, after=last, port=self.ports[0]) as stream:
                    self.stream = stream
                    until(lambda: stream.status != 200 or stream.ended.is_set() or self.stopped, 600)
                    self.heard += stream.events if stream.status == 200 else []
                    last = stream.last_id if stream.status == 200 else last
            except OSError:
                pass
            self.ports.reverse()
            pause()

    def has_heard(self, position):
        return self.stream and int(self.stream.last_id) >= position

    def stop(self):
        self.stopped = True
        self.thread.join(30)
        return [int(event.id) for event in self.heard]


def ask(client):
    """Asks for a tenant; None where the node died first. What it has begun then is seen in the list of tenants."""
    word = secrets.token_hex(4)
    try:
        return client.twin().post("/tenants", {"name": word, "slug": f"nodo-{word}", "plan_type": "basic", "billing_email": f"pagos@{word}.test"}, 201)
    except (OSError, http.client.HTTPException):
        return None


def ask_at_both(here, there, then):
    """Asks for tenants at both nodes at once, and does what is to be done in the middle of it."""
    threads = [threading.Thread(target=ask, args=((here, there)[number % 2],)) for number in range(TENANTS_A_ROUND)]
    for thread in threads:
        thread.start()
    then()
    for thread in threads:
        thread.join()


def check_tenants(engine, client):
    """Each has exactly one database, one administrator and one job, whose steps are all done."""
    tenants = [tenant for tenant in client.all_pages("/tenants")]
    databases = {name for (name,) in engine.run("SELECT datname FROM pg_database WHERE datname LIKE 'tenant\\_%'")}
    names = [tenant["db_name"] for tenant in tenants]
    assert len(set(names)) == len(names) and set(names) <= databases
    jobs = client.all_pages("/jobs?kind=provision_tenant")
    assert sorted(job["tenant_id"] for job in jobs) == sorted(tenant["id"] for tenant in tenants)
    assert all(step["status"] == "completed" for job in jobs for step in job["steps"])
    administrators = [user["tenant_id"] for user in client.all_pages("/users?tenant_id[null]=false")]
    assert sorted(administrators) == sorted(tenant["id"] for tenant in tenants)
    return tenants


def wait_for_tenants(engine, nodes, client):
    """Until each is active and nothing is left to do; says what the jobs are at where that does not come."""
    def settled():
        return all(tenant["is_active"] for tenant in client.twin().all_pages("/tenants")) and not engine.run(LEFT, nodes.world.database)
    try:
        until(settled, 90, "the tenants")
    except AssertionError as fault:
        open_jobs = engine.run("SELECT kind, status, attempts, error, run_at, leased_by, lease_until, steps, now() FROM jobs WHERE status <> 'completed'", nodes.world.database)
        raise AssertionError(f"{fault}: {open_jobs}") from fault


def test_either_node_killed_at_any_time_under_load(engine):
    chance = random.Random(20261122)
    with Nodes(engine) as nodes:
        here = nodes.world.admin
        there = nodes.there(here)
        listeners = [Listener(here, there.port), Listener(there, here.port)]
        for number in range(ROUNDS):
            victim, survivor = ((nodes.world.server, there), (nodes.other, here))[number % 2]
            ask_at_both(here, there, lambda server=victim: (pause(chance.uniform(0.05, 0.5)), server.kill()))
            nodes.world.end_leases()
            wait_for_tenants(engine, nodes, survivor)
            victim.start()
        tenants = check_tenants(engine, here.twin())
        assert len(tenants) >= ROUNDS * TENANTS_A_ROUND / 2
        [(last,)] = engine.run("SELECT max(position) FROM events", nodes.world.database)
        [numbered] = engine.run(f"SELECT count(*), count(DISTINCT position), min(position) FROM events WHERE position <= {last}", nodes.world.database)
        assert numbered == (last, last, 1), numbered
        for listener in listeners:
            until(lambda one=listener: one.has_heard(last), 20, "the last event at both")
            heard = [position for position in listener.stop() if position <= last]
            assert heard == list(range(1, last + 1)), sorted(set(range(1, last + 1)) ^ set(heard)) or heard


def test_who_listens_at_one_node_hears_of_the_other_within_a_second(engine):
    with Nodes(engine) as nodes:
        there = nodes.there(nodes.world.admin)
        with Stream(there) as stream:
            def make():
                plan = nodes.world.new_plan()
                return lambda: plan["id"] in [event.data["entity_id"] for event in stream.of("plan.created")]
            in_time(make, 1, "the plan there")
        reply = nodes.world.ask_for_tenant()
        path = reply.headers["Link"].split("</api/v1")[1].split(">")[0]
        with Stream(there, path + "/events") as stream:
            assert stream.wait_for_end().events[-1].type == "end" and stream.of("job")[-1].data["status"] == "completed"


def test_a_session_that_ends_at_one_node_loses_its_stream_at_the_other(engine):
    with Nodes(engine) as nodes:
        with ExitStack() as streams:
            def sign_out():
                user = nodes.world.sign_in_as("support")
                stream = streams.enter_context(Stream(nodes.there(user)))
                user.post("/auth/logout", expect=204)
                return stream.ended.is_set
            in_time(sign_out, 1, "the stream's end there")


class Asking(Stream):
    """Asks his node for the tenant as soon as he hears that it was suspended."""

    def __init__(self, client, machine, slug):
        self.machine, self.slug, self.answered = machine, slug, []
        super().__init__(client)

    def take(self, fields):
        if fields.get("event") == "tenant.suspended":
            self.answered.append(self.machine.get(f"/resolve?slug={self.slug}", 200).json["status"])
        super().take(fields)


@contextmanager
def held_up(nodes):
    """No node gets to know a tenant's change: another session holds a table that they read for it."""
    connection = psycopg2.connect(nodes.world.database)
    try:
        connection.cursor().execute("LOCK TABLE module_tenant_assignments")
        yield
    finally:
        connection.close()


@contextmanager
def held_up_while_nobody_is_heard(nodes):
    """The same, and all connections were lost a moment before: what the nodes hold is read again."""
    with held_up(nodes):
        nodes.world.engine.run("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'nidia'"
                               " AND datname = current_database()", nodes.world.database)
        yield


@contextmanager
def unreadable(nodes):
    """What they read fails, on connections that live."""
    nodes.world.engine.run("ALTER TABLE module_tenant_assignments RENAME TO away", nodes.world.database)
    try:
        yield
    finally:
        nodes.world.engine.run("ALTER TABLE away RENAME TO module_tenant_assignments", nodes.world.database)


def suspend(client, tenant):
    client.twin().post(f"/tenants/{tenant['id']}/suspend", {"reason": "x"}, 200)


def is_numbered(nodes, tenant):
    return nodes.world.engine.run(f"SELECT 1 FROM events WHERE type = 'tenant.suspended' AND entity_id = '{tenant['id']}'"
                                  " AND position IS NOT NULL", nodes.world.database)


def test_who_hears_of_a_change_is_answered_as_after_it(engine):
    with Nodes(engine) as nodes:
        here, machine = nodes.world.admin, nodes.world.machine()
        there, machine_there = nodes.there(here), nodes.there(machine)
        for trouble in (held_up, held_up_while_nobody_is_heard, unreadable):
            tenant = nodes.world.new_tenant()
            until(lambda one=tenant: machine_there.get(f"/resolve?slug={one['slug']}", (200, 404)).status == 200, what="the tenant there")
            with Asking(there, machine_there, tenant["slug"]) as stream:
                with trouble(nodes):
                    thread = threading.Thread(target=suspend, args=(here, tenant))
                    thread.start()
                    until(lambda one=tenant: is_numbered(nodes, one), what="its event")
                    pause(0.5)  # in which one who tells too early does so
                    assert not stream.answered, (trouble.__name__, stream.answered)
                thread.join()
                until(lambda one=stream: one.answered, what=f"the news after it was {trouble.__name__}")
                assert stream.answered == ["suspended"], trouble.__name__

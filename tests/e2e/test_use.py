"""What tenants consume: counted once, never over the limit, known after a power cut but for the last half second."""

import threading

from client import new_key
from harness import only_on
from server import pause, soon
from test_nodes import Nodes

WRITTEN_S = 0.5  # USAGE_WRITE_MS
SLACK_S = 1.5    # what a loaded machine adds to it
PACE_S = 0.02    # between two answers of a server that is killed: the time is counted in them


def consume(client, tenant, quantity=1, status=(200, 409), metric="emails", **more):
    return client.post(f"/tenants/{tenant['id']}/consume", {"metric": metric, "quantity": quantity, **more}, status)


def used(world, tenant, metric="emails"):
    return world.admin.get(f"/tenants/{tenant['id']}").json[f"current_monthly_{metric}"]


def until_written(world, tenant, amount, metric="emails"):
    soon(lambda: used(world, tenant, metric) == amount, WRITTEN_S + SLACK_S, f"{amount} {metric} in the database")


def in_parallel(clients, work):
    gate, replies = threading.Barrier(len(clients)), []

    def run(client):
        gate.wait()
        replies.extend(work(client))

    threads = [threading.Thread(target=run, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return replies


def test_what_is_consumed_is_told_with_what_is_left(world):
    tenant, machine = world.new_tenant(max_monthly_emails=10), world.machine(scopes=["consume", "directory"])
    told = consume(machine, tenant, 4, 200).json
    assert (told["used"], told["allowed"], told["remaining"], told["quantity"]) == (4, 10, 6, 4) and told["month"].endswith("-01")
    assert consume(machine, tenant, 7, 409).code == "limit_reached"
    assert machine.post(f"/tenants/{tenant['slug']}/consume", {"metric": "emails"}, 200).json["used"] == 5
    assert machine.get(f"/tenants/{tenant['id']}/entitlements").json["current_monthly_emails"] == 5
    exact = consume(machine, tenant, 5, 200, exact=True).json
    assert (exact["used"], exact["remaining"]) == (10, 0)
    assert consume(machine, tenant, 1, 409, exact=True).code == "limit_reached"
    assert consume(machine, tenant, 1, 409).code == "limit_reached"
    until_written(world, tenant, 10)
    days = world.admin.all_pages(f"/tenant_usage_daily?tenant_id={tenant['id']}")
    assert sum(day["emails_sent"] for day in days) == 10 and len(days) in (1, 2)


def test_who_may_consume_and_how_much(world):
    tenant, other = world.new_tenant(), world.new_tenant()
    machine = world.machine(scopes=["consume"])
    for quantity in (0, -1, 1_000_001):
        assert "/quantity" in consume(machine, tenant, quantity, 422).faults
    consume(machine, tenant, 1, 422, metric="users")
    consume(world.machine(), tenant, 1, 403)
    consume(world.sign_in_as("support"), tenant, 1, 403)
    consume(world.visitor, tenant, 1, 401)
    consume(world.machine(tenant["id"], ["consume"]), other, 1, 404)
    consume(machine, {"id": "00000000-0000-7000-8000-000000000000"}, 1, 404)
    for level, code in (("read_only", "service_read_only"), ("off", "service_off")):
        world.admin.post(f"/tenants/{tenant['id']}/set_service_level", {"level": level, "reason": "x"}, 200)
        for exact in (False, True):
            assert consume(machine, tenant, 1, 403, exact=exact).code == code


def test_of_fifty_at_once_as_many_get_it_as_there_is(world):
    machine = world.machine(scopes=["consume"])
    for exact in (False, True):
        tenant = world.new_tenant(max_monthly_whatsapp=30)
        replies = in_parallel([machine.twin() for _ in range(10)], lambda client: [
            consume(client, tenant, metric="whatsapp", exact=exact).status for _ in range(5)])
        assert (replies.count(200), replies.count(409)) == (30, 20)
        until_written(world, tenant, 30, "whatsapp")
        warnings = world.admin.all_pages(f"/usage_warnings?tenant_id={tenant['id']}")
        assert sorted(warning["percent"] for warning in warnings) == [80, 100], warnings


def test_a_key_does_it_once(world):
    tenant, machine = world.new_tenant(), world.machine(scopes=["consume"])
    path, body, key = f"/tenants/{tenant['id']}/consume", {"metric": "emails", "quantity": 3}, new_key()
    first, again = (machine.post(path, body, 200, Idempotency_Key=key) for _ in range(2))
    assert first.body == again.body and again.headers["Idempotency-Replayed"] == "true" and used(world, tenant) == 3


def test_its_people_see_their_warnings_and_no_others(world):
    tenant, other = world.new_tenant(max_users=5, max_monthly_emails=4), world.new_tenant(max_monthly_emails=4)
    consume(world.admin, tenant, 4, 200, exact=True)
    consume(world.admin, other, 4, 200, exact=True)
    owner = world.sign_in_as("tenant_admin", tenant["id"])
    while owner.post("/users", {"email": f"{new_key()[1:9]}@nidia.test", "system_role": "tenant_admin"}, (201, 409)).status == 201:
        pass
    warnings = owner.all_pages("/usage_warnings")
    assert sorted((warning["metric"], warning["percent"]) for warning in warnings) == [
        ("monthly_emails", 80), ("monthly_emails", 100), ("users", 80), ("users", 100)], warnings
    people = owner.all_pages("/users")
    owner.delete(f"/users/{people[0]['id'] if people[0]['id'] != owner.user['id'] else people[1]['id']}")
    ended = [warning for warning in owner.all_pages("/usage_warnings") if warning["ended_at"]]
    assert [(warning["metric"], warning["percent"]) for warning in ended] == [("users", 100)]


def test_a_power_cut_costs_half_a_second_and_a_stop_nothing(world):
    tenant, stopped = world.new_tenant(max_monthly_api_calls=1_000_000), world.new_tenant(max_monthly_api_calls=1_000_000)
    client, a_second, answered = world.admin, round(1 / PACE_S), 0  # who has no quota
    while answered < 2 * a_second:
        consume(client, tenant, 1, 200, metric="api_calls")
        answered += 1
        pause(PACE_S)
    world.restart(kill=True)
    known = used(world, tenant, "api_calls")
    assert answered - a_second <= known <= answered, known
    for _ in range(50):
        consume(client, stopped, 2, 200, metric="api_calls")
    world.restart()
    assert used(world, stopped, "api_calls") == 100


def test_of_two_nodes_none_goes_over_exactly_and_each_hears_of_the_other(engine):
    only_on(engine, "postgres")
    with Nodes(engine) as nodes:
        world = nodes.world
        exact, quick = world.new_tenant(max_monthly_emails=40), world.new_tenant(max_monthly_emails=1000)
        here = world.machine(scopes=["consume", "directory"])
        there = nodes.there(here)
        soon(lambda: there.get(f"/tenants/{quick['id']}/entitlements", (200, 404)).status == 200, 2, "the tenants on the other node")
        clients = [client.twin() for client in (here, there) for _ in range(5)]
        replies = in_parallel(clients, lambda client: [consume(client, exact, exact=True).status for _ in range(8)])
        assert replies.count(200) == 40 == used(world, exact)
        percents = [warning["percent"] for warning in world.admin.all_pages(f"/usage_warnings?tenant_id={exact['id']}")]
        assert sorted(percents) == [80, 100]

        replies = in_parallel(clients, lambda client: [consume(client, quick, 10).status for _ in range(5)])
        assert replies.count(200) == 50
        until_written(world, quick, 500)
        for client in (here, there):
            soon(lambda: client.get(f"/tenants/{quick['id']}/entitlements").json["current_monthly_emails"] == 500, 2, "the other's part")
            soon(lambda: client.get(f"/tenants/{exact['id']}/entitlements").json["current_monthly_emails"] == 40, 2, "the other's part")


def test_of_two_nodes_each_goes_over_by_no_more_than_the_other_answered(engine):
    only_on(engine, "postgres")
    with Nodes(engine) as nodes:
        world = nodes.world
        tenant, here = world.new_tenant(max_monthly_emails=60), world.machine(scopes=["consume", "directory"])
        there = nodes.there(here)
        soon(lambda: there.get(f"/tenants/{tenant['id']}/entitlements", (200, 404)).status == 200, 2, "the tenant on the other node")

        def of_one(client):
            return sum(status == 200 for status in in_parallel([client.twin() for _ in range(5)], lambda twin: [
                consume(twin, tenant).status for _ in range(20)]))

        given = in_parallel([here, there], lambda client: [of_one(client)])
        assert max(given) <= 60 <= sum(given), given  # each by itself was never over
        until_written(world, tenant, sum(given))      # and what was given is what is counted
        for client in (here, there):
            soon(lambda: consume(client, tenant).status == 409, 2, "the refusal of every node")
        assert used(world, tenant) == sum(given)

"""Hosts of tenants' databases: placed, counted, drained, found away and back; what signs in there is told to nobody."""

import contextlib
import json
import os
import secrets
import tempfile
import urllib.parse

from harness import SecondPostgreSQL, World
from server import until
from test_commands import nidia


@contextlib.contextmanager
def second_place(engine):
    """Where another host can be: a second PostgreSQL server, or a folder; what adds it, and the server."""
    if engine.name == "postgres":
        with SecondPostgreSQL() as second:
            yield {"admin_url": second.url}, second
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield {"folder": f"{folder}/tenants"}, None


def add_host(world, place, name="norte", **columns):
    return world.admin.post("/database_hosts", {"name": name, **place, **columns}, 201).json


def host(world, name):
    return world.admin.get(f"/database_hosts/{name}").json


def is_there(engine, tenant, place, second):
    """Does the tenant's database stand on the second host?"""
    if second:
        return bool(second.run(f"SELECT 1 FROM pg_database WHERE datname = '{tenant['db_name']}'"))
    with contextlib.suppress(OSError), open(f"{place['folder']}/{tenant['db_name']}.db", "rb"):
        return True
    return False


def test_placed_by_weight_counted_drained_and_removed(engine):
    with second_place(engine) as (place, second), World(engine) as world:
        first = host(world, "default")
        assert first["status"] == "active" and first["database_count"] == 0
        added = add_host(world, place, weight=300, region="co-norte")
        assert added["is_healthy"] and added["database_count"] == 0
        if second:
            assert (added["host"], added["port"]) == ("127.0.0.1", urllib.parse.urlsplit(second.url).port)
        tenants = [world.new_tenant() for _ in range(4)]
        on_second = [tenant for tenant in tenants if tenant["database_host_id"] == added["id"]]
        assert len(on_second) == 3, [tenant["database_host_id"] for tenant in tenants]
        assert all(is_there(engine, tenant, place, second) == (tenant in on_second) for tenant in tenants)
        assert all(tenant["db_port"] == added["port"] for tenant in on_second)
        assert host(world, "norte")["database_count"] == 3 and host(world, "default")["database_count"] == 1
        nidia(world, "doctor")

        assert json.loads(nidia(world, "host", "drain", "norte", "--json").stdout)["status"] == "draining"
        assert world.new_tenant()["database_host_id"] == first["id"]
        world.admin.delete("/database_hosts/norte", 409)
        nidia(world, "host", "activate", "norte")
        assert world.new_tenant(region="co-norte")["database_host_id"] == added["id"]
        world.admin.delete("/database_hosts/default", 409)


def printed(told):
    """A record as a terminal shows it: a name and its value on each line."""
    return dict(line.split(None, 1) for line in told.stdout.splitlines())


@contextlib.contextmanager
def away(place, second):
    if second:
        second.stop()
    else:
        os.rename(place["folder"], place["folder"] + "-away")
    try:
        yield
    finally:
        if second:
            second.start()
        else:
            os.rename(place["folder"] + "-away", place["folder"])


def test_a_host_through_its_life_from_a_terminal(engine):
    with second_place(engine) as (place, second), World(engine) as world:
        where = ("--admin-url", "-") if second else ("--folder", place["folder"])
        numbers = ("--capacity", "7", "--weight", "300", "--pool", "1")
        nidia(world, "host", "add", "norte", *where, "--capacity", "many", stdin=second.url if second else "", expect=2)
        added = nidia(world, "host", "add", "norte", *where, *numbers, "--region", "co-norte", stdin=second.url if second else "")
        row = host(world, "norte")
        assert (row["capacity"], row["weight"], row["pool_size"], row["region"], row["status"]) == (7, 300, 1, "co-norte", "active"), row
        assert printed(added)["id"] == row["id"] and (not second or urllib.parse.urlsplit(second.url).password not in added.stdout)
        until(lambda: host(world, "norte")["database_count"] == 1, 40, "a pool of one")
        shown = printed(nidia(world, "host", "show", "norte"))
        assert (shown["name"], shown["region"], shown["is_healthy"], shown["database_count"]) == ("norte", "co-norte", "true", "1"), shown
        titles, *lines = [line.split() for line in nidia(world, "host", "list").stdout.splitlines()]
        listed = {line[0]: dict(zip(titles, line)) for line in lines}
        assert set(listed) == {"default", "norte"} and (listed["norte"]["capacity"], listed["norte"]["status"]) == ("7", "active"), listed

        with away(place, second):
            found = printed(nidia(world, "host", "check", "norte"))
            assert found["is_healthy"] == "false" and found["latency_ms"] == "-" and found["last_error"] != "-", found
        assert json.loads(nidia(world, "host", "check", "norte", "--json").stdout)["is_healthy"]

        assert "options state this host" in nidia(world, "host", "remove", "default", expect=1).stderr
        assert nidia(world, "host", "remove", "norte", expect=1).stderr and host(world, "norte")["id"] == row["id"]
        nidia(world, "host", "drain", "norte")
        until(lambda: host(world, "norte")["database_count"] == 0, 40, "the end of its pool")
        assert nidia(world, "host", "remove", "norte").stdout == ""
        world.admin.get("/database_hosts/norte", 404)
        nidia(world, "host", "show", "norte", expect=1)
        assert [entry["name"] for entry in json.loads(nidia(world, "host", "list", "--json").stdout)["data"]] == ["default"]
        assert world.new_tenant()["database_host_id"] == host(world, "default")["id"]

        again = add_host(world, place, "sur")  # where the removed one was
        world.admin.delete("/database_hosts/sur", 204)
        world.admin.get(f"/database_hosts/{again['id']}", 404)
        nidia(world, "doctor")


def test_a_capacity_is_never_exceeded_and_who_found_no_room_is_tried_again(engine):
    with second_place(engine) as (place, _), World(engine) as world:
        add_host(world, place, capacity=5)
        world.admin.patch("/database_hosts/default", {"capacity": 4}, 200)
        made = [world.ask_for_tenant().json for _ in range(14)]

        def settled():
            rows = [world.admin.get(f"/tenants/{tenant['id']}").json for tenant in made]
            return rows if all(row["is_active"] or row["provisioning_status"] == "failed" for row in rows) else None
        rows = until(settled, 120, "all are placed or refused")
        assert sum(row["is_active"] for row in rows) == 9
        assert host(world, "norte")["database_count"] == 5 and host(world, "default")["database_count"] == 4
        assert all("no_host_has_room" in row["provisioning_error"] for row in rows if not row["is_active"])
        world.admin.patch("/database_hosts/norte", {"capacity": None}, 200)
        for row in rows:
            if not row["is_active"]:
                world.admin.post(f"/tenants/{row['id']}/retry_provisioning", None, (202, 409))  # or it was tried again by itself
        until(lambda: all(world.admin.get(f"/tenants/{row['id']}").json["is_active"] for row in rows), 120, "room for all")


def test_a_host_that_is_away_is_avoided_until_it_is_back(engine):
    with second_place(engine) as (place, second), World(engine) as world:
        add_host(world, place, weight=1000)
        there = world.new_tenant()
        assert is_there(engine, there, place, second)
        if second:
            second.stop()
            away = world.admin.post("/database_hosts/norte/check", None, 200).json
            assert not away["is_healthy"] and "refused" in away["last_error"] and away["latency_ms"] is None
            elsewhere = world.new_tenant()
            assert elsewhere["database_host_id"] == host(world, "default")["id"]
            assert "norte cannot be asked" in nidia(world, "doctor", expect=1).stdout
            second.start()
        back = world.admin.post("/database_hosts/norte/check", None, 200).json
        assert back["is_healthy"] and back["last_error"] is None and back["latency_ms"] is not None
        assert is_there(engine, world.new_tenant(), place, second)


def test_what_cannot_be_used_is_refused_with_its_member(engine):
    with World(engine) as world:
        if engine.name == "postgres":
            port = urllib.parse.urlsplit(engine.url).port
            wrong = [({"admin_url": "no url"}, "/admin_url", "malformed"), ({}, "/admin_url", "required"),
                     ({"admin_url": "postgres://u:geheim@127.0.0.1:1/postgres"}, "/admin_url", "unreachable"),
                     ({"admin_url": f"postgres://postgres:geheim@127.0.0.1:{port}/postgres"}, "/admin_url", "unreachable"),
                     ({"admin_url": engine.url, "folder": "/tmp/x"}, "/folder", "not_settable")]
            for same in (engine.url, engine.url.replace("127.0.0.1", "localhost"), engine.url.rsplit("/", 1)[0] + "/template1"):
                told = world.admin.post("/database_hosts", {"name": "twice", "admin_url": same, "host": "otra.nidia.test"}, 409).json
                assert "default" in told["detail"], told
        else:
            os.symlink(world.server.data / "tenants", world.server.data / "again")
            told = world.admin.post("/database_hosts", {"name": "twice", "folder": str(world.server.data / "again")}, 409).json
            assert "default" in told["detail"], told
            wrong = [({"folder": "here"}, "/folder", "malformed"), ({}, "/folder", "required"),
                     ({"folder": "/proc/1/nothing/here"}, "/folder", "unreachable"),
                     ({"folder": "/tmp", "admin_url": "postgres://x"}, "/admin_url", "not_settable")]
        for body, pointer, code in wrong:
            answer = world.admin.post("/database_hosts", {"name": "norte", **body}, 422)
            assert (pointer, code) in [(fault["pointer"], fault["code"]) for fault in answer.json["errors"]], answer.json
            assert b"geheim" not in answer.body, answer.json
        world.admin.post("/tenants", {"name": "Lejos", "slug": "lejos", "plan_type": "basic", "billing_email": "a@lejos.test",
                                      "region": "mx-sur"}, 422)
        for role in ("support", "billing_admin"):
            world.sign_in_as(role).get("/database_hosts", 403)


def test_the_administrators_password_is_told_to_nobody(engine):
    with second_place(engine) as (place, second), World(engine) as world:
        if not second:
            add_host(world, place)
            world.admin.patch("/database_hosts/norte", {"admin_url": "postgres://x"}, 422)
            return
        password = urllib.parse.urlsplit(second.url).password
        added = add_host(world, place)
        replies = [added, world.admin.get("/database_hosts").json, host(world, "norte"), world.new_tenant(),
                   world.admin.get("/audit_logs?limit=100").json, world.admin.post("/database_hosts/norte/check", None, 200).json]
        assert password not in json.dumps(replies) and "admin_url" not in json.dumps(added)
        second.stop()
        assert password not in json.dumps(world.admin.post("/database_hosts/norte/check", None, 200).json)
        assert password not in nidia(world, "doctor", expect=1).stdout
        assert password not in world.server.log_tail(10_000)
        stored = engine.run("SELECT admin_url_encrypted FROM database_hosts WHERE name = 'norte'", world.database)[0][0]
        assert stored.startswith("v1.") and password not in stored
        assert not engine.run(f"SELECT 1 FROM audit_logs a WHERE a::text LIKE '%{password}%'", world.database)
        second.start()


def test_a_pool_gives_its_databases_to_new_tenants(engine):
    with World(engine) as world:
        world.admin.patch("/database_hosts/default", {"pool_size": 2}, 200)
        until(lambda: host(world, "default")["database_count"] == 2 or None, 40, "a pool of two")
        nidia(world, "doctor")
        tenants = [world.new_tenant() for _ in range(2)]
        pooled = [tenant for tenant in tenants if tenant["db_name"].removeprefix("tenant_") != tenant["id"][-12:]]
        assert pooled, [tenant["db_name"] for tenant in tenants]
        reason = {"reason": f"a story {secrets.token_hex(2)}"}
        for tenant in pooled:
            shown = world.admin.post(f"/tenants/{tenant['id']}/reveal_database_password", reason, 200).json
            if engine.name == "postgres":
                parts = urllib.parse.urlsplit(engine.url)
                own = f"postgres://{tenant['db_username']}:{shown['password']}@{parts.hostname}:{parts.port}/{tenant['db_name']}"
                assert engine.run("SELECT current_user", own) == [(tenant["db_username"],)]
                until(lambda: engine.run("SHOW statement_timeout", own) == [("1min",)], 20, "the limits of its plan")
        world.admin.post("/database_hosts/default/drain", None, 200)
        until(lambda: host(world, "default")["database_count"] == 2 or None, 40, "a drained host's pool is gone")
        nidia(world, "doctor")


def test_an_administrator_is_replaced_after_he_was_tried(engine):
    """Passwords of servers are changed."""
    with second_place(engine) as (place, second), World(engine) as world:
        add_host(world, place, weight=1000)
        path = "/database_hosts/norte/set_administrator"
        if not second:
            assert world.admin.post(path, {"admin_url": "postgres://x"}, 422).faults == {"/admin_url": "not_settable"}
            return
        tenant = world.new_tenant()
        assert is_there(engine, tenant, place, second)
        second.run("CREATE ROLE jefa SUPERUSER LOGIN PASSWORD 'geheim-2'")
        parts = urllib.parse.urlsplit(second.url)
        way = f"postgres://jefa:geheim-2@{parts.hostname}:{parts.port}/postgres"
        for wrong, code in ((way.replace("geheim-2", "geheim-3"), "unreachable"), (engine.url, "rule_broken"), ("no url", "malformed")):
            answer = world.admin.post(path, {"admin_url": wrong}, 422)
            assert answer.faults == {"/admin_url": code} and b"geheim" not in answer.body, answer
        world.admin.post("/database_hosts/default/set_administrator", {"admin_url": way}, 409)
        world.sign_in_as("support").post(path, {"admin_url": way}, 403)
        before = world.admin.get("/audit_logs?entity_type=database_hosts&limit=100").json["data"]
        assert b"geheim" not in world.admin.post(path, {"admin_url": way}, 200).body
        audited = world.admin.get("/audit_logs?entity_type=database_hosts&limit=100").json["data"]
        assert len(audited) == len(before) + 1 and "geheim" not in json.dumps(audited)
        second.run("ALTER ROLE postgres PASSWORD 'another'")
        second.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres' AND pid <> pg_backend_pid()", way)
        second.url = way
        assert world.admin.post("/database_hosts/norte/check", None, 200).json["is_healthy"]
        assert is_there(engine, world.new_tenant(), place, second)
        nidia(world, "host", "set-admin", "norte", "--admin-url", way)
        nidia(world, "host", "set-admin", "norte", expect=2)

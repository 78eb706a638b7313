"""A tenant's database goes to another host, or comes back from a backup when its host is lost (OPERATIONS.md, "Life")."""

import http.client
import json
import os
import sqlite3
import threading
import time
import uuid
from unittest import SkipTest

import psycopg2

from harness import LONG, World, only_on
from server import pause, until
from test_commands import nidia
from test_copies import ROW, Product, backup_of, done, finished, moves_of, new_customer, refused, restore
from test_hosts import add_host, host, printed, second_place
from test_jobs import SchemaFolder


BASIC_LIMITS = (10, "1min")  # of the plan's
ALLOWED_S = 60  # two seconds are enough where nothing else runs; here every story runs at once, under sanitizers


class Writer(threading.Thread):
    """Adds rows all the time, as the product would: refused, it asks again where the database is. Every row that was
    acknowledged is remembered."""

    def __init__(self, world, tenant):
        super().__init__()
        self.product, self.ended, self.written = Product(world, tenant["id"]), threading.Event(), []
        self.unsure, self.longest_wait_ms = [], 0

    def run(self):
        connection, wrote_at = None, time.monotonic()
        while not self.ended.is_set():
            row = str(uuid.uuid4())
            try:
                connection = connection or self.product.connect()
                connection.cursor().execute(ROW.format(id=row, name="Escrito"))
                self.written.append(row)
                now = time.monotonic()
                self.longest_wait_ms, wrote_at = max(self.longest_wait_ms, round((now - wrote_at) * 1000)), now
            except (psycopg2.Error, sqlite3.Error, OSError, http.client.HTTPException):  # the node may be away too
                self.unsure.append(row)
                if connection:
                    connection.close()
                connection = None
                pause()

    def wait_for_rows(self):
        count = len(self.written)
        until(lambda: len(self.written) > count + 20, 20, "rows")

    def __enter__(self):
        self.start()
        self.wait_for_rows()
        return self

    def __exit__(self, *_):
        self.wait_for_rows()
        self.ended.set()
        self.join()

    def check(self):
        """Each once; what was refused may be there only if the answer was lost on its way."""
        there = [str(row[0]) for row in self.product.run("SELECT id FROM customers WHERE name = 'Escrito'")]
        assert len(there) == len(set(there)) and not set(self.written) - set(there), len(set(self.written) - set(there))
        assert not set(there) - set(self.written) - set(self.unsure)


def move(world, tenant, name, **more):
    return world.admin.post(f"/tenants/{tenant['id']}/move", {"host": name, "allow_read_only_seconds": ALLOWED_S, **more}, 202)


def is_at(world, tenant, name):
    return world.admin.get(f"/tenants/{tenant['id']}").json["database_host_id"] == host(world, name)["id"]


def begin(world, place):
    """A tenant on the first host, and a second one."""
    tenant, product = new_customer(world)
    add_host(world, place)
    return tenant, product


def test_a_tenant_is_moved_there_and_back_while_it_writes(engine):
    with second_place(engine) as (place, _), World(engine) as world:
        there_and_back(world, *begin(world, place))


def there_and_back(world, tenant, product):
    product.run("CREATE TABLE notes (note text)")
    product.run("INSERT INTO notes VALUES ('a'), ('a'), (NULL)")
    if world.engine.name == "postgres":
        product.run("CREATE SEQUENCE tickets")
        assert [product.run("SELECT nextval('tickets')")[0][0] for _ in range(3)] == [1, 2, 3]
    with Writer(world, tenant) as writer:
        done(world, move(world, tenant, "norte"))
        if world.engine.name == "postgres":
            assert product.run("SELECT nextval('tickets')")[0][0] == 4
        product.run("DELETE FROM notes WHERE note IS NULL")
        assert is_at(world, tenant, "norte")
        writer.wait_for_rows()
        done(world, world.admin.post(f"/tenants/{tenant['id']}/move_back", None, 202))
    writer.check()
    assert is_at(world, tenant, "default")
    back, there = moves_of(world, tenant)
    assert back["status"] == "completed" and there["status"] == "dropped", (back, there)
    assert 0 <= back["read_only_ms"] <= ALLOWED_S * 1000 and 0 <= there["read_only_ms"] <= ALLOWED_S * 1000, (back, there)
    assert back["row_count"] > there["row_count"]
    assert back["method"] == there["method"] == "replication"
    assert product.count() == 3 and product.run("SELECT note FROM notes") == [("a",), ("a",)]


def test_moved_and_restored_from_a_terminal(engine):
    with second_place(engine) as (place, _), World(engine) as world:
        tenant, product = begin(world, place)
        nidia(world, "tenant", "backup", tenant["slug"])
        moved = json.loads(nidia(world, "tenant", "move", tenant["slug"], "--host", "norte", "--allow-read-only-seconds", "60", "--json").stdout)
        assert moved["status"] == "completed" and moved["read_only_ms"] >= 0
        assert engine.name == "sqlite" or product.limits() == BASIC_LIMITS
        product.add(1)
        nidia(world, "tenant", "restore", tenant["slug"], "--backup", "newest", "--host", "default")
        assert product.count() == 3 and is_at(world, tenant, "default")
        assert engine.name == "sqlite" or product.limits() == BASIC_LIMITS
        nidia(world, "tenant", "move", tenant["slug"], expect=2)
        assert nidia(world, "tenant", "move", tenant["slug"], "--host", "default", expect=1).stderr


def test_moved_back_from_a_terminal(engine):
    """To where it came from, with what was written since."""
    with second_place(engine) as (place, _), World(engine) as world:
        tenant, product = begin(world, place)
        words = ("tenant", "move", tenant["slug"])
        assert "no old database is kept" in nidia(world, *words, "--back", expect=1).stderr
        nidia(world, *words, "--host", "norte", "--allow-read-only-seconds", "60")
        assert is_at(world, tenant, "norte")
        product.add(1)
        for wrong in (("--host", "default"), ("--allow-read-only-seconds", "60")):
            nidia(world, *words, "--back", *wrong, expect=2)
        told = printed(nidia(world, *words, "--back"))
        back, there = moves_of(world, tenant)
        assert (told["id"], told["status"], told["from_name"]) == (back["id"], "completed", there["to_name"]), told
        assert (there["status"], back["to_host_id"]) == ("dropped", host(world, "default")["id"]), (back, there)
        product.add(1)
        assert product.count() == 5 and is_at(world, tenant, "default")


def test_a_move_that_was_killed_is_finished_and_no_row_is_lost(engine):
    """Killed again and again, a little later each time, so that it hits each step."""
    with second_place(engine) as (place, _), World(engine) as world:
        tenant, product = begin(world, place)
        for round, delay in enumerate((0.0, 0.1, 0.3, 0.6, 1.0)):
            rows, target = product.count(), ("norte", "default")[round % 2]
            reply = move(world, tenant, target, allow_read_only_seconds=60)
            pause(delay)
            world.restart(kill=True)
            world.signed_in = None
            product = Product(world, tenant["id"])
            done(world, reply)
            product.add(1)
            assert product.count() == rows + 1 and is_at(world, tenant, target)
        told = nidia(world, "doctor").stdout
        assert "no tenant owns" not in told and "database_count" not in told, told


def test_a_tenant_of_a_lost_host_comes_back_from_its_backup(engine):
    with second_place(engine) as (place, second), World(engine) as world:
        add_host(world, place, weight=1000)
        tenant, product = new_customer(world)
        assert is_at(world, tenant, "norte")
        backup = backup_of(world, tenant)
        if second:
            second.stop("immediate")
        else:
            os.rename(place["folder"], place["folder"] + "-lost")
        done(world, restore(world, tenant, backup, host="default"))
        product.add(1)
        assert product.count() == 4 and is_at(world, tenant, "default")
        assert moves_of(world, tenant)[0]["is_old_shut"] is False


def test_all_tenants_of_a_lost_host_come_back_at_one_command(engine):
    """Those that have a backup; who has none is told, and stays where he was."""
    with second_place(engine) as (place, second), World(engine) as world:
        add_host(world, place, weight=1000)
        tenants = [new_customer(world) for _ in range(2)]
        told = json.loads(nidia(world, "tenant", "backup", "--all", "--json").stdout)
        assert told == {"total": 2, "done": 2, "failed": 0}
        late, _ = new_customer(world)
        assert "offline" in nidia(world, "host", "restore", "norte", "--onto", "default", expect=1).stderr
        if second:
            second.stop("immediate")
        else:
            os.rename(place["folder"], place["folder"] + "-lost")
        nidia(world, "host", "offline", "norte")
        nidia(world, "host", "restore", "norte", "--onto", "nowhere", expect=1)
        told = nidia(world, "host", "restore", "norte", "--onto", "default", "--json", expect=1)
        assert json.loads(told.stdout) == {"total": 3, "done": 2, "failed": 1}
        assert f"nidia: {late['slug']}: was not begun" in told.stderr
        for tenant, product in tenants:
            product.add(1)
            assert product.count() == 4 and is_at(world, tenant, "default")
        assert is_at(world, late, "norte")


def test_a_restored_tenant_stands_in_the_ledger_where_its_database_stands(engine):
    with SchemaFolder() as schema, World(engine, ["--tenant-schema", str(schema.path)]) as world:
        tenant, product = new_customer(world)
        backup = backup_of(world, tenant)
        (schema.path / "0008_notes.sql").write_text("CREATE TABLE notes (note text);\n")
        product.run("CREATE TABLE notes (made_by_hand text)")
        nidia(world, "fleet", "migrate", "--tenant-schema", str(schema.path), expect=1)
        assert world.admin.get("/fleet").json["failed"] == 1
        done(world, restore(world, tenant, backup))
        after = world.admin.get("/fleet").json
        assert (after["up_to_date"], after["failed"]) == (1, 0), after
        assert product.run("SELECT note FROM notes") == []


def test_a_move_that_cannot_be_made_leaves_the_tenant_at_work(engine):
    with second_place(engine) as (place, second), World(engine) as world:
        tenant, product = begin(world, place)
        if second:
            second.stop("immediate")
        else:
            os.rename(place["folder"], place["folder"] + "-lost")
        job = finished(world, move(world, tenant, "norte"))
        assert job["status"] == "failed" and job["error"], job
        product.add(1)
        assert product.count() == 4 and is_at(world, tenant, "default")
        assert moves_of(world, tenant)[0]["status"] in ("failed", "dropping")  # what it left is looked for each minute


def test_a_replication_that_fails_leaves_nothing_behind(engine):
    """A slot that nobody reads would hold back the source's log for ever."""
    only_on(engine, "postgres")
    with second_place(engine) as (place, second), World(engine) as world:
        tenant, product = begin(world, place)
        product.run(f"CREATE TABLE home (id integer PRIMARY KEY CHECK (current_setting('port') = '{tenant['db_port']}'))")
        product.run("INSERT INTO home VALUES (1)")
        job = finished(world, move(world, tenant, "norte"))
        assert job["status"] == "failed" and "could not follow" in job["error"], job
        for server in (engine, second):
            for left in ("pg_replication_slots", "pg_subscription", "pg_roles WHERE rolname LIKE 'nidia_move%'"):
                assert server.run(f"SELECT 1 FROM {left}") == [], left
        product.add(1)
        assert product.count() == 4 and is_at(world, tenant, "default")


def test_a_move_of_who_is_deleted_meanwhile_ends_at_once(engine):
    """One row never arrives at the target, so that nothing but the deletion ends it."""
    only_on(engine, "postgres")
    with second_place(engine) as (place, second), World(engine) as world:
        world.admin.patch("/system_settings/deletion_grace_days", {"value": 0}, 200)
        tenant, product = begin(world, place)
        product.run("CREATE TABLE stuck (id integer PRIMARY KEY CHECK "
                    f"(current_setting('port') = '{tenant['db_port']}' OR pg_sleep(3600)::text = ''))")
        product.run("INSERT INTO stuck VALUES (1)")
        reply = move(world, tenant, "norte")
        until(lambda: second.run("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"), 30, "the row that does not arrive")
        world.admin.delete(f"/tenants/{tenant['id']}", 202)
        job = finished(world, reply, 30)
        assert job["status"] == "failed" and job["attempts"] == 1 and job["error"].startswith("gone_meanwhile"), job
        assert moves_of(world, tenant)[0]["completed_at"] is None and engine.run("SELECT 1 FROM pg_replication_slots") == []
        until(lambda: not engine.run(f"SELECT 1 FROM pg_database WHERE datname = '{tenant['db_name']}'"), 30, "the database is dropped")


# What only a replication sets off, in the place that it copies to.
SPOILER = """CREATE TABLE quiet (id integer PRIMARY KEY, note text); INSERT INTO quiet VALUES (1, 'a'), (2, 'b');
    CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := 'spoilt'; RETURN NEW; END $$;
    CREATE TRIGGER spoil BEFORE INSERT ON quiet FOR EACH ROW EXECUTE FUNCTION spoil();
    ALTER TABLE quiet ENABLE REPLICA TRIGGER spoil"""


def test_a_row_that_nobody_wrote_and_that_differs_in_the_new_place_is_found(engine):
    only_on(engine, "postgres")
    with second_place(engine) as (place, _), World(engine) as world:
        tenant, product = begin(world, place)
        product.run(SPOILER)
        job = finished(world, move(world, tenant, "norte"), 90)
        assert job["status"] == "failed" and "public.quiet differ in the copy" in job["error"], job
        assert is_at(world, tenant, "default") and product.count() == 3


def test_a_database_that_cannot_be_replicated_is_moved_only_where_that_is_allowed_to_take_its_time(engine):
    only_on(engine, "postgres")
    with second_place(engine) as (place, _), World(engine) as world:
        tenant, product = begin(world, place)
        product.run("CREATE UNLOGGED TABLE scratch (note text)")
        job = finished(world, move(world, tenant, "norte", allow_read_only_seconds=0))
        assert job["status"] == "failed" and "allow_read_only_seconds" in job["error"] and "unlogged" in job["error"], job
        assert is_at(world, tenant, "default") and moves_of(world, tenant)[0]["read_only_ms"] is None
        product.add(1)
        done(world, move(world, tenant, "norte", allow_read_only_seconds=60))
        product.add(1)
        latest = moves_of(world, tenant)[0]
        assert product.count() == 5 and is_at(world, tenant, "norte") and latest["method"] == "dump", latest


def fill(product, megabytes):
    for _ in range(0, megabytes, 5):
        product.run("INSERT INTO pictures SELECT randomblob(1000000) FROM (VALUES (1), (2), (3), (4), (5))")


def move_filled(engine, megabytes, allowed_s):
    """A SQLite file that nobody could copy in the time for which its tenant may be read-only."""
    with second_place(engine) as (place, _), World(engine) as world:
        tenant, product = begin(world, place)
        product.run("CREATE TABLE pictures (picture blob)")
        fill(product, megabytes)
        with Writer(world, tenant) as writer:
            done(world, move(world, tenant, "norte", allow_read_only_seconds=allowed_s))
            assert is_at(world, tenant, "norte")
        writer.check()
        assert product.run("SELECT count(*), sum(length(picture)) FROM pictures") == [(megabytes, megabytes * 1_000_000)]
        return moves_of(world, tenant)[0]


def test_a_file_too_big_to_be_copied_while_its_tenant_waits_is_moved_while_it_writes(engine):
    only_on(engine, "sqlite")
    latest = move_filled(engine, 130, 4)  # 30 MB are copied in a second
    assert latest["method"] == "replication", latest


def test_a_file_of_many_megabytes_is_moved_within_two_seconds(engine):
    only_on(engine, "sqlite")
    if not LONG:
        raise SkipTest("takes its time: NIDIA_TEST_LONG=1")
    latest = move_filled(engine, 1_000, 0)
    assert latest["read_only_ms"] < 2_000, latest

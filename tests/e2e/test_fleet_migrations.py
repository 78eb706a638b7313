"""Migrations of the fleet: from a terminal, over a server that is killed, with a folder that an operator changes."""

import contextlib
import json
import sqlite3
import subprocess
import tempfile

import psycopg2

from harness import World
from server import PROGRAM, TOP, until
from stream import Stream
from test_jobs import SchemaFolder

TENANTS = 4
SLOW = {"sqlite": "CREATE TABLE slow AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600000) SELECT count(*) AS counted FROM n;",
        "postgres": "CREATE TABLE slow AS SELECT count(*) AS counted, pg_sleep(0.4)::text AS slept FROM generate_series(1, 10);"}
HOLD = {"sqlite": "BEGIN IMMEDIATE", "postgres": "BEGIN; LOCK TABLE nidia_schema IN ACCESS EXCLUSIVE MODE"}


def command(world, *words):
    known = [PROGRAM, "fleet", *words, "--data", str(world.server.data), *world.server.options]
    return known + (["--database", world.database] if world.database else [])


def nidia(world, *words, expect=0):
    ended = subprocess.run(command(world, *words), cwd=TOP, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == expect, f"{words}: {ended.returncode}\n{ended.stdout[-2000:]}\n{ended.stderr[-4000:]}"
    return ended.stdout


class Terminal:
    """A command that goes on while the story does."""

    def __init__(self, world, *words):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(command(world, *words), cwd=TOP, stdout=subprocess.PIPE, stderr=self.log, text=True)

    def errors(self):
        self.log.seek(0)
        return self.log.read()

    def end(self, expect):
        told, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == expect, (self.process.returncode, told, self.errors())
        self.log.close()
        return told


def as_owner(world, tenant):
    """A connection to the tenant's database that did not come by the program."""
    if not world.database:
        return sqlite3.connect(world.server.data / "tenants" / f"{tenant['db_name']}.db", isolation_level=None)
    connection = psycopg2.connect(world.database.rsplit("/", 1)[0] + "/" + tenant["db_name"])
    connection.autocommit = True
    return connection


def run(world, tenant, sql):
    connection = as_owner(world, tenant)
    try:
        cursor = connection.cursor()
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def files_run(world, tenant):
    return {name for name, in run(world, tenant, "SELECT name FROM nidia_schema")}


class Fleet:
    """A server with tenants of a schema of its own."""

    def __init__(self, engine):
        self.engine, self.schema = engine, SchemaFolder()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.folder = stack.enter_context(self.schema).path
            self.world = stack.enter_context(World(self.engine, ["--tenant-schema", str(self.folder)]))
            tenants = [self.world.ask_for_tenant().json for _ in range(TENANTS)]
            # In the order in which a migration takes them.
            self.tenants = [self.world.until_provisioned(tenant_id) for tenant_id in sorted(tenant["id"] for tenant in tenants)]
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *failure):
        return self.stack.__exit__(*failure)

    def write(self, name, sql):
        (self.folder / name).write_text(sql)

    @contextlib.contextmanager
    def held_up(self, tenants=None, lock_ms=60000):
        """A migration waits in whichever of the databases it comes to first: for a lock, as long as it may."""
        self.world.admin.patch("/system_settings/migration_lock_ms", {"value": lock_ms})
        with contextlib.ExitStack() as holders:
            for tenant in tenants or self.tenants:
                holder = holders.enter_context(contextlib.closing(as_owner(self.world, tenant)))
                holder.cursor().execute(HOLD[self.engine.name])
            yield


def test_a_migration_from_a_terminal_halted_by_its_canary_mended_and_resumed(engine):
    with Fleet(engine) as fleet:
        world, first = fleet.world, fleet.tenants[0]
        assert f"{TENANTS} tenants are up to date" in nidia(world, "migrate")
        for wrong in (["--canary", "some"], ["--parallel", "1.5"], ["--budget", "-"], ["--canary", "1", "--canaries", first["slug"]]):
            nidia(world, "migrate", *wrong, expect=2)
        assert f"{TENANTS} tenants are up to date" in nidia(world, "migrate", "--canary", "007")
        fleet.write("0008_notes.sql", "CREATE TABLE notes (id bigint NOT NULL); INSERT INTO notes VALUES (8);")
        run(world, first, "CREATE TABLE notes (other bigint)")
        planned = nidia(world, "migrate", "--dry-run")
        assert f"{TENANTS} tenants at 7" in planned and "would run: 0008_notes" in planned and first["slug"] in planned

        told = nidia(world, "migrate", "--canary", "1", "--parallel", "2", "--budget", "3", expect=1)
        assert "halted" in told and f"{first['slug']}: tenant schema: 0008_notes: " in told and "already exists" in told
        assert not any("notes" in files_run(world, tenant) for tenant in fleet.tenants)
        state = json.loads(nidia(world, "status", "--json"))
        assert (state["behind"], state["failed"], state["migration_status"]) == (TENANTS, 1, "halted")
        failed = world.admin.get("/tenant_schemas?status=failed").json["data"]
        assert [entry["tenant_id"] for entry in failed] == [first["id"]] and failed[0]["version"] == 7

        run(world, first, "DROP TABLE notes")
        assert "completed" in nidia(world, "resume")
        assert all(run(world, tenant, "SELECT id FROM notes") == [(8,)] for tenant in fleet.tenants)
        assert f"{TENANTS} tenants are up to date" in nidia(world, "migrate")
        nidia(world, "resume", expect=1)

        assert "No database differs" in nidia(world, "drift")
        run(world, first, "CREATE INDEX made_by_hand ON notes (id)")
        told = nidia(world, "drift", expect=1)
        entry, = json.loads(nidia(world, "drift", "--json", expect=1))["data"]
        assert entry["tenant_id"] == first["id"] and entry["drift"]
        assert told.startswith(first["slug"]) and "added: index" in told and "made_by_hand" in told
        assert "No database differs" in nidia(world, "drift", "--tenant", fleet.tenants[1]["slug"])
        run(world, first, "DROP INDEX made_by_hand")
        assert "No database differs" in nidia(world, "drift", "--tenant", first["slug"])


def test_killed_in_the_middle_it_goes_on_and_nothing_runs_twice(engine):
    with Fleet(engine) as fleet:
        world = fleet.world
        fleet.write("0008_slow.sql", SLOW[engine.name])
        row = world.admin.post("/fleet_migrations", {"canary": 0, "parallel": 1}, 201).json
        path = f"/fleet_migrations/{row['id']}"
        until(lambda: world.admin.get(path).json["done"] >= 1, 30, "the first of them")
        world.restart(kill=True)
        row = until(lambda: (found := world.admin.get(path).json)["status"] == "completed" and found, 60, "the end")
        assert (row["done"], row["failed"], row["total"]) == (TENANTS, 0, TENANTS), row
        assert all(len(run(world, tenant, "SELECT * FROM slow")) == 1 for tenant in fleet.tenants)
        assert world.admin.get("/fleet").json["up_to_date"] == TENANTS


def test_an_orderly_end_lets_the_tenant_under_way_come_to_its_end(engine):
    with Fleet(engine) as fleet:
        world = fleet.world
        fleet.write("0008_slow.sql", SLOW[engine.name])
        row = world.admin.post("/fleet_migrations", {"canary": 0, "parallel": 1}, 201)
        world.restart()
        path = f"/fleet_migrations/{row.json['id']}"
        row = until(lambda: (found := world.admin.get(path).json)["status"] == "completed" and found, 60, "the end")
        assert (row["done"], row["failed"]) == (TENANTS, 0), row
        jobs = lambda: [(job["status"], job["attempts"], job["error"]) for job in world.admin.get("/jobs?kind=migrate_fleet").json["data"]]
        until(lambda: jobs() == [("completed", 1, None)], 20, "the job's own end")


def halted_and_resumed_while_somebody_is_under_way(fleet, first, meanwhile):
    """The migration's end; files are written before it begins, and before it is resumed."""
    world = fleet.world
    fleet.write("0008_slow.sql", first)
    with fleet.held_up():
        row = world.admin.post("/fleet_migrations", {"canary": 0, "parallel": 1}, 201).json
        path = f"/fleet_migrations/{row['id']}"
        until(lambda: world.admin.get("/jobs?kind=migrate_fleet&status=running").json["data"], 20, "its begin")
        world.admin.post(f"{path}/halt", None, 200)
        for name, sql in meanwhile.items():
            fleet.write(name, sql)
        world.admin.post(f"{path}/resume", None, 202)
    row = until(lambda: (found := world.admin.get(path).json)["status"] != "running" and found, 60, "the end")
    assert (row["status"], row["target_version"], row["done"], row["failed"], row["first_error"]) == ("completed", 9, TENANTS, 0, None), row
    assert world.admin.get("/fleet").json["up_to_date"] == TENANTS
    assert all(len(run(world, tenant, "SELECT * FROM slow")) == 1 for tenant in fleet.tenants)


def test_resumed_at_once_it_waits_for_who_is_under_way_and_brings_all_to_what_the_folder_holds_by_then(engine):
    with Fleet(engine) as fleet:
        halted_and_resumed_while_somebody_is_under_way(fleet, SLOW[engine.name], {"0009_notes.sql": "CREATE TABLE notes (id bigint);"})


def test_who_was_under_way_when_it_was_resumed_and_failed_then_is_tried_again(engine):
    with Fleet(engine) as fleet:
        mended = {"0008_slow.sql": SLOW[engine.name], "0009_notes.sql": "CREATE TABLE notes (id bigint);"}
        halted_and_resumed_while_somebody_is_under_way(fleet, "INSERT INTO nowhere VALUES (1);", mended)


def test_resumed_while_one_stands_still_it_begins_with_the_others_and_tells_whom_it_waits_for(engine):
    with Fleet(engine) as fleet:
        world, slow = fleet.world, fleet.tenants[0]
        fleet.write("0008_notes.sql", "CREATE TABLE notes (id bigint);")
        with fleet.held_up([slow]):
            row = world.admin.post("/fleet_migrations", {"canary": 0, "parallel": 2}, 201).json
            path = f"/fleet_migrations/{row['id']}"
            until(lambda: world.admin.get(path).json["done"] == TENANTS - 1, 20, "all but the one")
            world.admin.post(f"{path}/halt", None, 200)
            fleet.write("0009_more.sql", "CREATE TABLE more (id bigint);")
            resuming = Terminal(world, "resume")
            until(lambda: (found := world.admin.get(path).json)["target_version"] == 9 and found["done"] == TENANTS - 1, 20, "the others again")
            assert all({"notes", "more"} <= files_run(world, tenant) for tenant in fleet.tenants[1:])
            waiting = until(lambda: (found := world.admin.get(path).json)["waits_for"] and found, 20, "whom it waits for")
            assert (waiting["waits_for"], waiting["status"]) == (slow["slug"], "running"), waiting
            entry, = [entry for entry in world.admin.get("/tenant_schemas").json["data"] if entry["leased_by"]]
            assert (entry["tenant_id"], entry["leased_at"]) == (slow["id"], waiting["waits_since"]), entry
            note = f"waiting for {slow['slug']} since {waiting['waits_since']}"
            until(lambda: note in resuming.errors(), 20, "the same in the terminal")
            assert slow["slug"] in nidia(world, "status")
            job, = world.admin.get("/jobs?kind=migrate_fleet&status=running").json["data"]
            assert (job["progress_note"], job["progress_done"]) == (note, TENANTS - 1), job
        assert "completed" in resuming.end(0)
        row = world.admin.get(path).json
        assert (row["status"], row["done"], row["failed"], row["waits_for"], row["waits_since"]) == ("completed", TENANTS, 0, None, None), row
        assert {"notes", "more"} <= files_run(world, slow)
        until(lambda: [job["progress_note"] for job in world.admin.get("/jobs?kind=migrate_fleet").json["data"] if not job["leased_by"]] == [None, None], 20, "the end of both jobs")


def test_who_is_tried_again_and_again_is_told_of_since_the_first_time(engine):
    """No try lasts as long as who stands still is let be untold; all of them do."""
    with Fleet(engine) as fleet:
        world, slow = fleet.world, fleet.tenants[1]
        fleet.write("0008_notes.sql", "CREATE TABLE notes (id bigint);")
        with fleet.held_up([slow], lock_ms=1000):  # a try waits for it twice
            path = f"/fleet_migrations/{world.admin.post('/fleet_migrations', {'canary': 0}, 201).json['id']}"
            waiting = until(lambda: (found := world.admin.get(path).json)["waits_for"] and found, 20, "whom it waits for")
            assert (waiting["waits_for"], waiting["status"]) == (slow["slug"], "running"), waiting
        row = until(lambda: (found := world.admin.get(path).json)["status"] != "running" and found, 30, "the end")
        assert (row["status"], row["done"], row["failed"], row["waits_for"]) == ("completed", TENANTS, 0, None), row
        assert not any(entry["leased_at"] or entry["leased_by"] for entry in world.admin.get("/tenant_schemas").json["data"])


def test_halted_from_a_terminal_no_other_begins_until_it_is_resumed(engine):
    with Fleet(engine) as fleet:
        world = fleet.world
        fleet.write("0008_slow.sql", SLOW[engine.name])
        leases = lambda: [entry["lease_until"] for entry in world.admin.get("/tenant_schemas").json["data"] if entry["leased_by"]]
        with fleet.held_up():
            row = world.admin.post("/fleet_migrations", {"canary": 0, "parallel": 1}, 201).json
            until(leases, 20, "the first tenant")
            told = nidia(world, "halt")
            assert row["id"] in told and "it was asked for" in told, told
            assert "halted" in nidia(world, "status") and not nidia(world, "halt", row["id"], expect=1)
            before = leases()
            until(lambda: leases() != before, 20, "a look at whether it is halted")
        path = f"/fleet_migrations/{row['id']}"
        until(lambda: not world.admin.get("/jobs?kind=migrate_fleet&status=running").json["data"], 60, "the end of who was under way")
        halted = world.admin.get(path).json
        assert (halted["status"], halted["done"], halted["failed"]) == ("halted", 1, 0), halted
        assert sum("slow" in files_run(world, tenant) for tenant in fleet.tenants) == 1
        assert "completed" in nidia(world, "resume", row["id"])
        assert all(len(run(world, tenant, "SELECT * FROM slow")) == 1 for tenant in fleet.tenants)


def progress(job):
    return job["progress_done"], job["progress_total"]


def test_its_job_tells_how_far_a_migration_is(engine):
    """The last tenant is held: all others are done, and that is told before the end."""
    with Fleet(engine) as fleet:
        world = fleet.world
        fleet.write("0008_notes.sql", "CREATE TABLE notes (id bigint);")
        with fleet.held_up(fleet.tenants[-1:]):
            world.admin.post("/fleet_migrations", {"canary": 1, "parallel": 1}, 201)
            job = until(lambda: world.admin.get("/jobs?kind=migrate_fleet&status=running").json["data"], 20, "its begin")[0]
            path = f"/jobs/{job['id']}"
            stream = Stream(world.admin, f"{path}/events")
            until(lambda: progress(world.admin.get(path).json) == (TENANTS - 1, TENANTS), 20, "all but one")
            stream.wait_for("job", progress_done=TENANTS - 1, progress_total=TENANTS)
        with stream:
            told = [event.data for event in stream.wait_for_end(60).of("job")]
        assert told[-1] == world.admin.get(path).json and told[-1]["status"] == "completed"
        assert progress(told[-1]) == (TENANTS, TENANTS), told[-1]
        assert [progress(job) for job in told] == sorted(progress(job) for job in told), told


def test_who_may_and_what_is_refused(engine):
    with Fleet(engine) as fleet:
        world = fleet.world
        fleet.write("0008_slow.sql", SLOW[engine.name])
        refused = world.admin.post("/fleet_migrations", {"parallel": 65, "canary_tenants": ["nobody-here"]}, 422)
        assert refused.faults == {"/parallel": "too_large"}, refused
        refused = world.admin.post("/fleet_migrations", {"canary_tenants": ["nobody-here"]}, 422)
        assert refused.faults == {"/canary_tenants/0": "no_such_reference"}, refused
        support = world.sign_in_as("support")
        support.post("/fleet_migrations", {}, 403)
        world.sign_in_as("tenant_admin", fleet.tenants[0]["id"]).get("/fleet", 403)

        with fleet.held_up():
            row = world.admin.post("/fleet_migrations", {"parallel": 1}, 201).json
            assert world.admin.post("/fleet_migrations", {}, 409).code == "conflict"
            assert support.get(f"/fleet_migrations/{row['id']}").json["status"] == "running"
            halted = world.admin.post(f"/fleet_migrations/{row['id']}/halt", None, 200).json
            assert halted["status"] == "halted" and halted["finished_at"]
            world.admin.post(f"/fleet_migrations/{row['id']}/halt", None, 409)
        resumed = world.admin.post(f"/fleet_migrations/{row['id']}/resume", None, 202)
        assert 'rel="job"' in resumed.headers["Link"]
        until(lambda: world.admin.get(f"/fleet_migrations/{row['id']}").json["status"] == "completed", 60, "the end")
        fleet.write("0008_slow.sql", "SELECT 1;")
        refused = world.admin.post("/fleet_migrations", {}, 409)
        assert "0008_slow was changed after it had run" in refused.json["detail"], refused

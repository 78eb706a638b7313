"""The doctor finds what is not as it should be, and names it."""

import sqlite3

import psycopg2

from harness import World, only_on
from small_disk import SmallDisk
from test_commands import nidia
from test_walk import Storage


def by_hand(world, *statements):
    with Storage(world) as storage:
        for sql in statements:
            storage.run(sql if storage.is_sqlite else sql.replace("%", "%%"))


def test_it_finds_nothing_in_health_beside_a_server_and_without(engine):
    with World(engine) as world:
        world.new_tenant()
        nidia(world, "doctor")
        assert world.server.stop() == 0
        nidia(world, "doctor")


def test_it_finds_a_tenant_whose_database_is_gone(engine):
    with World(engine) as world:
        tenant = world.new_tenant()
        if engine.name == "sqlite":
            (world.server.data / "tenants" / f"{tenant['db_name']}.db").unlink()
        else:
            engine.run(f"DROP DATABASE {tenant['db_name']} WITH (FORCE)")
        assert tenant["slug"] in (told := nidia(world, "doctor", expect=1).stdout) or tenant["db_name"] in told, told


def test_it_finds_a_database_that_no_tenant_owns(engine):
    with World(engine) as world:
        world.new_tenant()
        orphan = "tenant_0123456789ab"
        if engine.name == "sqlite":
            sqlite3.connect(world.server.data / "tenants" / f"{orphan}.db").execute("CREATE TABLE left_over (id integer)")
        else:
            engine.run(f"CREATE DATABASE {orphan}")
        try:
            assert orphan in nidia(world, "doctor", expect=1).stdout
        finally:
            if engine.name == "postgres":
                engine.run(f"DROP DATABASE {orphan}")


def test_it_finds_what_migrate_has_still_to_do(engine):
    """An index that is not there, as after a program that was older."""
    with World(engine) as world:
        world.new_tenant()
        assert world.server.stop() == 0
        with Storage(world) as storage:
            [[index]] = storage.run("SELECT min(name) FROM schema_objects WHERE kind = 'index'")
        by_hand(world, f"DROP INDEX {index}", f"DELETE FROM schema_objects WHERE name = '{index}'")
        told = nidia(world, "doctor", expect=1).stdout
        assert "schema: to be done by migrate: " in told and index in told, told
        nidia(world, "migrate")
        nidia(world, "doctor")


APPEND_ONLY = {"sqlite": "audit_logs_accepts_no_delete", "postgres": "audit_logs.audit_logs_accepts_no_change"}
BY_HAND = {
    "sqlite": ("DROP INDEX plans_name_unique", "DROP TRIGGER audit_logs_accepts_no_delete", "DROP TABLE ticket_messages",
               "ALTER TABLE users DROP COLUMN phone", "DROP INDEX plans_sort_order", "ALTER TABLE plans DROP COLUMN sort_order",
               "ALTER TABLE plans ADD COLUMN sort_order TEXT", "CREATE INDEX plans_sort_order ON plans (sort_order, id)"),
    "postgres": ("DROP INDEX plans_name_unique", "DROP TRIGGER audit_logs_accepts_no_change ON audit_logs", "DROP TABLE ticket_messages",
                 "ALTER TABLE users DROP COLUMN phone", "ALTER TABLE plans DROP CONSTRAINT plan_prices_not_negative",
                 "ALTER TABLE plans ALTER COLUMN sort_order DROP NOT NULL, ALTER COLUMN sort_order DROP DEFAULT"),
}
OF_HIS_OWN = ("ALTER TABLE users ADD COLUMN nickname text", "CREATE INDEX by_nickname ON users (nickname)",
              "CREATE TABLE notes (id bigint PRIMARY KEY, note text)")


def told_of_tables(world, expect):
    """What is told of the tables: as findings, and as mere remarks; without PostgreSQL's name of their schema."""
    told = [line.replace("public.", "") for line in nidia(world, "doctor", expect=expect).stdout.splitlines()]
    of_tables = (" is missing", " was changed", " is not in the model")
    return [[line.removeprefix(kind) for line in told if line.startswith(kind) and any(words in line for words in of_tables)]
            for kind in ("schema: ", "remark: ")]


def names(lines):
    return {" ".join(line.split()[:2]) for line in lines}


def test_it_finds_what_was_done_to_its_tables_by_hand(engine):
    index = "index plans_name_unique" if engine.name == "sqlite" else "index plans.plans_name_unique"
    expected = {index, f"trigger {APPEND_ONLY[engine.name]}", "table ticket_messages", "column users.phone", "column plans.sort_order"}
    if engine.name == "postgres":
        expected.add("constraint plans.plan_prices_not_negative")
    with World(engine) as world:
        world.new_tenant()
        assert world.server.stop() == 0
        assert told_of_tables(world, 0) == [[], []]
        by_hand(world, *BY_HAND[engine.name])
        findings, remarks = told_of_tables(world, 1)
        assert names(findings) == expected and not remarks, (findings, remarks)
        told = "\n".join(findings)
        assert "restore a backup" in told and "make it again: CREATE UNIQUE INDEX plans_name_unique ON plans (name)" in told, told
        again = [line.split("make it again: ")[1] for line in findings if line.startswith(("index ", "trigger "))]
        by_hand(world, *again)
        findings, _ = told_of_tables(world, 1)
        assert names(findings) == expected - {index, f"trigger {APPEND_ONLY[engine.name]}"}, findings
        try:
            by_hand(world, "DELETE FROM audit_logs")
            raise AssertionError("it is made again as it was")
        except (sqlite3.DatabaseError, psycopg2.DatabaseError):
            pass


def test_it_remarks_on_what_an_operator_has_added_and_finds_what_is_in_the_way(engine):
    with World(engine) as world:
        world.new_tenant()
        dot = "users." if engine.name == "postgres" else ""
        by_hand(world, *OF_HIS_OWN)
        findings, remarks = told_of_tables(world, 0)
        assert not findings and names(remarks) == {"column users.nickname", f"index {dot}by_nickname", "table notes"}, (findings, remarks)
        by_hand(world, "CREATE UNIQUE INDEX one_nickname ON users (nickname)")
        findings, remarks = told_of_tables(world, 1)
        assert names(findings) == {f"index {dot}one_nickname"} and len(remarks) == 3, (findings, remarks)


def test_it_finds_an_audit_that_may_be_rewritten(engine):
    """A trigger that is there and does nothing."""
    only_on(engine, "postgres")
    with World(engine) as world:
        by_hand(world, "ALTER TABLE audit_logs DISABLE TRIGGER audit_logs_accepts_no_change")
        [told], _ = told_of_tables(world, 1)
        assert told.startswith("trigger audit_logs.audit_logs_accepts_no_change was changed") and " DISABLED to " in told, told
        by_hand(world, "ALTER TABLE audit_logs ENABLE TRIGGER audit_logs_accepts_no_change",
                "CREATE OR REPLACE FUNCTION audit_logs_accepts_no_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$")
        [told], _ = told_of_tables(world, 1)
        assert told.startswith("function audit_logs_accepts_no_change() was changed"), told


def test_it_finds_an_index_half_built_and_a_rule_not_looked_at(engine):
    only_on(engine, "postgres")
    with World(engine) as world:
        try:
            engine.run("CREATE UNIQUE INDEX CONCURRENTLY half_built ON plans (is_active)", world.database)
            raise AssertionError("all plans differ")
        except psycopg2.errors.UniqueViolation:
            pass
        engine.run("ALTER TABLE plans ADD CONSTRAINT hasty CHECK (max_users > 0) NOT VALID", world.database)
        told = nidia(world, "doctor", expect=1).stdout
        assert "indexes: not usable: half_built\n" in told and "constraints: not validated: hasty\n" in told, told


def test_it_finds_what_the_file_may_not_hold(engine):
    only_on(engine, "sqlite")
    with World(engine) as world:
        world.new_tenant()
        assert world.server.stop() == 0
        by_hand(world, "PRAGMA foreign_keys = OFF", "PRAGMA ignore_check_constraints = ON", "UPDATE tenants SET plan_id = id",
                "UPDATE plans SET max_users = -1")
        told = nidia(world, "doctor", expect=1).stdout
        assert "database: the file is damaged: CHECK constraint failed in plans\n" in told, told
        assert "database: a row refers to what is not there, in tenants\n" in told, told


def test_it_finds_a_clock_behind_what_was_written(engine):
    with World(engine) as world:
        with Storage(world) as storage:
            later = storage.later("created_at", 1)
        by_hand(world, "CREATE TABLE ahead AS SELECT * FROM audit_logs LIMIT 1",
                f"UPDATE ahead SET id = '01890000-0000-7000-8000-000000000000', created_at = {later}",
                "INSERT INTO audit_logs SELECT * FROM ahead", "DROP TABLE ahead")
        assert nidia(world, "doctor", expect=1).stdout.count("clock: it is behind ") == 1


def test_it_finds_a_disk_that_is_nearly_full(engine):
    with SmallDisk(48) as disk, World(engine, data=disk.path) as world:
        world.new_tenant()
        nidia(world, "doctor")
        disk.fill(leave=1 << 20)
        assert "disk: less than 5 % of it is free" in nidia(world, "doctor", expect=1).stdout
        disk.relieve()

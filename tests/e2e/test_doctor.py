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
            storage.run(sql)


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

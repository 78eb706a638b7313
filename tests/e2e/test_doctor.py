"""The doctor finds what is not as it should be, and names it."""

import sqlite3

from harness import World
from test_commands import nidia


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

"""No room: writes are refused, reads go on, and what was acknowledged is there."""

import contextlib
import pathlib
import secrets
import shutil

import psycopg2

from harness import SecondPostgreSQL, World, only_on
from server import Server, until
from small_disk import SmallDisk
from test_faults import Writers, check_all_is_there


def write_until_full(world, word):
    """The names that were acknowledged before the first refusal for want of room."""
    names = []
    for count in range(20000):
        name = f"{word}-{count}"
        reply = world.admin.post("/plans", {"name": name, "display_name": name, "description": "x" * 1500, "max_users": 1,
                                            "max_storage_gb": 1}, (201, 503))
        if reply.status == 503:
            assert reply.code == "storage_full", reply
            return names
        names.append(name)
    raise AssertionError("the disk never filled")


def check_full_disk(world, disk):
    disk.fill(leave=1 << 20)
    names = write_until_full(world, "lleno")
    kept = {plan["name"] for plan in world.admin.all_pages("/plans?q=lleno")}
    assert set(names) <= kept and f"lleno-{len(names)}" not in kept
    world.admin.get("/tenants")
    disk.relieve()
    until(lambda: world.admin.post("/plans", {"name": f"despues-{secrets.token_hex(4)}", "display_name": "x", "max_users": 1,
                                              "max_storage_gb": 1}, (201, 503)).status == 201, what="room again")
    world.restart()
    assert set(names) <= {plan["name"] for plan in world.admin.all_pages("/plans?q=lleno")}


def test_a_full_disk_refuses_writes_and_reads_go_on(engine):
    with SmallDisk(48) as disk:
        if engine.name == "sqlite":
            world = World(engine)
            world.server = Server(None, data=disk.path)
            with world:
                check_full_disk(world, disk)
            return
        # Its tables alone are on the small disk: the cluster's journal is not.
        space, small = f"small_{secrets.token_hex(4)}", disk.path / "space"
        small.mkdir()
        disk.path.chmod(0o755)
        shutil.chown(small, "postgres", "postgres")
        engine.run(f"CREATE TABLESPACE {space} LOCATION '{small}'")
        try:
            with World(engine, tablespace=space) as world:
                check_full_disk(world, disk)
        finally:
            engine.run(f"DROP TABLESPACE {space}")


@contextlib.contextmanager
def journal_on(disk):
    """A cluster of its own, of which the journal alone is on the small disk."""
    with SecondPostgreSQL() as cluster:
        journal, small = pathlib.Path(cluster.data) / "pg_wal", disk.path / "pg_wal"
        cluster.stop()
        shutil.copytree(journal, small)
        shutil.rmtree(journal)
        journal.symlink_to(small)
        disk.path.chmod(0o755)
        for path in (small, *small.rglob("*")):
            shutil.chown(path, "postgres", "postgres")
        cluster.start()
        yield cluster


def fill_journal(cluster):
    """With what is no change of anything, until PostgreSQL has no room for more and gives up."""
    try:
        for _ in range(1000):
            cluster.run("SELECT pg_logical_emit_message(false, '', repeat('x', 500000))")
    except psycopg2.Error:
        return
    raise AssertionError("the disk never filled")


def is_up_or_down(cluster):
    """Not in between: it ends by itself where even its recovery finds no room."""
    try:
        return bool(cluster.run("SELECT 1"))
    except psycopg2.OperationalError:
        return not is_running(cluster)


def is_running(cluster):
    return (pathlib.Path(cluster.data) / "postmaster.pid").exists()


@contextlib.contextmanager
def full_journal(cluster, disk):
    """PostgreSQL gives up where it cannot note a change: it may come back for what is left of the last piece, and then no more
    until there is room again, and somebody starts it."""
    disk.fill(leave=0)
    try:
        fill_journal(cluster)
        yield
    finally:
        disk.relieve()
        until(lambda: is_up_or_down(cluster), 60, "its end, or its recovery")
        if not is_running(cluster):
            cluster.start()


def test_a_full_journal_refuses_writes_and_loses_none(engine):
    """Nobody is cut off, the directory answers, and with more room all goes on by itself."""
    only_on(engine, "postgres")
    with SmallDisk(64) as disk, journal_on(disk) as cluster, World(cluster) as world:
        tenant, machine = world.new_tenant(max_users=100000), world.machine()
        path = f"/resolve?slug={tenant['slug']}"
        machine.get(path)
        with Writers(world, tenant) as writers:
            until(lambda: len(writers.plans) > 20, 20)
            with full_journal(cluster, disk):
                until(lambda: writers.refused, 20, "a refusal")
                assert machine.get(path).json["id"] == tenant["id"]
            before = len(writers.plans)
            until(lambda: len(writers.plans) > before + 20, 30, "writes after it")
        check_all_is_there(world, writers, tenant)

#!/usr/bin/python3
"""A rehearsal of what an operator fears, told as it goes, with times: tests/postgres.sh tests/rehearsal.py [TENANTS]

A fleet on two PostgreSQL hosts gets a migration that fails on the seventh tenant, is halted, mended and resumed. One
tenant moves to the other host while it is written in. Then that host is lost, and all its tenants come back from their
backups. What it printed once stands in docs/FLEET.md. It runs the release, or what NIDIA_TEST_PROGRAM names."""

import contextlib
import os
import pathlib
import subprocess
import sys
import time
import urllib.parse

import psycopg2

TOP = pathlib.Path(__file__).resolve().parents[1]
os.environ.setdefault("NIDIA_TEST_PROGRAM", str(TOP / "build" / "nidia"))
sys.path.insert(0, str(TOP / "tests" / "e2e"))

from harness import PostgreSQL, SecondPostgreSQL, World  # noqa: E402
from server import PROGRAM, until  # noqa: E402
from test_copies import Product  # noqa: E402
from test_jobs import SchemaFolder  # noqa: E402
from test_moves import Writer, moves_of  # noqa: E402

CANARIES, FAILING, WRITERS, ROWS = 3, 6, 4, 200
TENANTS = int(sys.argv[1]) if len(sys.argv) > 1 else 300
HOSTS = {}  # by name, how their administrator signs in


def say(text):
    print(text, flush=True)


class Timed:
    def __init__(self, what):
        self.what = what

    def __enter__(self):
        self.began = time.monotonic()

    def __exit__(self, kind, *_):
        if not kind:
            say(f"-- {self.what}: {time.monotonic() - self.began:.1f} s\n")


def nidia(world, *words, expect=0):
    say(f"$ nidia {' '.join(words)}")
    command = [PROGRAM, *words, "--data", str(world.server.data), "--database", world.database, *world.server.options]
    ended = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    say((ended.stdout + ended.stderr).rstrip())
    assert ended.returncode == expect, ended.returncode


def connect(tenant):
    """As the administrator of the host on which the tenant lives."""
    url, = (url for url in map(urllib.parse.urlsplit, HOSTS.values()) if url.port == tenant["db_port"])
    connection = psycopg2.connect(urllib.parse.urlunsplit(url._replace(path=f"/{tenant['db_name']}")))
    connection.autocommit = True
    return connection


def run(tenant, sql):
    connection = connect(tenant)
    try:
        cursor = connection.cursor()
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def make_fleet(world):
    with Timed(f"{TENANTS} tenants with their databases"):
        for i in range(TENANTS):
            world.ask_for_tenant(slug=f"empresa-{i:03}")
        until(lambda: world.admin.get("/fleet").json["tenants"] == TENANTS, 20 + 2 * TENANTS, "the databases")
    for host in world.admin.get("/database_hosts?sort=created_at").json["data"]:
        say(f"{host['name']}: {host['database_count']} databases")


def migrate_halted_mended_resumed(world, folder):
    tenants = world.admin.all_pages("/tenants?sort=created_at")
    seventh = sorted(tenants, key=lambda tenant: tenant["id"])[FAILING]
    run(seventh, "CREATE TABLE loyalty_points (made_by_hand bigint)")
    (folder / "0008_loyalty_points.sql").write_text(
        "CREATE TABLE loyalty_points (customer_id text NOT NULL PRIMARY KEY, points bigint NOT NULL DEFAULT 0);\n"
        "ALTER TABLE customers ADD COLUMN loyalty_level text NOT NULL DEFAULT 'none';\n")
    nidia(world, "fleet", "migrate", "--dry-run")
    with Timed("until it was halted"):
        nidia(world, "fleet", "migrate", "--canary", str(CANARIES), "--parallel", "4", expect=1)
    nidia(world, "fleet", "status")
    nidia(world, "fleet", "drift", "--tenant", tenants[0]["slug"], expect=0)
    run(seventh, "DROP TABLE loyalty_points")
    with Timed("resumed, for all the rest"):
        nidia(world, "fleet", "resume")
    with Timed("a fleet that is up to date, confirmed"):
        nidia(world, "fleet", "migrate")
    with Timed("each database compared with its files"):
        nidia(world, "fleet", "drift")
    counted = sum(run(tenant, "SELECT count(*) FROM nidia_schema WHERE name = 'loyalty_points'")[0][0] for tenant in tenants)
    say(f"{counted} databases say that they ran 0008_loyalty_points, each once.")
    assert counted == TENANTS


def sign_in_again(world):
    """After what took its time: a connection that was idle is closed by the server, and a session's token ends."""
    world.signed_in = None


def tenants_at(world, name):
    host = world.admin.get(f"/database_hosts/{name}").json["id"]
    return world.admin.all_pages(f"/tenants?database_host_id={host}&sort=slug")


def move_while_it_is_written_in(world):
    tenant = tenants_at(world, "default")[0]
    with contextlib.ExitStack() as stack:
        writers = [stack.enter_context(Writer(world, tenant)) for _ in range(WRITERS)]
        with Timed(f"moved, while {WRITERS} wrote"):
            nidia(world, "tenant", "move", tenant["slug"], "--host", "second")
    there = [str(row[0]) for row in writers[0].product.run("SELECT id FROM customers WHERE name = 'Escrito'")]
    acknowledged = {row for writer in writers for row in writer.written}
    unsure = {row for writer in writers for row in writer.unsure}
    say(f"{len(acknowledged)} rows acknowledged, {len(set(there) & acknowledged)} of them there, {len(there) - len(set(there))} twice; "
        f"{len(unsure)} refused, {len(set(there) & unsure)} of them there. "
        f"Longest wait between two rows: {max(writer.longest_wait_ms for writer in writers)} ms, "
        f"read-only: {moves_of(world, tenant)[0]['read_only_ms']} ms.\n")
    assert len(there) == len(set(there)) and acknowledged <= set(there) <= acknowledged | unsure


def count_rows(tenants):
    """Of each tenant, by table."""
    counted = {}
    for tenant in tenants:
        tables = [row[0] for row in run(tenant, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")]
        sql = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables)
        counted[tenant["slug"]] = dict(run(tenant, sql))
    return counted


def lose_a_host_and_restore_its_tenants(world, lost):
    tenants = tenants_at(world, "second")
    for tenant in tenants:
        run(tenant, f"INSERT INTO customers (id, name) SELECT gen_random_uuid(), 'Cliente' FROM generate_series(1, {ROWS})")
    with Timed(f"{TENANTS} databases backed up"):
        nidia(world, "tenant", "backup", "--all")
    before = count_rows(tenants)
    lost.stop("immediate")
    nidia(world, "doctor", expect=1)
    nidia(world, "host", "restore", "second", "--onto", "default", expect=1)
    nidia(world, "host", "offline", "second")
    with Timed(f"{len(tenants)} tenants restored"):
        nidia(world, "host", "restore", "second", "--onto", "default")
    sign_in_again(world)
    restored = [tenant for tenant in tenants_at(world, "default") if tenant["slug"] in before]
    after = count_rows(restored)
    say(f"{len(after)} tenants, {sum(sum(rows.values()) for rows in after.values())} rows in all tables; "
        f"{sum(after[slug] != before[slug] for slug in before)} tenants have other counts than before.")
    assert after == before and not tenants_at(world, "second")
    for tenant in restored:
        Product(world, tenant["id"]).add(1)
    say(f"{len(restored)} tenants wrote a row by their own role.\n")
    nidia(world, "doctor", expect=1)
    nidia(world, "fleet", "migrate")


def host_comes_back(world, lost):
    """Whoever still knows the old way is refused there."""
    lost.start()
    sign_in_again(world)
    with Timed("until each old database was shut"):
        nidia(world, "host", "activate", "second")
        until(lambda: not world.admin.get("/tenant_moves?is_old_shut=false&status=completed&limit=1").json["data"], 600, "shut databases")
    nidia(world, "doctor")


def main():
    with SecondPostgreSQL() as second, SchemaFolder() as schema, World(PostgreSQL(), ["--tenant-schema", str(schema.path)]) as world:
        HOSTS.update(default=os.environ["NIDIA_TEST_POSTGRES"], second=second.url)
        url = urllib.parse.urlsplit(second.url)
        world.admin.post("/database_hosts", {"name": "second", "host": url.hostname, "port": url.port, "admin_url": second.url}, 201)
        make_fleet(world)
        migrate_halted_mended_resumed(world, schema.path)
        move_while_it_is_written_in(world)
        lose_a_host_and_restore_its_tenants(world, second)
        host_comes_back(world, second)


main()

#!/usr/bin/python3
"""A rehearsal of what an operator fears, told as it goes, with times: tests/postgres.sh tests/rehearsal.py [TENANTS]

A fleet on two PostgreSQL hosts gets a migration that fails on the seventh tenant, is halted, mended and resumed.
What it printed once stands in docs/FLEET.md. It runs the release, or what NIDIA_TEST_PROGRAM names."""

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

from harness import PostgreSQL, World  # noqa: E402
from server import PROGRAM, until  # noqa: E402
from test_jobs import SchemaFolder  # noqa: E402

CANARIES, FAILING = 3, 6
TENANTS = int(sys.argv[1]) if len(sys.argv) > 1 else 300


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


def second_host(world):
    """The cluster of the first tests/postgres.sh; the other one holds the control plane too."""
    url = urllib.parse.urlsplit(os.environ["NIDIA_REHEARSAL_HOST"])
    return world.admin.post("/database_hosts", {"name": "second", "host": url.hostname, "port": url.port,
                                                "admin_url": os.environ["NIDIA_REHEARSAL_HOST"]}, 201).json


def connect(tenant):
    """As the administrator of the host on which the tenant lives."""
    for name in ("NIDIA_TEST_POSTGRES", "NIDIA_REHEARSAL_HOST"):
        url = urllib.parse.urlsplit(os.environ[name])
        if url.port == tenant["db_port"]:
            connection = psycopg2.connect(urllib.parse.urlunsplit(url._replace(path=f"/{tenant['db_name']}")))
            connection.autocommit = True
            return connection
    raise AssertionError(f"no host of {tenant['slug']}")


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


def main():
    if "NIDIA_REHEARSAL_HOST" not in os.environ:
        os.environ["NIDIA_REHEARSAL_HOST"] = os.environ["NIDIA_TEST_POSTGRES"]
        postgres = str(TOP / "tests" / "postgres.sh")
        sys.exit(subprocess.run([postgres, __file__, *sys.argv[1:]], check=False).returncode)
    with SchemaFolder() as schema, World(PostgreSQL(), ["--tenant-schema", str(schema.path)]) as world:
        second_host(world)
        make_fleet(world)
        migrate_halted_mended_resumed(world, schema.path)


main()

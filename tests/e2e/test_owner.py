"""The tables have an owner of their own, and the role that serves can neither change the schema nor rewrite the audit."""

import secrets
import subprocess
import urllib.parse

from harness import World
from server import PROGRAM, TOP

ENGINES = ("postgres",)


def of_role(url, role, password):
    parts = urllib.parse.urlsplit(url)
    return parts._replace(netloc=f"{role}:{password}@{parts.hostname}:{parts.port}").geturl()


def test_the_serving_role_only_adds_to_the_audit(engine):
    word = secrets.token_hex(4)
    world = World(engine)
    owner = world.database
    engine.run(f"CREATE ROLE serving_{word} LOGIN CREATEROLE CREATEDB PASSWORD '{word}'", owner)
    serving = of_role(owner, f"serving_{word}", word)
    engine.run(f'GRANT CONNECT ON DATABASE "{urllib.parse.urlsplit(owner).path[1:]}" TO serving_{word}', owner)
    world.server.database, world.server.options = serving, ["--tenant-database-url", owner]
    command = [PROGRAM, "migrate", "--data", str(world.server.data), "--database", serving, "--owner-url", owner]
    ended = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    with world:
        world.new_tenant()
        assert world.admin.get("/audit_logs?limit=5").json["data"]
        for forbidden in ("UPDATE audit_logs SET action = 'x'", "DELETE FROM audit_logs", "TRUNCATE audit_logs",
                          "DROP TABLE plans", "ALTER TABLE plans ADD COLUMN x text"):
            said = refusal(engine, forbidden, serving)
            assert "permission denied" in said or "must be owner" in said, f"{forbidden}: {said}"
        told = doctor(world, serving)
        assert "not compared with the model" in told and "see doctor --owner-url" in told and "owns its tables" not in told, told
        engine.run("DROP INDEX plans_name_unique", owner)
        assert "plans_name_unique is missing" in doctor(world, serving, "--owner-url", owner, expect=1)
    engine.run(f"DROP ROLE serving_{word}")


def doctor(world, serving, *words, expect=0):
    command = [PROGRAM, "doctor", "--data", str(world.server.data), "--database", serving, *words]
    ended = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    assert ended.returncode == expect, ended.stdout + ended.stderr
    return ended.stdout


def refusal(engine, sql, url):
    try:
        engine.run(sql, url)
    except Exception as error:  # whatever the driver calls it
        return str(error)
    return ""

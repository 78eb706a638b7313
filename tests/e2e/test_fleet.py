"""The main job: demo tenants with real databases, some suspended, one deleted; what the program says is what is there."""

import subprocess

from harness import LONG
from server import PROGRAM, TOP, until

TENANTS, SUSPENDED = (200, 20) if LONG else (12, 3)


def nidia(world, *words):
    data = ["--data", str(world.server.data)] + (["--database", world.database] if world.database else [])
    return subprocess.run([PROGRAM, *words, *data], cwd=TOP, capture_output=True, text=True, check=False)


def seed(world):
    """On PostgreSQL beside the server; on SQLite the file has one writer, so the server rests meanwhile."""
    if not world.database:
        assert world.server.stop() == 0
    ended = nidia(world, "seed", "--demo", str(TENANTS))
    assert f"{TENANTS} tenants made" in ended.stdout, ended.stderr
    if not world.database:
        world.start_again()


def databases(world):
    if not world.database:
        return {path.stem for path in (world.server.data / "tenants").glob("*.db")}
    return {name for name, in world.engine.run("SELECT datname FROM pg_database WHERE datname ~ '^tenant_[0-9a-f]{12}$'")}


def roles(world, condition):
    return {name for name, in world.engine.run(f"SELECT rolname FROM pg_roles WHERE rolname ~ '^tenant_[0-9a-f]{{12}}$' AND {condition}")}


def test_a_fleet_is_what_the_program_says_it_is(world):
    before = databases(world)
    seed(world)
    tenants = world.admin.all_pages("/tenants?provisioning_status=completed&is_active=true")
    assert len(tenants) == TENANTS
    for tenant in tenants[:SUSPENDED]:
        world.admin.post(f"/tenants/{tenant['id']}/suspend", {"reason": "no paga"})
    world.admin.patch("/system_settings/deletion_grace_days", {"value": 0})
    gone = tenants[SUSPENDED]
    world.admin.delete(f"/tenants/{gone['id']}", 202)
    burial = f"/jobs?tenant_id={gone['id']}&kind=delete_tenant"
    until(lambda: world.admin.get(burial).json["data"][0]["status"] == "completed", 30, "the end of the deleted tenant")

    rest = {tenant["db_name"] for tenant in tenants} - {gone["db_name"]}
    assert databases(world) - before == rest
    assert world.admin.get("/tenants?plan_status=suspended&count=true&limit=1").json["total"] == SUSPENDED
    if world.database:
        shut = {tenant["db_name"] for tenant in tenants[:SUSPENDED]}
        until(lambda: roles(world, "NOT rolcanlogin") >= shut, 30, "the suspended roles to be shut out")
        assert roles(world, "rolcanlogin") & (rest | shut) == rest - shut
        assert gone["db_name"] not in roles(world, "true")
    ended = nidia(world, "doctor")
    assert ended.returncode == 0, ended.stdout + ended.stderr

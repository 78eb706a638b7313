"""Work in steps: told while it runs, taken up again after a crash, retried and rolled back by hand (OPERATIONS.md)."""

import json
import pathlib
import random
import re
import shutil
import tempfile

from harness import LONG, World
from server import TOP, pause, until
from test_commands import nidia
from test_walk import Storage


class SchemaFolder:
    """A copy of the example that a story can break and mend."""

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="nidia-e2e-schema-"))
        for file in (TOP / "tenant-schema").glob("*.sql"):
            shutil.copy(file, self.path)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def fault(self):
        return self.path / "0099_fault.sql"


def job_of(reply):
    return re.fullmatch(r'</api/v1(/jobs/[0-9a-f-]+)>; rel="job"', reply.headers["Link"])[1]


def mend(world, schema):
    """What failed would now be done, and waits: else it may be over before anybody's hand."""
    assert world.server.stop() == 0, world.server.log_tail()
    schema.fault().unlink()
    with Storage(world) as storage:
        storage.run(f"UPDATE jobs SET run_at = {storage.later('run_at', 1)} WHERE status = 'queued'")
    world.start_again()


def test_a_failed_step_tells_why_and_is_retried_by_hand(engine):
    with SchemaFolder() as schema:
        schema.fault().write_text("CREATE TABLE broken (id nothing here works;")
        with World(engine, ["--tenant-schema", str(schema.path)]) as world:
            reply = world.ask_for_tenant()
            path = f"/tenants/{reply.json['id']}"
            job = until(lambda: (lambda job: job if job["error"] else None)(world.admin.get(job_of(reply)).json), 20, "the failure")
            assert any(step["error"] for step in job["steps"]) and any(step["status"] == "completed" for step in job["steps"])
            tenant = world.admin.get(path).json
            assert not tenant["is_active"] and tenant["provisioning_error"] and tenant["provisioning_attempts"] >= 1
            mend(world, schema)
            world.admin.post(f"{path}/retry_provisioning", expect=202)
            world.until_provisioned(tenant["id"])
            world.admin.post(f"{path}/retry_provisioning", expect=409)


def job_told(ended):
    """What a terminal shows is the job."""
    told = dict(line.split(None, 1) for line in ended.stdout.splitlines())
    assert told.keys() == {"id", "kind", "status", "attempts", "attempts_max", "error", "run_at", "created_at"}, told
    return told


def test_what_failed_is_retried_from_a_terminal(engine):
    with SchemaFolder() as schema:
        schema.fault().write_text("SELECT * FROM nowhere;")
        with World(engine, ["--tenant-schema", str(schema.path)]) as world:
            reply = world.ask_for_tenant()
            until(lambda: world.admin.get(job_of(reply)).json["error"], 20, "the failure")
            slug = reply.json["slug"]
            job = job_told(nidia(world, "tenant", "rollback", slug))
            assert job["kind"] == "rollback_provisioning" and job["error"] == "-", job
            until(lambda: world.admin.get(f"/jobs/{job['id']}").json["status"] == "completed", 20, "the roll-back")
            job = job_told(nidia(world, "tenant", "retry", slug))
            assert job["kind"] == "provision_tenant", job
            until(lambda: world.admin.get(f"/jobs/{job['id']}").json["error"], 20, "the second failure")
            mend(world, schema)
            assert json.loads(nidia(world, "tenant", "retry", slug, "--json").stdout)["kind"] == "provision_tenant"
            world.until_provisioned(reply.json["id"])
            refused = nidia(world, "tenant", "retry", slug, expect=1)
            assert "pending, failed" in refused.stderr and not refused.stdout


def test_a_failed_tenant_is_rolled_back_without_a_trace_of_its_database(engine):
    with SchemaFolder() as schema:
        schema.fault().write_text("SELECT * FROM nowhere;")
        with World(engine, ["--tenant-schema", str(schema.path)]) as world:
            reply = world.ask_for_tenant()
            until(lambda: world.admin.get(job_of(reply)).json["error"], 20, "the failure")
            path = f"/tenants/{reply.json['id']}"
            rolled = world.admin.post(f"{path}/rollback_provisioning", expect=202)
            until(lambda: world.admin.get(job_of(rolled)).json["status"] == "completed", 20, "the roll-back")
            tenant = world.admin.get(path).json
            assert not tenant["is_active"]
            if engine.name == "sqlite":
                assert list((world.server.data / "tenants").glob(f"*{tenant['db_name']}*")) == []
            else:
                assert engine.run(f"SELECT datname FROM pg_database WHERE datname = '{tenant['db_name']}'") == []
                assert engine.run(f"SELECT rolname FROM pg_roles WHERE rolname = '{tenant['db_username']}'") == []


def test_killed_at_any_moment_of_it_provisioning_goes_on(engine):
    chance = random.Random(20261122)
    with World(engine) as world:
        for _ in range(60 if LONG else 5):
            tenants = [world.ask_for_tenant().json for _ in range(3)]
            pause(chance.uniform(0, 0.25))
            world.kill()
            world.start_again()
            for tenant in tenants:
                world.until_provisioned(tenant["id"], 60)
        databases = {tenant["db_name"] for tenant in world.admin.all_pages("/tenants")}
        if engine.name == "sqlite":
            assert {path.stem for path in (world.server.data / "tenants").glob("tenant_*.db")} == databases


def test_jobs_are_seen_by_whom_they_concern(engine):
    with World(engine) as world:
        reply = world.ask_for_tenant()
        world.until_provisioned(reply.json["id"])
        stranger = world.sign_in_as("tenant_admin", world.new_tenant()["id"])
        stranger.get(job_of(reply), 404)
        assert world.sign_in_as("support").get(job_of(reply)).json["kind"] == "provision_tenant"
        world.admin.request("POST", "/jobs", {}, 405)

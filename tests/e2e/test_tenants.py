"""A tenant's life: made with a database of its own, suspended, cancelled, deleted, restored (OPERATIONS.md)."""

import datetime
import pathlib
import re
import secrets
import sqlite3
import stat
import urllib.parse

import psycopg2

from harness import PASSWORD, only_on
from server import until


def days_until(time):
    return (datetime.datetime.fromisoformat(time.replace("Z", "+00:00"))
            - datetime.datetime.now(datetime.timezone.utc)).total_seconds() / 86400


def database_file(world, tenant):
    return world.server.data / "tenants" / f"{tenant['db_name']}.db"


def database_exists(world, tenant):
    if world.engine.name == "sqlite":
        return database_file(world, tenant).exists()
    return bool(world.engine.run(f"SELECT 1 FROM pg_database WHERE datname = '{tenant['db_name']}'"))


def password_of(world, tenant):
    return world.admin.post(f"/tenants/{tenant['id']}/reveal_database_password", {"reason": "story"}, 200).json["password"]


def connect_as_tenant(world, tenant, password, database=None):
    server = urllib.parse.urlsplit(world.engine.url)
    return psycopg2.connect(host=server.hostname, port=server.port, user=tenant["db_username"], password=password,
                            dbname=database or tenant["db_name"])


def test_a_tenant_is_made_and_seconds_later_has_its_database(world):
    reply = world.ask_for_tenant(name="Tejidos Nariño S.A.S.", slug="tejidos-narino")
    tenant = reply.json
    assert reply.headers["Location"] == f"/api/v1/tenants/{tenant['id']}"
    assert tenant["provisioning_status"] == "pending" and not tenant["is_active"]
    job_path = re.fullmatch(r'</api/v1(/jobs/[0-9a-f-]+)>; rel="job"', reply.headers["Link"])[1]
    done = world.until_provisioned(tenant["id"])
    assert done["provisioning_status"] == "completed" and done["provisioned_at"]
    assert done["db_name"] == f"tenant_{tenant['id'].replace('-', '')[-12:]}" or re.fullmatch(r"tenant_[0-9a-f]{12}", done["db_name"])
    job = until(lambda: (lambda job: job if job["status"] == "completed" else None)(world.admin.get(job_path).json))
    assert job["tenant_id"] == tenant["id"] and len(job["steps"]) >= 4
    assert all(step["status"] == "completed" and step["attempts"] >= 1 for step in job["steps"]), job["steps"]
    assert world.admin.get("/tenants/tejidos-narino").json == world.admin.get(f"/tenants/{tenant['id']}").json


def test_its_database_has_the_schema_and_is_shut_to_others(world):
    tenant, other = world.new_tenant(), world.new_tenant()
    if world.engine.name == "sqlite":
        path = database_file(world, tenant)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        tables = {row[0] for row in sqlite3.connect(path).execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    else:
        password = password_of(world, tenant)
        connection = connect_as_tenant(world, tenant, password)
        cursor = connection.cursor()
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = {row[0] for row in cursor.fetchall()}
        connection.close()
        control_plane = urllib.parse.urlsplit(world.database).path[1:]
        for foreign in (other["db_name"], control_plane, "postgres", "template1"):
            try:
                connect_as_tenant(world, tenant, password, foreign).close()
                raise AssertionError(f"{tenant['db_username']} enters {foreign}")
            except psycopg2.OperationalError:
                pass
    assert {"customers", "orders", "payments", "tasks"} <= tables, tables


def test_a_tenant_starts_on_trial_and_the_free_plan_without_one(world):
    paid, free = world.new_tenant(plan_type="professional"), world.new_tenant(plan_type="free")
    assert paid["plan_status"] == "trial" and 29 < days_until(paid["trial_ends_at"]) <= 30
    assert free["plan_status"] == "active" and free["trial_ends_at"] is None
    for tenant, status in ((paid, "trialing"), (free, "active")):
        [subscription] = world.admin.get(f"/subscriptions?tenant_id={tenant['id']}").json["data"]
        assert subscription["status"] == status and subscription["billing_cycle"] == "monthly"
        assert subscription["plan_id"] == tenant["plan_id"]


def test_limits_come_from_the_plan_unless_given(world):
    limits = {"free": (2, 1), "basic": (5, 5), "professional": (15, 20), "enterprise": (50, 100)}
    for plan, (users, gigabytes) in limits.items():
        tenant = world.ask_for_tenant(plan_type=plan).json
        assert (tenant["max_users"], tenant["max_storage_gb"]) == (users, gigabytes)
    assert world.ask_for_tenant(plan_type="basic", max_users=77).json["max_users"] == 77


def test_slugs_follow_rules_and_some_words_are_kept_back(world):
    body = {"name": "x", "plan_type": "basic", "billing_email": "x@x.test"}
    for slug in ("", "a", "-a", "a-", "A", "a_b", "a b", "ñandú", "a" * 64, "a--b", "xn--abc", "1" * 70, "a.b"):
        refused = world.admin.request("POST", "/tenants", {**body, "slug": slug}, None)
        assert refused.status == (422 if slug != "a--b" else refused.status) and refused.status in (201, 422), f"{slug}: {refused}"
    for slug in ("admin", "api", "www", "nidia"):
        assert world.admin.post("/tenants", {**body, "slug": slug}, 422).faults == {"/slug": "reserved_word"}, slug
    taken = world.ask_for_tenant().json["slug"]
    assert world.admin.post("/tenants", {**body, "slug": taken}, 409).faults == {"/slug": "taken"}
    assert world.admin.post("/tenants", {**body, "slug": "sin-plan", "plan_type": "nothing"}, 422).faults["/plan_type"]
    world.admin.get("/tenants/sin-plan", 404)


def test_a_tenant_is_suspended_once_and_given_back_what_it_was(world):
    tenant = world.new_tenant()
    path = f"/tenants/{tenant['id']}"
    owner = world.sign_in_as("tenant_admin", tenant["id"])
    suspended = world.admin.post(f"{path}/suspend", {"reason": "no pagó"}, 200).json
    assert suspended["plan_status"] == "suspended" and suspended["is_suspended"] and not suspended["is_active"]
    assert suspended["suspension_reason"] == "no pagó" and suspended["suspended_at"]
    until(lambda: owner.get("/auth/me", (200, 401)).status == 401, 1, "the end of its people's sessions")
    world.visitor.post("/auth/login", {"email": owner.user["email"], "password": PASSWORD}, 401)
    again = world.admin.post(f"{path}/suspend", {"reason": "otra vez"}, 409)
    assert again.code == "wrong_state" and "active" in again.json["detail"]
    back = world.admin.post(f"{path}/reactivate", {"reason": "pagó"}, 200).json
    assert back["plan_status"] == "trial" and back["is_active"] and back["suspended_at"] is None
    world.admin.post(f"{path}/reactivate", {"reason": "pagó"}, 409)
    world.sign_in(owner.user["email"], PASSWORD)
    assert world.admin.post(f"{path}/suspend", {}, 422).faults == {"/reason": "required"}


def test_on_postgresql_suspension_shuts_the_role_out(world):
    only_on(world.engine, "postgres")
    tenant = world.new_tenant()
    password = password_of(world, tenant)
    inside = connect_as_tenant(world, tenant, password)
    world.admin.post(f"/tenants/{tenant['id']}/suspend", {"reason": "no pagó"}, 200)

    def is_out():
        try:
            inside.cursor().execute("SELECT 1")
            return False
        except psycopg2.Error:
            pass
        try:
            connect_as_tenant(world, tenant, password).close()
            return False
        except psycopg2.OperationalError:
            return True
    until(is_out, what="the end of the role's connections")
    world.admin.post(f"/tenants/{tenant['id']}/reactivate", {"reason": "pagó"}, 200)

    def is_in():
        try:
            connect_as_tenant(world, tenant, password).close()
            return True
        except psycopg2.OperationalError:
            return False
    until(is_in, what="the role's way back")


def test_cancelling_now_or_at_the_periods_end(world):
    now, later = world.new_tenant(), world.new_tenant()
    cancelled = world.admin.post(f"/tenants/{now['id']}/cancel", {"reason": "cierra", "at": "now"}, 200).json
    assert cancelled["plan_status"] == "cancelled" and not cancelled["is_active"] and cancelled["cancellation_reason"] == "cierra"
    going = world.admin.post(f"/tenants/{later['id']}/cancel", {"reason": "cierra", "at": "period_end"}, 200).json
    assert going["plan_status"] == "trial" and going["is_active"] and going["subscription_ends_at"]
    world.admin.post(f"/tenants/{now['id']}/cancel", {"reason": "cierra", "at": "now"}, 409)
    world.admin.post(f"/tenants/{now['id']}/suspend", {"reason": "x"}, 409)
    assert "/at" in world.admin.post(f"/tenants/{later['id']}/cancel", {"reason": "x", "at": "someday"}, 422).faults


def test_deleting_waits_out_its_grace_and_can_be_taken_back(world):
    tenant = world.new_tenant()
    path = f"/tenants/{tenant['id']}"
    answer = world.admin.delete(path, 202).json
    assert 29 < days_until(answer["deletes_at"]) <= 30
    assert not world.admin.get(path).json["is_active"] and database_exists(world, tenant)
    world.admin.delete(path, 409)
    restored = world.admin.post(f"{path}/restore", expect=200).json
    assert restored["is_active"] and restored["deletes_at"] is None
    world.admin.post(f"{path}/restore", expect=409)


def test_deleting_without_grace_drops_the_database_and_keeps_the_records(world):
    tenant = world.new_tenant()
    person = world.new_user(tenant_id=tenant["id"])
    setting = world.admin.get("/system_settings/deletion_grace_days").json
    audited = world.admin.all_pages(f"/audit_logs?tenant_id={tenant['id']}")
    world.admin.patch(f"/system_settings/{setting['id']}", {"value": 0})
    try:
        world.admin.delete(f"/tenants/{tenant['id']}", 202)
        until(lambda: not database_exists(world, tenant), what="the end of its database")
    finally:
        world.admin.patch(f"/system_settings/{setting['id']}", {"value": 30})
    if world.engine.name == "postgres":
        until(lambda: not world.engine.run(f"SELECT 1 FROM pg_roles WHERE rolname = '{tenant['db_username']}'"))
    world.sign_in_as("support").get(f"/tenants/{tenant['id']}", 404)
    assert len(audited) >= 3 and "create" in {entry["action"] for entry in audited}, audited
    world.visitor.post("/auth/login", {"email": person["email"], "password": PASSWORD}, 401)
    # The slug stays taken: what it named is in invoices and audit records.
    tombstone = until(lambda: world.admin.get(f"/tenants/{tenant['id']}").json["deleted_at"])
    assert tombstone
    kept = world.admin.all_pages(f"/audit_logs?tenant_id={tenant['id']}")
    assert not [entry for entry in audited if entry not in kept]


def test_the_database_password_is_shown_to_a_super_admin_with_a_reason(world):
    tenant = world.new_tenant()
    path = f"/tenants/{tenant['id']}/reveal_database_password"
    for role in ("support", "billing_admin"):
        world.sign_in_as(role).post(path, {"reason": "curious"}, 403)
    world.sign_in_as("tenant_admin", tenant["id"]).post(path, {"reason": "mine"}, (403, 404))
    assert "/reason" in world.admin.post(path, {}, 422).faults
    if world.engine.name == "postgres":
        password = password_of(world, tenant)
        assert len(password) >= 20
        entries = world.admin.all_pages(f"/audit_logs?entity_id={tenant['id']}")
        assert any("reveal" in entry["action"] for entry in entries) and password not in str(entries)


def test_many_tenants_at_once_all_get_their_databases(world):
    tenants = [world.ask_for_tenant().json for _ in range(12)]
    for tenant in tenants:
        done = world.until_provisioned(tenant["id"], 60)
        assert database_exists(world, done)
    names = [world.admin.get(f"/tenants/{tenant['id']}").json["db_name"] for tenant in tenants]
    assert len(set(names)) == len(names)


def test_a_reused_word_does_not_collide(world):
    word = secrets.token_hex(3)
    first, second = world.new_tenant(slug=f"{word}-a"), world.new_tenant(slug=f"{word}-b")
    assert first["db_name"] != second["db_name"] and pathlib.Path(first["db_name"]).name == first["db_name"]

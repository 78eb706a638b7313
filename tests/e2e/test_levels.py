"""Graduated service: what a tenant gets is decided with a reason, promised until a day, and holds everywhere."""

import datetime
import json
import sqlite3

import psycopg2

from harness import PASSWORD
from server import until
from test_commands import nidia
from test_tenants import connect_as_tenant, database_file, password_of
from test_walk import Storage

LEVELS = ("full", "warned", "read_only", "export_only", "off")


def in_seconds(seconds):
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def set_level(world, tenant, level, status=200, client=None, **promise):
    order = {"level": level, "reason": "factura sin pagar", **promise}
    return (client or world.admin).post(f"/tenants/{tenant['id']}/set_service_level", order, status)


def test_a_level_is_decided_with_its_reason_and_told_everywhere(world):
    tenant, machine = world.new_tenant(), world.machine()
    day = in_seconds(86400)
    decided = set_level(world, tenant, "warned", until=day, next_level="read_only").json
    assert (decided["service_level"], decided["service_level_until"], decided["service_level_next"]) == ("warned", day, "read_only")
    assert decided["service_level_reason"] == "factura sin pagar" and decided["is_active"]
    for told in (machine.get(f"/resolve?slug={tenant['slug']}").json, machine.get(f"/tenants/{tenant['id']}/entitlements").json):
        assert (told["service_level"], told["service_level_until"], told["service_level_next"]) == ("warned", day, "read_only")
        assert told["service_level_reason"] == "factura sin pagar"
    back = set_level(world, tenant, "full").json
    assert back["service_level"] == "full" and back["service_level_until"] is None and back["service_level_next"] is None
    assert machine.get(f"/resolve?slug={tenant['slug']}").json["service_level_until"] is None
    records = world.admin.all_pages(f"/audit_logs?entity_id={tenant['id']}&action=set_service_level")
    assert [record["metadata"]["level"] for record in sorted(records, key=lambda record: record["created_at"])] == ["warned", "full"]


def test_who_may_decide_and_when(world):
    tenant = world.new_tenant()
    set_level(world, tenant, "warned", client=world.sign_in_as("billing_admin"))
    set_level(world, tenant, "full", 403, client=world.sign_in_as("support"))
    set_level(world, tenant, "full", 403, client=world.sign_in_as("tenant_admin", tenant["id"]))
    assert set_level(world, tenant, "half", 422).faults == {"/level": "not_a_choice"}
    assert set_level(world, tenant, "full", 422, next_level="off").faults == {"/until": "required"}
    assert set_level(world, tenant, "full", 422, until=in_seconds(60)).faults == {"/next_level": "required"}
    assert set_level(world, tenant, "full", 422, until=in_seconds(-60), next_level="off").faults == {"/until": "rule_broken"}
    world.admin.post(f"/tenants/{tenant['id']}/suspend", {"reason": "no pagó"}, 200)
    refused = set_level(world, tenant, "full", 409)
    assert refused.code == "wrong_state" and "active" in refused.json["detail"]
    world.admin.post(f"/tenants/{tenant['id']}/reactivate", {"reason": "pagó"}, 200)
    assert world.admin.get(f"/tenants/{tenant['id']}").json["service_level"] == "warned"


def test_people_of_a_read_only_tenant_read_and_protect_themselves(world):
    tenant = world.new_tenant()
    owner, other = world.sign_in_as("tenant_admin", tenant["id"]), world.new_user(tenant_id=tenant["id"])
    path = f"/tenants/{tenant['id']}"
    for level, code in (("read_only", "service_read_only"), ("export_only", "service_export_only")):
        set_level(world, tenant, level)
        assert owner.patch(path, {"name": "Otra"}, 403).code == code
        assert owner.post("/users", {"email": "nuevo@nidia.test", "system_role": "tenant_admin"}, 403).code == code
        assert owner.get(path).json["service_level"] == level
        world.sign_in(owner.user["email"], PASSWORD).post("/auth/logout", expect=204)
        owner.post(f"/users/{other['id']}/end_sessions", expect=204)
        world.admin.patch(path, {"notes": level})
    spanish = owner.patch(path, {"name": "Otra"}, 403, Accept_Language="es").json["detail"]
    assert "exportar" in spanish
    for level in ("warned", "full"):
        set_level(world, tenant, level)
        owner.patch(path, {"name": f"Empresa {level}"})


def test_off_shuts_its_people_and_keys_out_and_full_lets_them_in(world):
    tenant = world.new_tenant()
    owner, machine = world.sign_in_as("tenant_admin", tenant["id"]), world.machine(tenant["id"])
    machine.get(f"/tenants/{tenant['id']}/entitlements")
    set_level(world, tenant, "off")
    until(lambda: owner.get("/auth/me", (200, 401)).status == 401, 1, "the end of its people's sessions")
    machine.get(f"/tenants/{tenant['id']}/entitlements", 401)
    world.visitor.post("/auth/login", {"email": owner.user["email"], "password": PASSWORD}, 401)
    set_level(world, tenant, "export_only")
    world.sign_in(owner.user["email"], PASSWORD).get(f"/tenants/{tenant['id']}")
    machine.get(f"/tenants/{tenant['id']}/entitlements")


def test_a_promise_is_kept_by_itself_also_after_a_power_cut(world):
    kept, paid = world.new_tenant(), world.new_tenant()
    for tenant in (kept, paid):
        set_level(world, tenant, "warned", until=in_seconds(86400), next_level="export_only")
    set_level(world, paid, "full")
    world.kill()
    with Storage(world) as storage:  # the day passes
        for table, column, condition in (("jobs", "run_at", "kind = 'keep_service_promise'"), ("tenants", "service_level_until", "service_level_until IS NOT NULL")):
            storage.run(f"UPDATE {table} SET {column} = {storage.later(column, -1)} WHERE {condition}")
    world.start_again()
    until(lambda: world.admin.get(f"/tenants/{kept['id']}").json["service_level"] == "export_only", 60, "what was promised")
    after = world.admin.get(f"/tenants/{kept['id']}").json
    assert after["service_level_until"] is None and after["service_level_next"] is None and after["is_active"]
    assert world.admin.get(f"/tenants/{paid['id']}").json["service_level"] == "full"


def test_levels_and_use_from_a_terminal(world):
    tenant = world.new_tenant(max_monthly_emails=50)
    day = in_seconds(86400)
    told = json.loads(nidia(world, "tenant", "level", tenant["slug"], "warned", "--reason", "factura 7", "--until", day, "--then",
                            "read_only", "--json").stdout)
    assert (told["service_level"], told["service_level_next"], told["service_level_until"]) == ("warned", "read_only", day)
    nidia(world, "tenant", "level", tenant["slug"], "off", expect=2)
    assert "level" in nidia(world, "tenant", "level", tenant["slug"], "half", "--reason", "x", expect=1).stderr
    world.admin.post(f"/tenants/{tenant['id']}/consume", {"metric": "emails", "quantity": 20}, 200)
    assert json.loads(nidia(world, "tenant", "usage", tenant["slug"], "--json").stdout)["current_monthly_emails"] == 20
    assert "current_monthly_emails" in nidia(world, "tenant", "usage", tenant["slug"]).stdout


# ---- What the role of the tenant's database can do ----

class Product:
    """The product's way to a tenant's data, kept open: SQLite's file, or PostgreSQL as the tenant's role."""

    def __init__(self, world, tenant):
        self.world, self.tenant = world, tenant
        self.password = password_of(world, tenant) if world.engine.name == "postgres" else None
        self.open = self.connect()

    def connect(self):
        if self.world.engine.name == "sqlite":
            return sqlite3.connect(database_file(self.world, self.tenant), timeout=5, isolation_level=None)
        connection = connect_as_tenant(self.world, self.tenant, self.password)
        connection.autocommit = True
        return connection

    def tries(self, connection, sql):
        try:
            connection.cursor().execute(sql)
            return True
        except (sqlite3.Error, psycopg2.Error):
            return False

    def can(self, sql):
        """Over a connection made now; False also where it cannot be made."""
        try:
            connection = self.connect()
        except psycopg2.OperationalError:
            return False
        try:
            return self.tries(connection, sql)
        finally:
            connection.close()

    def reads(self):
        return self.can(READING)

    def writes(self):
        return self.can(WRITING)


READING = "SELECT count(*) FROM settings"
WRITING = "INSERT INTO settings (id, value) VALUES ('k' || (SELECT count(*) FROM settings), '1')"


def until_it(product, reads, writes):
    until(lambda: product.reads() == reads and product.writes() == writes, 20, f"a product that reads: {reads}, writes: {writes}")


def test_the_role_of_the_database_follows_the_level(world):
    tenant = world.new_tenant()
    product = Product(world, tenant)
    assert product.tries(product.open, WRITING)
    for level in ("read_only", "export_only"):
        set_level(world, tenant, level)
        until_it(product, reads=True, writes=False)
        until(lambda: not product.tries(product.open, WRITING), 20, "the end of what was open")  # a moment after new ones are held to it
    set_level(world, tenant, "warned")
    until_it(product, reads=True, writes=True)
    if world.engine.name == "postgres":  # on SQLite, whoever opens the files is told by the directory
        product.open = product.connect()
        set_level(world, tenant, "off")
        until_it(product, reads=False, writes=False)
        until(lambda: not product.tries(product.open, READING), 20, "the end of what was open")
    set_level(world, tenant, "full")
    until_it(product, reads=True, writes=True)


def test_the_role_follows_within_a_second(world):
    """As docs/SERVICE.md says; on a machine that is busy otherwise one of a few times."""
    tenant = world.new_tenant()

    def seconds(level):
        began = datetime.datetime.now(datetime.timezone.utc)
        set_level(world, tenant, level)
        job = until(lambda: next((row for row in world.admin.get(
            f"/jobs?tenant_id={tenant['id']}&kind=sync_tenant_access&sort=-created_at").json["data"] if row["status"] == "completed"
            and datetime.datetime.fromisoformat(row["finished_at"]) > began), None), 20, f"the job of {level}")
        return (datetime.datetime.fromisoformat(job["finished_at"]) - began).total_seconds()
    assert any(seconds(level) < 1 for level in ("read_only", "full", "read_only", "full", "read_only"))


def test_a_power_cut_before_the_role_has_followed_is_made_up_for(world):
    tenant = world.new_tenant()
    product = Product(world, tenant)
    for level, writes in (("read_only", False), ("full", True)):
        set_level(world, tenant, level)
        world.kill()
        world.start_again()
        until(lambda: product.writes() == writes, 60, f"what {level} means")

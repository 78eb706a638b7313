"""Copies of a tenant's database: backed up, exported, restored (OPERATIONS.md, "Tenants and their databases")."""

import hashlib
import json
import pathlib
import sqlite3
import stat
import urllib.parse
import uuid

import psycopg2

from harness import World, only_on
from server import until
from test_commands import nidia

ROW = "INSERT INTO customers (id, name) VALUES ('{id}', '{name}')"


def finished(world, reply, seconds=60):
    """The job that the reply speaks of, when it is over."""
    path = reply.headers["Link"].split(">")[0].removeprefix("</api/v1")

    def over():
        job = world.admin.get(path).json
        return job if job["status"] in ("completed", "failed", "rolled_back") else None
    return until(over, seconds, path)


def done(world, reply):
    job = finished(world, reply)
    assert job["status"] == "completed", job
    return job


class Product:
    """One of the product's servers: asks where the tenant's database is, and speaks to it there."""

    def __init__(self, world, tenant_id):
        self.world, self.id, self.admin = world, tenant_id, world.admin.twin()
        self.password = world.admin.post(f"/tenants/{tenant_id}/reveal_database_password", {"reason": "a story"}, 200).json["password"]

    def connect(self):
        tenant = self.admin.get(f"/tenants/{self.id}").json
        if self.world.engine.name == "sqlite":
            host = self.admin.get(f"/database_hosts/{tenant['database_host_id']}").json
            folder = host["folder"] or self.world.server.data / "tenants"
            connection = sqlite3.connect(f"file:{folder}/{tenant['db_name']}.db?mode=rw", uri=True, isolation_level=None, timeout=10)
            connection.execute("PRAGMA foreign_keys = ON")
            return connection
        connection = psycopg2.connect(host=tenant["db_host"], port=tenant["db_port"], dbname=tenant["db_name"],
                                      user=tenant["db_username"], password=self.password, connect_timeout=30)
        connection.autocommit = True
        return connection

    def run(self, sql):
        connection = self.connect()
        try:
            cursor = connection.cursor()
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def limits(self):
        """Of its role, where it is now: how many connections, and how long a statement."""
        return self.run("SELECT rolconnlimit, current_setting('statement_timeout') FROM pg_roles WHERE rolname = current_user")[0]

    def add(self, count, name="Cliente"):
        for _ in range(count):
            self.run(ROW.format(id=uuid.uuid4(), name=name))

    def count(self, name="Cliente"):
        return self.run(f"SELECT count(*) FROM customers WHERE name = '{name}'")[0][0]


def new_customer(world):
    tenant = world.new_tenant()
    product = Product(world, tenant["id"])
    product.add(3)
    return tenant, product


def backups_of(world, tenant):
    return world.admin.all_pages(f"/tenant_backups?tenant_id={tenant['id']}&sort=-created_at")


def test_a_backup_is_a_file_that_says_what_it_holds(world):
    tenant, _ = new_customer(world)
    done(world, world.admin.post(f"/tenants/{tenant['id']}/backup", None, 202))
    backup, = backups_of(world, tenant)
    assert backup["status"] == "completed" and backup["kind"] == "backup" and backup["schema_version"] == 7, backup
    folder = pathlib.Path(backup["folder"])
    manifest = json.loads((folder / "manifest.json").read_text())
    content = (folder / backup["file"]).read_bytes()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in folder.iterdir())
    assert manifest["files"] == [{"name": backup["file"], "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}]
    assert backup["sha256"] == manifest["files"][0]["sha256"] and manifest["tables"] == backup["tables"]
    rows = {table["name"].removeprefix("public."): table["row_count"] for table in backup["tables"]}
    assert rows["customers"] == 3 and rows["nidia_schema"] == 7 and sum(rows.values()) == backup["row_count"], rows
    assert not list(folder.parent.glob("*.part"))


def test_what_a_backup_says_does_not_leave_the_house(world):
    tenant, product = new_customer(world)
    done(world, world.admin.post(f"/tenants/{tenant['id']}/backup", None, 202))
    owner = world.sign_in_as("tenant_admin", tenant["id"])
    told = owner.get("/tenant_backups").json["data"]
    assert len(told) == 1 and "folder" not in told[0] and "db_host" not in told[0], told
    owner.post(f"/tenants/{tenant['id']}/backup", None, 403)
    assert world.sign_in_as("tenant_admin", world.new_tenant()["id"]).get("/tenant_backups").json["data"] == []
    assert product.password not in world.server.log()


def test_an_export_is_readable_without_us_and_audited(world):
    tenant, _ = new_customer(world)
    done(world, world.admin.post(f"/tenants/{tenant['id']}/export", None, 202))
    export, = backups_of(world, tenant)
    path = pathlib.Path(export["folder"]) / export["file"]
    if world.engine.name == "sqlite":
        with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as database:
            assert database.execute("SELECT count(*) FROM customers").fetchone() == (3,)
    else:
        text = path.read_text()
        assert "CREATE TABLE public.customers" in text and text.count("\tCliente\t") == 3
        assert tenant["db_name"] not in text
    entries = world.admin.get(f"/audit_logs?action=export&entity_id={export['id']}").json["data"]
    assert len(entries) == 1 and entries[0]["tenant_id"] == tenant["id"]


def test_an_export_is_fetched_by_whom_it_belongs_to(world):
    tenant, product = new_customer(world)
    product.add(300)
    done(world, world.admin.post(f"/tenants/{tenant['id']}/export", None, 202))
    export, = backups_of(world, tenant)
    path = f"/tenant_backups/{export['id']}/download"
    content = pathlib.Path(export["folder"], export["file"]).read_bytes()
    owner = world.sign_in_as("tenant_admin", tenant["id"])
    for client in (world.admin, owner):
        reply = client.get(path)
        assert reply.body == content and reply.headers["Content-Length"] == str(len(content)) and len(content) > 40_000
        assert export["id"] in reply.headers["Content-Disposition"]
    world.sign_in_as("tenant_admin", world.new_tenant()["id"]).get(path, 404)
    world.sign_in_as("support").get(path, 403)
    audited = world.admin.get(f"/audit_logs?action=download&entity_id={export['id']}").json["data"]
    assert len(audited) >= 2 and {entry["tenant_id"] for entry in audited} == {tenant["id"]}
    done(world, world.admin.post(f"/tenants/{tenant['id']}/backup", None, 202))
    backup = next(row for row in backups_of(world, tenant) if row["kind"] == "backup")
    owner.get(f"/tenant_backups/{backup['id']}/download", 403)
    target = world.server.data / "fetched"
    told = json.loads(nidia(world, "tenant", "fetch", tenant["slug"], "--to", str(target), "--json").stdout)
    assert target.read_bytes() == content and told["id"] == export["id"] and stat.S_IMODE(target.stat().st_mode) == 0o600
    nidia(world, "tenant", "fetch", tenant["slug"], "--to", str(target), expect=1)
    parts_are_given(world, path, content, export["sha256"])
    the_rest_is_fetched(world, tenant, export, content)
    with open(pathlib.Path(export["folder"], export["file"]), "r+b") as file:
        file.write(b"#")
    assert "not arrived whole" in nidia(world, "tenant", "fetch", tenant["slug"], "--to", f"{target}.2", expect=1).stderr
    assert not pathlib.Path(f"{target}.2").exists()
    pathlib.Path(export["folder"], export["file"]).unlink()
    world.admin.get(path, 409)


def parts_are_given(world, path, content, sha256):
    """RFC 9110, section 14."""
    size, etag = len(content), f'"{sha256}"'
    whole = world.admin.get(path)
    assert whole.headers["ETag"] == etag and whole.headers["Accept-Ranges"] == "bytes"
    for asked, first, past in (("0-0", 0, 1), ("100-", 100, size), ("-100", size - 100, size), (f"-{size + 1}", 0, size),
                               (f"7-{size * 2}", 7, size)):
        for more in ({}, {"If-Range": etag}):
            part = world.admin.get(path, 200 if (first, past) == (0, size) else 206, Range=f"bytes={asked}", **more)
            assert part.body == content[first:past], asked
            assert part.status == 200 or part.headers["Content-Range"] == f"bytes {first}-{past - 1}/{size}", asked
    for ignored in ("bytes=5-4", "bytes=0-1,5-6", "bytes=x-", "bytes=-", "bytes=--5", "lines=0-1", "bytes 0-1"):
        assert world.admin.get(path, 200, Range=ignored).body == content, ignored
    assert world.admin.get(path, 200, Range="bytes=1-2", **{"If-Range": '"another"'}).body == content
    for outside in (f"{size}-", "-0"):
        refused = world.admin.get(path, 416, Range=f"bytes={outside}")
        assert refused.headers["Content-Range"] == f"bytes */{size}" and refused.json["code"] == "range_not_satisfiable"


def the_rest_is_fetched(world, tenant, export, content):
    target = world.server.data / "resumed"
    part = world.server.data / f"resumed.{export['id']}.part"
    downloads = lambda: len(world.admin.get(f"/audit_logs?action=download&entity_id={export['id']}&limit=100").json["data"])
    for begun, asked in ((content[:1000], 1), (content, 0), (content + b"more", 1)):
        part.write_bytes(begun)
        before = downloads()
        nidia(world, "tenant", "fetch", tenant["slug"], "--to", str(target))
        assert target.read_bytes() == content and not part.exists() and downloads() == before + asked
        target.unlink()
    part.write_bytes(b"x" * 1000)
    assert "has not arrived whole" in nidia(world, "tenant", "fetch", tenant["slug"], "--to", str(target), expect=1).stderr
    assert not target.exists() and not part.exists()
    target.symlink_to("nowhere")  # the name is taken, though nothing is there
    assert str(part) in nidia(world, "tenant", "fetch", tenant["slug"], "--to", str(target), expect=1).stderr
    assert part.read_bytes() == content


def test_a_suspended_tenant_is_backed_up_too_and_one_without_database_is_not(world):
    tenant, _ = new_customer(world)
    world.admin.post(f"/tenants/{tenant['id']}/suspend", {"reason": "no pagó"}, 200)
    done(world, world.admin.post(f"/tenants/{tenant['id']}/backup", None, 202))
    assert backups_of(world, tenant)[0]["row_count"] > 3
    world.admin.post("/tenants/no-such-tenant/backup", None, 404)


def clone_of(world, tenant, **more):
    word = uuid.uuid4().hex[:8]
    reply = world.admin.post(f"/tenants/{tenant['id']}/clone", {
        "name": "Copia", "slug": f"copia-{word}", "billing_email": f"copia@{word}.test", **more}, 201)
    return world.until_provisioned(reply.json["id"])


def test_a_clone_has_the_rows_of_its_source_and_goes_its_own_way(world):
    tenant, product = new_customer(world)
    clone = clone_of(world, tenant)
    copy = Product(world, clone["id"])
    assert clone["cloned_from"] == tenant["id"] and clone["plan_type"] == tenant["plan_type"], clone
    assert clone["db_name"] != tenant["db_name"] and copy.password != product.password
    assert copy.count() == product.count() == 3
    product.add(1)
    copy.add(2)
    assert (product.count(), copy.count()) == (4, 5)
    assert [user["email"] for user in world.admin.all_pages(f"/users?tenant_id={clone['id']}")] == [clone["billing_email"]]
    assert not list(world.server.data.glob("clone-*"))


def test_a_clone_that_cannot_be_made_says_why(world):
    tenant, _ = new_customer(world)
    body = {"name": "Copia", "slug": tenant["slug"], "billing_email": "otra@copia.test"}
    assert world.admin.post(f"/tenants/{tenant['id']}/clone", body, (409, 422)).code in ("taken", "invalid_body")
    world.sign_in_as("support").post(f"/tenants/{tenant['id']}/clone", body, 403)


def test_a_copy_that_takes_long_does_not_keep_the_process_from_ending(engine):
    """The next one makes it."""
    only_on(engine, "postgres")
    with World(engine) as world:
        tenant, _ = new_customer(world)
        place = urllib.parse.urlsplit(engine.url)._replace(path=f"/{tenant['db_name']}")
        locker = psycopg2.connect(urllib.parse.urlunsplit(place))
        with locker.cursor() as cursor:
            # What pg_dump alone reads.
            cursor.execute("LOCK TABLE pg_largeobject_metadata IN ACCESS EXCLUSIVE MODE")
            reply = world.admin.post(f"/tenants/{tenant['id']}/backup", None, 202)
            held = "SELECT FROM pg_locks WHERE NOT granted AND relation = 'pg_largeobject_metadata'::regclass"
            until(lambda: cursor.execute(held) or cursor.rowcount, 30, "the copy that is held up")
            assert world.server.stop() == 0, world.server.log_tail()
        locker.close()
        world.start_again()
        world.signed_in = None
        assert done(world, reply)["attempts"] == 1


def test_a_clone_is_finished_by_the_next_process(engine):
    with World(engine) as world:
        tenant, product = new_customer(world)
        reply = world.admin.post(f"/tenants/{tenant['id']}/clone", {
            "name": "Copia", "slug": "copia-a-medias", "billing_email": "copia@medias.test"}, 201)
        world.restart(kill=True)
        world.signed_in = None
        clone = world.until_provisioned(reply.json["id"])
        assert Product(world, clone["id"]).count() == 3


def test_copies_from_a_terminal(world):
    tenant, _ = new_customer(world)
    made = json.loads(nidia(world, "tenant", "backup", tenant["slug"], "--json").stdout)
    assert made["status"] == "completed" and pathlib.Path(made["folder"], made["file"]).exists()
    assert "export" in nidia(world, "tenant", "export", tenant["slug"]).stdout
    told = nidia(world, "tenant", "backups", tenant["slug"]).stdout
    assert made["id"] in told and "export" in told
    clone = json.loads(nidia(world, "tenant", "clone", tenant["slug"], "copia-terminal", "Copia", "copia@terminal.test", "--json").stdout)
    assert clone["is_active"] and clone["cloned_from"] == tenant["id"]
    nidia(world, "tenant", "backup", expect=2)
    assert nidia(world, "tenant", "backup", "no-such-tenant", expect=1).stderr


def backup_of(world, tenant):
    done(world, world.admin.post(f"/tenants/{tenant['id']}/backup", None, 202))
    return backups_of(world, tenant)[0]


def moves_of(world, tenant):
    return world.admin.all_pages(f"/tenant_moves?tenant_id={tenant['id']}&sort=-created_at")


def restore(world, tenant, backup, **more):
    return world.admin.post(f"/tenants/{tenant['id']}/restore_backup", {"backup_id": backup["id"], **more}, 202)


def test_a_restored_tenant_has_what_the_backup_holds(world):
    tenant, product = new_customer(world)
    backup = backup_of(world, tenant)
    product.add(4)
    product.run("DELETE FROM settings")
    old = product.connect()
    done(world, restore(world, tenant, backup))
    after = world.admin.get(f"/tenants/{tenant['id']}").json
    assert product.count() == 3 and product.run("SELECT count(*) FROM settings")[0][0] > 0
    assert after["db_name"] != tenant["db_name"] and after["is_active"]
    product.add(1)
    assert product.count() == 4
    refused(lambda: old.cursor().execute(ROW.format(id=uuid.uuid4(), name="Tarde")))
    move, = moves_of(world, tenant)
    assert move["kind"] == "restore" and move["status"] == "completed" and move["row_count"] == backup["row_count"]
    told = nidia(world, "doctor").stdout
    assert "no tenant owns" not in told and "database_count" not in told, told


def test_a_tenant_is_restored_whatever_service_it_gets(world):
    tenant, product = new_customer(world)
    path = f"/tenants/{tenant['id']}"
    product.add(1)
    backup = backup_of(world, tenant)
    world.admin.post(f"{path}/set_service_level", {"level": "read_only", "reason": "una prueba"}, 200)
    done(world, restore(world, tenant, backup))
    world.admin.post(f"{path}/suspend", {"reason": "no pagó"}, 200)
    done(world, restore(world, tenant, backup))
    world.admin.post(f"{path}/reactivate", {"reason": "pagó"}, 200)
    world.admin.post(f"{path}/set_service_level", {"level": "full", "reason": "una prueba"}, 200)
    until(lambda: writes(product), 20, "its role")


def writes(product):
    try:
        product.add(1)
    except (psycopg2.Error, sqlite3.Error):
        return False
    return True


def refused(do):
    try:
        do()
    except (psycopg2.Error, sqlite3.Error):
        return
    raise AssertionError("it was not refused")


def test_a_file_that_was_changed_is_refused_before_anything_happens(world):
    tenant, product = new_customer(world)
    backup = backup_of(world, tenant)
    path = pathlib.Path(backup["folder"], backup["file"])
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    product.add(1)
    job = finished(world, restore(world, tenant, backup))
    assert job["status"] == "failed" and "checksum" in job["error"], job
    assert product.count() == 4 and world.admin.get(f"/tenants/{tenant['id']}").json["db_name"] == tenant["db_name"]
    assert moves_of(world, tenant)[0]["status"] in ("failed", "dropping", "dropped")


def test_only_a_tenants_own_whole_backup_is_restored(world):
    tenant, _ = new_customer(world)
    other, _ = new_customer(world)
    backup = backup_of(world, other)
    done(world, world.admin.post(f"/tenants/{tenant['id']}/export", None, 202))
    for wrong in (backup["id"], backups_of(world, tenant)[0]["id"], str(uuid.uuid4())):
        reply = world.admin.post(f"/tenants/{tenant['id']}/restore_backup", {"backup_id": wrong}, 422)
        assert reply.json["errors"][0]["pointer"] == "/backup_id"
    reply = world.admin.post(f"/tenants/{other['id']}/restore_backup", {"backup_id": backup["id"], "host": "nowhere"}, 422)
    assert reply.json["errors"][0]["pointer"] == "/host"

"""What keeps a tenant to its own database, also where it tries hard (OPERATIONS.md, "Isolation"). SQLite has no roles."""

import contextlib
import threading
import urllib.parse

import psycopg2

from harness import World
from server import until
from test_copies import ROW, Product, done, finished, new_customer
from test_hosts import add_host, second_place
from test_moves import move

ENGINES = ("postgres",)
# Of those that are signing in to a database: what they hold of it, and whether they have got it.
BEGINNING = """SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.objid WHERE l.classid = 'pg_database'::regclass
               AND l.mode = 'RowExclusiveLock' AND d.datname = '{}' AND l.granted = {}"""
COPYING = "SELECT 1 FROM pg_locks WHERE classid = 'pg_database'::regclass AND mode = 'ShareLock' AND granted"


class Late(threading.Thread):
    """A session of the tenant's that takes its time to begin, and writes as soon as it has."""

    def __init__(self, world, tenant, delay_s=0):
        super().__init__()
        self.product, self.tenant, self.delay_s, self.wrote = Product(world, tenant["id"]), tenant, delay_s, None
        self.start()

    def run(self):
        self.wrote = False
        with contextlib.suppress(psycopg2.Error):
            connection = psycopg2.connect(
                host=self.tenant["db_host"], port=self.tenant["db_port"], dbname=self.tenant["db_name"], password=self.product.password,
                user=self.tenant["db_username"], options=f"-c post_auth_delay={self.delay_s}")
            connection.cursor().execute(ROW.format(id="00000000-0000-4000-8000-000000000001", name="Tarde"))
            connection.commit()
            self.wrote = True

    def is_beginning(self, engine, has_lock):
        return engine.run(BEGINNING.format(self.tenant["db_name"], has_lock))


def shut_out(world, tenant):
    job = world.admin.post(f"/tenants/{tenant['id']}/suspend", {"reason": "una historia"}, 200)
    assert not job.json["is_active"]
    role = f"SELECT 1 FROM pg_roles WHERE rolname = '{tenant['db_name']}' AND NOT rolcanlogin"
    until(lambda: world.engine.run(role), 20, "a role that is shut out")
    until(lambda: not world.admin.get(f"/jobs?tenant_id={tenant['id']}&status[in]=queued,running").json["data"], 20, "the job's end")


def let_in(world, tenant):
    world.admin.post(f"/tenants/{tenant['id']}/reactivate", {"reason": "pagó"}, 200)

    def enters():
        with contextlib.suppress(psycopg2.Error):
            return Product(world, tenant["id"]).run("SELECT 1")
    until(enters, 20, "the way back in")


def test_a_session_that_was_beginning_is_ended_before_the_role_counts_as_shut_out(world):
    tenant, _ = new_customer(world)
    late = Late(world, tenant, delay_s=100)
    until(lambda: late.is_beginning(world.engine, has_lock=True), 20, "a session that begins")
    shut_out(world, tenant)
    late.join()
    assert late.wrote is False
    let_in(world, tenant)


def open_in(world, name):
    """As the superuser, until it is closed."""
    connection = psycopg2.connect(urllib.parse.urlsplit(world.engine.url)._replace(path=f"/{name}").geturl())
    connection.autocommit = True
    return contextlib.closing(connection)


def test_a_session_that_was_let_in_a_moment_before_does_not_begin_after(world):
    """It waits behind whoever copies the database, which does not end while somebody is in there."""
    until(lambda: waits_behind_a_copy_and_is_shut_out(world), 200, "one that is shut out while a copy goes on")


def waits_behind_a_copy_and_is_shut_out(world):
    """False: PostgreSQL gave the copy up, after five seconds, before the role was shut out; so nothing was shown."""
    tenant, _ = new_customer(world)
    name = tenant["db_name"]
    copying = threading.Thread(target=lambda: refused(world, f"CREATE DATABASE copy_of_{name} TEMPLATE {name}"))
    with open_in(world, name):
        copying.start()
        until(lambda: not copying.is_alive() or world.engine.run(COPYING), 20, "a copy under way")
        late = Late(world, tenant)
        until(lambda: not copying.is_alive() or late.is_beginning(world.engine, has_lock=False), 20, "a session that begins")
        shut_out(world, tenant)
        was_in_time = copying.is_alive()
        world.engine.run("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CREATE DATABASE copy_of%'")
    copying.join()
    late.join()
    assert late.wrote is False or not was_in_time
    let_in(world, tenant)
    return was_in_time


def refused(world, sql):
    with contextlib.suppress(psycopg2.Error):
        world.engine.run(sql)
        raise AssertionError(f"it was done: {sql}")


def test_nothing_that_a_tenant_hides_in_an_index_runs_with_more_rights_than_its_own(world):
    """The condition of an index is looked at wherever a query of its table is planned."""
    tenant, product = new_customer(world)
    product.run("""CREATE FUNCTION spy(integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
                   IF current_setting('is_superuser') = 'on' OR current_user <> 'ROLE' THEN RAISE 'as %', current_user; END IF;
                   RETURN true; END $$; CREATE INDEX spied ON customers (name) WHERE spy(1)""".replace("ROLE", tenant["db_name"]))
    done(world, world.admin.post(f"/tenants/{tenant['id']}/backup", None, 202))
    backup = world.admin.get(f"/tenant_backups?tenant_id={tenant['id']}").json["data"][0]
    job = finished(world, world.admin.post(f"/tenants/{tenant['id']}/restore_backup", {"backup_id": backup["id"]}, 202))
    assert job["error"] is None or "as postgres" not in job["error"], job


def test_nothing_that_a_tenant_names_as_postgres_names_its_own_runs_when_it_is_moved(engine):
    """A function of the tenant's that fits better than PostgreSQL's, where we look for that one."""
    with second_place(engine) as (place, _), World(engine) as world:
        tenant, product = new_customer(world)
        product.run("""CREATE TABLE notes (note text); CREATE TABLE caught (role text);
                       CREATE FUNCTION public.format(text, regclass) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
                       INSERT INTO public.caught VALUES (current_user); RETURN pg_catalog.format($1, $2); END $$""")
        add_host(world, place)
        done(world, move(world, tenant, "norte"))
        assert product.run("SELECT role FROM caught") == []

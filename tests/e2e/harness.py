"""What a story needs: a world, which is a server on one of the engines with a super admin signed in."""

import atexit
import contextlib
import os
import secrets
import shutil
import sqlite3
import subprocess
import threading
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from unittest import SkipTest

import psycopg2

from client import Client, Wire, read_contract
from server import ADMIN_EMAIL, ADMIN_PASSWORD, TOP, Server, until

LONG = os.environ.get("NIDIA_TEST_LONG") == "1"
RECENT_S = 240
PASSWORD = "Sendero-Verde-Marimba-27"


def at_once(calls):
    """Makes the calls together, each in a thread of its own, and gives what they gave, in their order."""
    gate = threading.Barrier(len(calls))

    def run(call):
        gate.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


# Where tenants are, were, and are to be.
PLACES = """SELECT db_name, db_username FROM tenants WHERE db_name IS NOT NULL UNION SELECT db_name, db_name FROM pooled_databases
            UNION SELECT from_name, from_name FROM tenant_moves UNION SELECT to_name, to_name FROM tenant_moves"""


# What is done each ten minutes or hour would come in the midst of whichever story a runner has come to by then.
PUT_OFF = "UPDATE schedules SET next_run_at = next_run_at + {} WHERE every_seconds >= 600"


class SQLite:
    name = "sqlite"

    def new_database(self, tablespace=None, template=None):
        return None

    def close_database(self, url):
        pass

    def put_off_rare_work(self, _url, data):
        with contextlib.closing(sqlite3.connect(data / "superadmin.db", isolation_level=None)) as database:
            database.execute(PUT_OFF.format("86400000"))

    def wait_for_sessions(self, url):
        pass

    def drop_database(self, url):
        pass


class PostgreSQL:
    """A database of its own for each server, in the cluster that tests/postgres.sh started."""

    name = "postgres"

    def __init__(self, url=None, data=None):
        self.url = url or os.environ["NIDIA_TEST_POSTGRES"]
        self.data = data or os.environ["NIDIA_TEST_POSTGRES_DATA"]

    def run(self, sql, url=None):
        connection = psycopg2.connect(url or self.url)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def new_database(self, tablespace=None, template=None):
        name = f"superadmin_{secrets.token_hex(6)}"
        copied = urllib.parse.urlsplit(template).path[1:] if template else "template1"
        self.run(f"CREATE DATABASE {name} TEMPLATE {copied} TABLESPACE {tablespace or 'pg_default'}")
        # A busy machine is not one that is away: by themselves the programs wait for 3 s.
        return urllib.parse.urlunsplit(urllib.parse.urlsplit(self.url)._replace(path=f"/{name}", query="connect_timeout=30"))

    def close_database(self, url):
        """It may still be copied, once nobody is there."""
        self.wait_for_sessions(url)
        self.run(f"ALTER DATABASE {urllib.parse.urlsplit(url).path[1:]} ALLOW_CONNECTIONS false")

    def put_off_rare_work(self, url, _data):
        self.run(PUT_OFF.format("interval '1 day'"), url)

    def wait_for_sessions(self, url):
        """Until all have ended that were there: one whose client was killed still does what it was told last."""
        others = "SELECT 1 FROM pg_stat_activity WHERE datname = '{}' AND backend_type = 'client backend'"
        until(lambda: not self.run(others.format(urllib.parse.urlsplit(url).path[1:])), 30, "the end of the sessions")

    def control(self, *action):
        """pg_ctl; needs the rights of the cluster's owner."""
        owner = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--reset-env"] if os.getuid() == 0 else []
        program = os.path.join(os.environ["NIDIA_TEST_POSTGRES_BIN"], "pg_ctl")
        subprocess.run([*owner, program, "-D", self.data, "-w", *action], check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

    def stop(self, mode="fast"):
        self.control("-m", mode, "stop")

    def start(self):
        self.control("-l", "/dev/null", "start")

    def restart(self, mode="fast", meanwhile=lambda: None):
        """Stops the cluster under everybody's feet and starts it again."""
        self.stop(mode)
        try:
            meanwhile()
        finally:
            self.start()

    def drop_database(self, url):
        """And the databases of its tenants: to the doctor of another they would be orphans."""
        name = urllib.parse.urlsplit(url).path[1:]
        is_ours = self.run("SELECT 1 FROM pg_tables WHERE tablename = 'tenants'", url)
        for database, role in self.run(PLACES, url) if is_ours else ():
            self.run(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            self.run(f"DROP ROLE IF EXISTS {role or database}")
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


ENGINES = {"sqlite": SQLite, "postgres": PostgreSQL}


def only_on(engine, name):
    """A story that the other engine has no counterpart of is counted there as skipped."""
    if engine.name != name:
        raise SkipTest(f"for {name} alone")


class SecondPostgreSQL(PostgreSQL):
    """Another cluster beside the first, for as long as the story goes."""

    def __init__(self):
        self.process = subprocess.Popen([TOP / "tests/postgres.sh", "sh", "-c", 'echo "$NIDIA_TEST_POSTGRES $NIDIA_TEST_POSTGRES_DATA"; cat'],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        super().__init__(*self.process.stdout.readline().split())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(60)


class FirstStart:
    """What a first start leaves, made once by a runner and copied by its worlds. Hashes cost the least that may be set."""

    made = {}

    def __init__(self, engine):
        self.database = engine.new_database()
        self.server = Server(self.database).start()
        atexit.register(self.server.remove)
        admin = {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
        client = Client(self.server.port, read_contract(self.server.port))
        client.token = client.post("/auth/login", admin, 200).json["access_token"]
        client.patch("/system_settings/bcrypt_cost", {"value": 10}, 200)
        client.post("/auth/login", admin, 200)  # hashed anew
        client.post("/auth/logout-all", None, 204)
        client.close()
        assert self.server.stop() == 0, self.server.log_tail()
        engine.put_off_rare_work(self.database, self.server.data)
        engine.close_database(self.database)

    @classmethod
    def of(cls, engine):
        if engine not in cls.made:
            cls.made[engine] = cls(engine)
        return cls.made[engine]


class World:
    """A server, and whoever talks to it. Ends with a server that ended well."""

    def __init__(self, engine, options=(), tablespace=None, server=Server, **more):
        self.engine = engine
        first = FirstStart.of(engine)
        self.database = engine.new_database(tablespace, first.database)
        self.server = server(self.database, options=options, **more)
        shutil.copytree(first.server.data, self.server.data)
        self.contract = None
        self.signed_in, self.signed_in_at = None, 0

    def __enter__(self):
        try:
            self.server.start()
            self.contract = read_contract(self.server.port)
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, kind, *_):
        try:
            code = self.server.stop()
            assert not self.server.memory_errors(), self.server.memory_errors()
            # After a failure that one is told; a server that was killed on purpose has no code of its own.
            assert kind or code in (0, -9), f"the server ended with {code}:\n{self.server.log_tail()}"
        finally:
            self.remove()

    def restart(self, kill=False):
        """Stops it, as an operator or as a power cut would, and starts it on what was left."""
        if kill:
            self.kill()
        else:
            assert self.server.stop() == 0, self.server.log_tail()
        self.start_again()

    def kill(self):
        """Where no other node is: nothing of it goes on, and its jobs are free for the next."""
        self.server.kill()
        self.engine.wait_for_sessions(self.database)
        self.end_leases()

    def end_leases(self):
        """On PostgreSQL, what a dead node held may be taken over at once, as if the time of its leases had passed; on
        SQLite, where there is no other node, the next start sees to it."""
        if self.database:
            self.engine.run("UPDATE jobs SET lease_until = now() WHERE lease_until IS NOT NULL", self.database)

    def start_again(self):
        self.server.start()
        if self.signed_in:
            self.signed_in.close()

    def remove(self):
        self.server.remove()
        self.engine.drop_database(self.database)

    @property
    def visitor(self):
        return Client(self.server.port, self.contract)

    @property
    def outside(self):
        """For the paths that are not under /api/v1."""
        return Client(self.server.port, self.contract, base="")

    @property
    def admin(self):
        """Signed in anew before what is sensitive would ask for it."""
        if not self.signed_in or time.monotonic() > self.signed_in_at + RECENT_S:
            self.signed_in_at = time.monotonic()
            self.signed_in = self.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD)
        return self.signed_in

    def wire(self):
        return Wire(self.server.port, self.contract)

    def sign_in(self, email, password, port=None, source="127.0.0.1"):
        client = Client(port or self.server.port, self.contract, source=source)
        answer = client.post("/auth/login", {"email": email, "password": password}, 200).json
        client.token, client.user, client.refresh_token = answer["access_token"], answer["user"], answer["refresh_token"]
        return client

    def new_plan(self, **columns):
        word = secrets.token_hex(4)
        return self.admin.post("/plans", {"name": f"plan-{word}", "display_name": f"Plan {word}", "max_users": 10,
                                          "max_storage_gb": 5, **columns}, 201).json

    def ask_for_tenant(self, **columns):
        """The reply to the creation; its database is still to come."""
        word = secrets.token_hex(4)
        return self.admin.post("/tenants", {"name": f"Empresa {word}", "slug": f"empresa-{word}", "plan_type": "basic",
                                            "billing_email": f"pagos@{word}.test", **columns}, 201)

    def new_tenant(self, **columns):
        """A tenant that is active, with its database."""
        tenant = self.ask_for_tenant(**columns).json
        return self.until_provisioned(tenant["id"])

    def until_provisioned(self, tenant_id, seconds=60):
        def provisioned():
            tenant = self.admin.get(f"/tenants/{tenant_id}").json
            assert tenant["provisioning_status"] != "failed", tenant
            return tenant if tenant["is_active"] else None
        return until(provisioned, seconds, f"the database of {tenant_id}")

    def new_user(self, role="tenant_admin", tenant_id=None, **columns):
        word = secrets.token_hex(4)
        return self.admin.post("/users", {
            "email": f"persona-{word}@nidia.test", "first_name": "Ana", "last_name": "Restrepo", "system_role": role,
            "tenant_id": tenant_id, "password": PASSWORD, "must_change_password": False, **columns}, 201).json

    def sign_in_as(self, role, tenant_id=None):
        return self.sign_in(self.new_user(role, tenant_id)["email"], PASSWORD)

    def machine(self, tenant_id=None, scopes=("directory",)):
        """One of the product's servers: a client with an API key."""
        key = self.admin.post("/api_keys", {"name": "product", "scopes": list(scopes), "tenant_id": tenant_id}, 201).json
        return Client(self.server.port, self.contract, token=key["key"])

"""Killed, cut off from its database: what was acknowledged is there, nothing is half-made."""

import http.client
import itertools
import random
import secrets
import threading
import time

import psycopg2

from harness import LONG, World, only_on
from server import pause, until
from test_domains import Place

KILLS = 200 if LONG else 6


class Writers:
    """Clients that write until they are stopped, and remember what was acknowledged. A request without an answer is
    unexpected, but where the server is killed."""

    def __init__(self, world, tenant, count=4):
        self.plans, self.changed, self.people, self.unexpected, self.refused = {}, {}, {}, [], 0
        self.word = f"w{secrets.token_hex(3)}"
        self.stopped, self.server_goes = threading.Event(), threading.Event()
        self.threads = [threading.Thread(target=self.write, args=(world.admin.twin(), number, tenant))
                        for number in range(count)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        for thread in self.threads:
            thread.join()

    def write(self, client, number, tenant):
        for count in itertools.count():
            if self.stopped.is_set():
                return
            name = f"{self.word}-{number}-{count}"
            try:
                replies = list(self.write_one(client, name, tenant))
                self.unexpected += [str(reply) for reply in replies if reply.status not in (200, 201, 503)]
                is_away = any(reply.status == 503 for reply in replies)
                self.refused += is_away
            except (OSError, http.client.HTTPException) as error:
                is_away = True
                if not self.server_goes.is_set():
                    self.unexpected.append(f"{name}: {error!r}")
            if is_away:
                pause(0.01)

    def write_one(self, client, name, tenant):
        made = client.post("/plans", {"name": name, "display_name": name, "max_users": 1, "max_storage_gb": 1}, None)
        yield made
        if made.status == 201:
            plan_id = self.plans[name] = made.json["id"]
            changed = client.patch(f"/plans/{plan_id}", {"description": name}, None)
            yield changed
            if changed.status == 200:
                self.changed[name] = changed.headers["ETag"]
        person = client.post("/users", {"email": f"{name}@nidia.test", "system_role": "tenant_admin", "tenant_id": tenant["id"]}, None)
        yield person
        if person.status == 201:
            self.people[person.json["id"]] = name


def check_all_is_there(world, writers, tenant):
    assert not writers.unexpected, writers.unexpected[:3]
    plans = {plan["name"]: plan for plan in world.admin.all_pages(f"/plans?q={writers.word}")}
    missing = sorted(set(writers.plans) - set(plans))
    assert not missing, f"acknowledged and gone: {missing[:5]}"
    for name in writers.changed:
        assert plans[name]["description"] == name and plans[name]["revision"] == 2, plans[name]
    people = {user["id"] for user in world.admin.all_pages(f"/users?tenant_id={tenant['id']}&q={writers.word}")}
    assert set(writers.people) <= people
    seated = world.admin.get(f"/users?tenant_id={tenant['id']}&count=true&limit=1").json["total"]
    assert world.admin.get(f"/tenants/{tenant['id']}").json["current_users"] == seated
    since = min((plan["created_at"] for plan in plans.values()), default=None)
    recent = world.admin.all_pages(f"/audit_logs?entity_type=plans&action=create&created_at[gte]={since}") if since else []
    audited = [entry for entry in recent if str((entry["new_values"] or {}).get("name", "")).startswith(writers.word)]
    assert sorted(entry["entity_id"] for entry in audited) == sorted(plan["id"] for plan in plans.values())


def test_killed_again_and_again_under_writes(engine):
    chance = random.Random(20261122)
    with World(engine) as world:
        tenant = world.new_tenant(max_users=100000)
        for kill in range(KILLS):
            if kill % 50 == 49:
                world.signed_in = None  # before its access token is too old
            with Writers(world, tenant) as writers:
                pause(chance.uniform(0.05, 0.5))
                writers.server_goes.set()
                world.kill()
            world.start_again()
            check_all_is_there(world, writers, tenant)


def test_postgresql_restarts_under_load(engine):
    only_on(engine, "postgres")
    with World(engine) as world:
        tenant = world.new_tenant(max_users=100000)
        machine = world.machine()
        for mode in ("fast", "immediate"):
            with Writers(world, tenant) as writers:
                until(lambda writing=writers: len(writing.plans) > 20, 20)
                engine.restart(mode)
                until(lambda: world.admin.get("/plans", (200, 503)).status == 200, 20, "its recovery")
                before = len(writers.plans)
                until(lambda writing=writers, count=before: len(writing.plans) > count + 20, 20, "writes after it")
            check_all_is_there(world, writers, tenant)
        assert machine.get(f"/resolve?slug={tenant['slug']}").json["id"] == tenant["id"]


def read_until(stopped, client, path, statuses):
    while not stopped.is_set():
        try:
            statuses.append(client.get(path, None).status)
        except (OSError, http.client.HTTPException) as error:
            statuses.append(repr(error))


def test_reads_in_flight_survive_the_end_of_their_session(engine):
    """Sessions end under reads that travel together: a read is answered, or refused with 503, and never lost."""
    only_on(engine, "postgres")
    with World(engine) as world:
        path = f"/tenants/{world.new_tenant()['id']}"
        statuses, stopped = [], threading.Event()
        readers = [threading.Thread(target=read_until, args=(stopped, world.admin.twin(), path, statuses)) for _ in range(8)]
        for reader in readers:
            reader.start()
        try:
            for _ in range(5):
                seen = len(statuses)
                until(lambda count=seen: len(statuses) > count + 40, 20, "reads")
                engine.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()", world.server.database)
            seen = len(statuses)
            until(lambda: len(statuses) > seen + 40, 20, "reads afterwards")
        finally:
            stopped.set()
            for reader in readers:
                reader.join()
        assert set(statuses) <= {200, 503}, set(statuses)
        until(lambda: world.admin.get(path, (200, 503)).status == 200, 20, "a read that is answered")


def read_once(client, path, read):
    read.append(client.get(path).json["id"])


def test_who_waits_for_a_read_that_is_held_up_waits_no_longer(engine):
    """Reads travel together: behind one that a lock holds, those that came next are read another way."""
    only_on(engine, "postgres")
    with World(engine, options=["--loops", "1"]) as world:
        plan, tenant, ended = world.new_plan(), world.new_tenant(), []
        locker = psycopg2.connect(world.server.database)
        with locker.cursor() as cursor:
            cursor.execute("LOCK TABLE plans IN ACCESS EXCLUSIVE MODE")
            held = threading.Thread(target=read_once, args=(world.admin.twin(), f"/plans/{plan['id']}", ended))
            held.start()
            waiting = "SELECT FROM pg_locks WHERE NOT granted AND relation = 'plans'::regclass"
            until(lambda: cursor.execute(waiting) or cursor.rowcount, 20, "the read that is held up")
            behind = threading.Thread(target=read_once, args=(world.admin.twin(), f"/tenants/{tenant['id']}", ended))
            behind.start()
            try:
                until(lambda: ended, what="the read behind it")
            finally:
                locker.rollback()
        held.join()
        behind.join()
        locker.close()
        assert ended == [tenant["id"], plan["id"]], ended


def test_while_the_database_is_away_the_directory_answers(engine):
    """And what needs the database says so; nobody is signed out by it."""
    only_on(engine, "postgres")
    with World(engine) as world:
        tenant, machine = world.new_tenant(), world.machine()
        entitlements = f"/tenants/{tenant['id']}/entitlements"
        machine.get(f"/resolve?slug={tenant['slug']}")
        told = machine.get(entitlements).json

        def look():
            until(lambda: world.outside.get("/readyz", (200, 503)).status == 503, what="readyz telling it")
            assert world.admin.get("/plans", 503).headers["Retry-After"]
            silent_since = time.monotonic()
            # For longer than a node believes what it heard last: the product's servers go on.
            until(lambda: machine.get(f"/resolve?slug={tenant['slug']}").json["id"] == tenant["id"] and time.monotonic() > silent_since + 1.5)
            assert machine.get(entitlements).json == told
            machine.twin(token=machine.token[:-1] + "x").get(f"/resolve?slug={tenant['slug']}", 503)
            world.outside.get("/livez")
        engine.restart("immediate", meanwhile=look)
        until(lambda: world.outside.get("/readyz", (200, 503)).status == 200, 20)
        world.admin.get("/plans")


def test_while_the_database_is_away_domains_are_found(engine):
    """By the product's servers, and by who makes certificates, with a key or at the internal address."""
    only_on(engine, "postgres")
    with Place(engine) as place:
        slug, other = place.tenant["slug"], place.world.new_tenant()
        names = {place.hold()["domain"]: slug, place.hold(tenant=other)["domain"]: other["slug"], f"{slug}.app.nidia.co": slug,
                 place.claim()["domain"]: None, "nobody.co": None}
        inside = place.world.visitor
        inside.port = place.internal

        def is_all_found():
            for name, holder in names.items():
                assert place.tenant_at(name) == holder, name
                inside.get(f"/tls/ask?domain={name}", 200 if holder else 404)
            return True

        def look():
            until(lambda: place.world.outside.get("/readyz", (200, 503)).status == 503, what="readyz telling it")
            silent_since = time.monotonic()
            # For longer than a node believes what it heard last.
            until(lambda: is_all_found() and time.monotonic() > silent_since + 1.5)
        assert is_all_found()
        engine.restart("immediate", meanwhile=look)
        until(lambda: place.world.outside.get("/readyz", (200, 503)).status == 200, 20)
        assert is_all_found()


def test_a_lost_answer_is_found_by_its_key(engine):
    """A client that was cut off sends again under the same key and is told what was done."""
    with World(engine) as world:
        body = {"name": "una-vez", "display_name": "x", "max_users": 1, "max_storage_gb": 1}
        first = world.admin.post("/plans", body, 201, Idempotency_Key='"cut-off"').json
        world.restart(kill=True)
        again = world.admin.post("/plans", body, 201, Idempotency_Key='"cut-off"')
        assert again.json["id"] == first["id"] and again.headers["Idempotency-Replayed"] == "true"


def test_what_is_run_again_is_run_on_what_was_asked(engine):
    """A transaction whose connection is lost before its commit runs again: on the body, not on what it had made of it."""
    only_on(engine, "postgres")
    with World(engine) as world:
        world.admin.get("/plans")
        other = psycopg2.connect(world.database)
        with other.cursor() as cursor:
            cursor.execute("UPDATE plans SET max_users = 77 WHERE name = 'basic'")
            cursor.execute("SELECT id FROM plans WHERE name = 'basic' FOR UPDATE")
            replies = []
            asking = threading.Thread(target=lambda: replies.append(world.ask_for_tenant(plan_type="basic")))
            asking.start()
            waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            until(lambda: engine.run(waiting, world.database), 20, "a transaction that waits")
            # Who comes next reads the plans behind one that waits for us: not before the commit.
            gate = psycopg2.connect(world.database)
            held = threading.Thread(target=lambda: (gate.cursor().execute("LOCK TABLE plans IN ACCESS EXCLUSIVE MODE"), gate.close()))
            held.start()
            until(lambda: (gate.info.backend_pid,) in engine.run(waiting, world.database), 20, "the gate")
            engine.run(f"SELECT pg_terminate_backend(pid) FROM ({waiting}) AS held WHERE pid <> {gate.info.backend_pid}", world.database)
            other.commit()
            for thread in (held, asking):
                thread.join()
        other.close()
        assert replies and replies[0].json["max_users"] == 77, replies and replies[0]

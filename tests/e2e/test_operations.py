"""Running it: health, figures, the log, an orderly end (OPERATIONS.md, DESIGN §6)."""

import contextlib
import http.client
import json
import select
import signal
import sqlite3
import stat
import subprocess
import threading
import time

from client import Client, Wire
from harness import ADMIN_PASSWORD, PASSWORD, World, only_on
from server import PROGRAM, TOP, Server, pause, until


def test_health_is_told_without_a_key(world):
    assert world.outside.get("/livez").status == 200
    assert world.outside.get("/readyz").status == 200


def test_the_figures_are_what_prometheus_reads(world):
    world.outside.get("/metrics", 401)
    text = world.admin.twin(base="").get("/metrics").body
    check = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True)
    assert check.returncode == 0 and not check.stdout + check.stderr, (check.stdout + check.stderr).decode()
    assert b"nidia_" in text


def test_every_request_is_a_line_of_json_without_secrets(world):
    user = world.sign_in_as("support")
    user.get("/tenants?q=buscado", X_Request_Id="logged-once")
    world.visitor.post("/auth/login", {"email": user.user["email"], "password": "wrong-but-long-enough"}, 401)
    until(lambda: any("logged-once" in line for line in world.server.log_lines()), 20, "its line")
    lines = world.server.log_lines()
    for line in lines:
        json.loads(line)
    told = [line for line in lines if "logged-once" in line]
    assert len(told) == 1 and "/tenants" in told[0] and "200" in told[0], told
    for secret in (user.token, user.refresh_token, PASSWORD, ADMIN_PASSWORD, "wrong-but-long-enough", user.user["email"], "buscado"):
        assert secret not in world.server.log(), f"the log tells {secret}"


def test_a_request_id_is_kept_if_it_is_one_and_made_if_not(world):
    assert world.visitor.get("/tenants", 401, X_Request_Id="abc-1.2_3").headers["X-Request-Id"] == "abc-1.2_3"
    for odd in ("x" * 200, "a b", "ñ".encode().decode("latin-1"), '"', ""):
        made = world.visitor.get("/tenants", 401, X_Request_Id=odd).headers["X-Request-Id"]
        assert made != odd and made, odd


def test_what_is_private_is_not_cached_and_nothing_sniffs(world):
    reply = world.admin.get("/tenants")
    assert reply.headers["Cache-Control"] == "no-store" and reply.headers["X-Content-Type-Options"] == "nosniff"


def test_a_quota_is_told_and_kept(world):
    tenant = world.new_tenant()
    owner = world.sign_in_as("tenant_admin", tenant["id"])
    setting = world.admin.get("/system_settings/quota_tenant_admin").json
    world.admin.patch(f"/system_settings/{setting['id']}", {"value": 20})
    try:
        until(lambda: "q=20" in owner.get("/auth/me", (200, 429)).headers["RateLimit-Policy"])
        began, passed = time.monotonic(), 0
        while (refused := owner.get("/auth/me", (200, 429))).status == 200:
            passed += 1
        assert passed <= 20 + (time.monotonic() - began) / 3, passed  # what a minute's quota gives back meanwhile
        assert refused.code == "rate_limited" and int(refused.headers["Retry-After"]) >= 1
        assert "r=0" in refused.headers["RateLimit"]
        world.admin.get("/auth/me")
    finally:
        world.admin.patch(f"/system_settings/{setting['id']}", {"value": 1200})


def test_the_folder_and_the_keys_are_for_their_owner_alone(world):
    assert stat.S_IMODE(world.server.data.stat().st_mode) == 0o700
    for path in world.server.data.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_the_owner_is_let_in_by_the_socket(world):
    with Wire(world.server.data / "nidia.sock", world.contract) as door:
        reply = door.send("GET /api/v1/tenants?limit=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").reply()
        assert reply.status == 200 and "data" in reply.json


def test_the_internal_listener_gives_figures_and_no_records(engine):
    port = Server(None).port
    with World(engine, ["--internal", f"127.0.0.1:{port}"]) as world:
        inner = Client(port, world.contract.limited_to("/metrics"), base="")
        assert b"nidia_" in inner.get("/metrics").body
        # Not even that it exists.
        inner.twin(token=world.admin.token).get("/api/v1/tenants", 404)


def test_a_second_start_changes_nothing(engine):
    with World(engine) as world:
        tables = ("plans", "users", "system_settings")
        before = {table: world.admin.all_pages(f"/{table}") for table in tables}
        plans = {plan["name"]: (plan["price_monthly"], plan["price_yearly"], plan["currency"]) for plan in before["plans"]}
        assert plans == {"free": (0, 0, "USD"), "basic": (2999, 29999, "USD"), "professional": (7999, 79999, "USD"),
                         "enterprise": (19999, 199999, "USD")}
        keys = {path.name: path.read_bytes() for path in world.server.data.glob("*key*") if path.is_file()}
        world.restart()
        assert {table: world.admin.all_pages(f"/{table}") for table in tables} == before
        assert keys and all((world.server.data / name).read_bytes() == was for name, was in keys.items())


def test_a_second_server_on_the_same_sqlite_is_refused(engine):
    only_on(engine, "sqlite")
    with World(engine) as world:
        second = Server(None, data=world.server.data.parent)
        second.start(wait=False)
        assert second.wait() == 1 and second.log().strip()
        second.remove()
        world.admin.get("/tenants")


def test_without_its_keys_it_does_not_start(engine):
    with World(engine) as world:
        world.new_tenant()
        assert world.server.stop() == 0
        kept = {path: path.read_bytes() for path in world.server.data.glob("*key*") if path.is_file()}
        for path in kept:
            path.unlink()
        world.server.start(wait=False)
        assert world.server.wait() == 1, world.server.log_tail()
        for path, content in kept.items():
            path.write_bytes(content)
            path.chmod(0o600)
        world.start_again()


def alter(world, sql):
    if world.engine.name == "postgres":
        world.engine.run(sql, world.database)
        return
    with contextlib.closing(sqlite3.connect(world.server.data / "superadmin.db", isolation_level=None)) as database:
        database.execute(sql)


def test_what_cannot_be_read_keeps_it_from_starting(engine):
    with World(engine) as world:
        assert world.server.stop() == 0
        for table in ("tenants", "tenant_domains", "user_sessions"):  # read in two threads
            alter(world, f"ALTER TABLE {table} RENAME TO elsewhere")
            world.server.start(wait=False)
            assert world.server.wait() == 1, world.server.log_tail()
            assert table in world.server.log_tail(), world.server.log_tail()
            alter(world, f"ALTER TABLE elsewhere RENAME TO {table}")
        world.start_again()


def test_wrong_usage_is_told_with_its_own_exit_code():
    for words, named in ((["serve", "--nothing", "x"], "--nothing"), (["no-such-command"], "no such command"),
                         (["serve", "--listen"], "--listen"), (["serve", "--listen", "nonsense"], "--listen"),
                         (["serve", "--listen", "localhost:port"], "--listen"), (["serve", "--internal", "[::1]:65536"], "--internal")):
        ended = subprocess.run([PROGRAM, *words], cwd=TOP, capture_output=True, timeout=30, text=True)
        assert ended.returncode == 2 and named in ended.stderr, f"{words}: {ended}"
    assert subprocess.run([PROGRAM, "help"], cwd=TOP, capture_output=True).returncode == 0


class Load:
    """Clients that keep asking and writing until the server goes; what each was told."""

    def __init__(self, world, clients=8):
        self.lost, self.untaken, self.statuses, self.acknowledged, self.stops = [], [], [], [], False
        self.threads = [threading.Thread(target=self.run, args=(world.admin.twin(), number)) for number in range(clients)]
        for thread in self.threads:
            thread.start()

    def run(self, client, number):
        for count in range(100000):
            name = f"load-{number}-{count}"
            try:
                client.exchange("GET", "/livez", None, {"Connection": "keep-alive"})
            except (OSError, http.client.HTTPException):
                return  # the server has gone between two requests
            status = self.write(client, name)
            if status is None:
                return
            self.statuses.append(status)
            if status == 201:
                self.acknowledged.append(name)
            elif status != 503:
                self.lost.append(f"{name}: {status}")

    def write(self, client, name):
        """None: the server has gone. What was sent before it was told to go must have been answered."""
        plan = {"name": name, "display_name": name, "max_users": 1, "max_storage_gb": 1}
        was_in_time = False
        try:
            client.send("POST", "/api/v1/plans", json.dumps(plan), {"Authorization": f"Bearer {client.token}", "Content-Type": "application/json"})
            was_in_time = not self.stops
            return client.receive().status
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, ConnectionError) and not was_in_time:  # refused, or closed before any answer
                self.untaken.append(name)
            else:
                self.lost.append(f"{name}: {error!r}")
            return None

    def stop(self, server):
        self.stops = True
        server.signal(signal.SIGTERM)

    def join(self):
        for thread in self.threads:
            thread.join()


def test_a_stop_under_load_loses_no_request(engine):
    with World(engine) as world:
        world.admin.get("/plans")
        load = Load(world)
        until(lambda: len(load.acknowledged) > 50, 30)
        load.stop(world.server)
        code = world.server.wait()
        load.join()
        assert code == 0, world.server.log_tail()
        assert not load.lost, load.lost[:5]
        world.start_again()
        kept = {plan["name"] for plan in world.admin.all_pages("/plans")}
        assert set(load.acknowledged) <= kept, sorted(set(load.acknowledged) - kept)[:5]
        assert not kept & set(load.untaken), "what nobody was told of was done"


def test_slow_clients_are_cut_and_nobody_waits_for_them(world):
    """Bytes that drip do not keep a connection open; the deadline is for the whole head."""
    drips = [world.wire() for _ in range(20)]
    for drip in drips:
        drip.send("GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")

    def all_cut():
        for drip in drips:
            try:
                drip.send("x")
            except OSError:
                continue
        world.outside.get("/livez")
        pause(0.2)
        return all(is_cut(drip) for drip in drips)
    until(all_cut, 20, "the end of the clients that drip")


def is_cut(wire):
    """With the reply that tells it, or without one."""
    if not select.select([wire.socket], [], [], 0)[0]:
        return False
    with contextlib.suppress(ConnectionError):
        assert wire.reply().status == 408
    return True

"""A restart that nobody notices, what systemd is told, and its watchdog (OPERATIONS.md, end)."""

import contextlib
import secrets
import select
import signal
import socket
import sqlite3
import subprocess
import threading
import time

from client import Wire
from harness import World, only_on
from manager import Managed, Process
from server import TOP, pause, until

BATCH = 8  # requests on their way at once, on one connection
READY = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
KEPT, FRESH = 24, 8  # connections that are kept, and clients that connect for each request


class Managing(World):
    handovers = 0  # twice as many; odd while one goes on

    def __init__(self, engine, **more):
        super().__init__(engine, server=Managed, **more)

    def hand_over(self):
        self.handovers += 1
        self.server.restart()
        self.handovers += 1
        self.forget_connection()

    def forget_connection(self):
        """It was idle, and so closed, while the process before was drained."""
        if self.signed_in:
            self.signed_in.close()


class Load:
    """Clients that never rest: reads and writes, hundreds on their way at any time."""

    def __init__(self, world):
        self.world, self.token = world, world.admin.token
        self.faults, self.written, self.answered, self.slowest, self.ends = [], [], 0, 0.0, False
        self.threads = [threading.Thread(target=self.guard, args=(self.keep,)) for _ in range(KEPT)]
        self.threads += [threading.Thread(target=self.guard, args=(self.come_and_go,)) for _ in range(FRESH)]
        for thread in self.threads:
            thread.start()

    def guard(self, run):
        try:
            run()
        except Exception as error:
            self.faults.append(repr(error))

    def request(self, method, path, body=""):
        return (f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.token}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}")

    def write(self, name):
        return self.request("POST", "/api/v1/plans",
                            f'{{"name": "{name}", "display_name": "{name}", "max_users": 1, "max_storage_gb": 1}}')

    def expect(self, reply, status):
        self.answered += 1
        if reply.status != status:
            self.faults.append(f"answered {reply}")

    def is_taken(self, wire, requests):
        """Sends them. False: the connection was closed as idle before they came; who asked asks again. Where no restart
        goes on that is not allowed, nor of what was sent before one."""
        before = self.world.handovers
        # What an idle connection's end is to any client that keeps some: it looks before it sends.
        if select.select([wire.socket], [], [], 0)[0]:
            return False
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            wire.send("".join(requests))
        nothing_goes_on = before == self.world.handovers and before % 2 == 0
        with contextlib.suppress(ConnectionResetError):
            if wire.received.peek(1):
                return True
        assert not nothing_goes_on, "closed without an answer"
        return False

    def keep(self):
        """Sends several at once and asks again on the same connection, until it is told that the connection ends."""
        reads = [self.request("GET", path) for path in ("/livez", "/readyz", "/api/v1/plans?limit=1", "/api/v1/auth/me")]
        name = None
        while not self.ends:
            with self.world.wire() as wire:
                closing = False
                while not self.ends and not closing:
                    name = name or f"plan-{secrets.token_hex(6)}"  # what was not taken comes again, and would be refused if it had been
                    if not self.is_taken(wire, (reads * 2)[:BATCH - 1] + [self.write(name)]):
                        break
                    for number in range(BATCH):
                        reply = wire.reply()
                        closing = reply.headers.get("Connection") == "close"
                        assert not closing or number == BATCH - 1, "closed while requests were on their way"
                        self.expect(reply, 201 if number == BATCH - 1 else 200)
                    self.written.append(name)
                    name = None

    def come_and_go(self):
        while not self.ends:
            began = time.monotonic()
            with self.world.wire() as wire:
                if self.is_taken(wire, [self.request("GET", "/readyz")]):
                    self.expect(wire.reply(), 200)
                    self.slowest = max(self.slowest, time.monotonic() - began)

    def end(self):
        self.ends = True
        for thread in self.threads:
            thread.join()


def restart_under_load(world, times):
    load = Load(world)
    try:
        for _ in range(times):
            load.slowest, before = 0.0, load.answered
            until(lambda: load.answered > before + 1000 or load.faults, 30, "answers")
            usual, load.slowest = load.slowest, 0.0
            world.hand_over()
            after = load.answered
            until(lambda: load.answered > after + 300 or load.faults, 30, "answers of the successor")
            print(f"{world.engine.name}: the longest wait of a new connection: {usual * 1000:.0f} ms before a restart, "
                  f"{load.slowest * 1000:.0f} ms around it")
    finally:
        load.end()
        world.forget_connection()
    assert not load.faults, f"{len(load.faults)} of {load.answered}: {load.faults[:5]}"
    kept = {plan["name"] for plan in world.admin.all_pages("/plans")}
    assert set(load.written) <= kept, sorted(set(load.written) - kept)[:5]


def test_restarts_under_load_lose_no_request(engine):
    with Managing(engine) as world:
        restart_under_load(world, 3)


def test_under_socket_activation_the_socket_is_systemds(engine):
    """Restarts by handover, and then a whole stop and start: who connects meanwhile waits, and is served."""
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listener:
        world = Managing(engine, listener=listener)
        with world:
            restart_under_load(world, 1)
            assert world.server.stop() == 0, world.server.log_tail()
            with Wire(listener.getsockname()[1], world.contract) as waiting:
                waiting.send(READY)
                world.server.start()
                assert waiting.reply().status == 200


def test_a_successor_that_cannot_start_changes_nothing(engine):
    with Managing(engine) as world:
        settings = world.server.data / "nidia.ini"
        settings.write_text("colour = red\n")
        pid, heard = world.server.process.pid, len(world.server.hear())
        world.server.signal(signal.SIGHUP)
        until(lambda: "handover_failed" in world.server.log(), 30, "the failure")
        until(lambda: world.server.hears("MAINPID", str(pid), heard), 30)
        world.outside.get("/readyz")
        # Once it is mended the same signal does it.
        settings.write_text("log_level = warning\n")
        world.hand_over()
        world.outside.get("/readyz")


def test_a_successor_that_fails_late_gives_back_what_it_got(engine):
    """It has said that it is ready, the process before has let the database go, and then it cannot have it."""
    only_on(engine, "sqlite")
    with Managing(engine) as world:
        world.new_plan()
        pid = world.server.process.pid
        with sqlite3.connect(world.server.data / "superadmin.db", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            world.server.signal(signal.SIGHUP)
            until(lambda: '"stopped"' in world.server.log(), 30)
            with world.wire() as waiting:
                waiting.send(READY)
                until(lambda: "handover_failed" in world.server.log(), 30, "the failure")
                other.execute("ROLLBACK")
                assert waiting.reply().status == 200
        assert world.server.process.poll() is None and world.server.process.pid == pid
        world.forget_connection()
        world.new_plan()


@contextlib.contextmanager
def draining(world):
    """The process that serves is asked to hand over and drains; it cannot end before the block does, since a client sends slowly."""
    with world.wire() as slow, world.wire() as idle:
        slow.send("POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{")
        world.outside.get("/livez")
        world.server.signal(signal.SIGHUP)
        assert idle.is_closed()
        yield
    world.forget_connection()


def successor_of(server, process):
    pids = {int(message["MAINPID"]) for message in server.hear() if "MAINPID" in message} - {process.pid}
    return Process(pids.pop()) if pids else None


def has_ended(process):
    """Also while its father has not asked how: a signal's end takes a moment, the more so under a sanitizer."""
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
        return stat.read().rpartition(") ")[2].startswith("Z")


def test_who_is_told_to_end_while_it_hands_over_passes_that_on(engine):
    with Managing(engine) as world:
        server, before = world.server, world.server.process
        with draining(world):
            server.signal(signal.SIGTERM)
        assert before.wait(60) == 0, server.log_tail()
        server.process = until(lambda: successor_of(server, before), 30)
        assert server.process.wait(60) == 0 and server.hears("STOPPING", "1"), server.log_tail()


def test_a_successor_that_dies_while_the_one_before_drains_is_missed(engine):
    """On PostgreSQL it has said its last word by then."""
    only_on(engine, "postgres")
    with Managing(engine) as world:
        with draining(world):
            successor = until(lambda: successor_of(world.server, world.server.process), 30, "a successor that serves")
            successor.kill()
            until(lambda: has_ended(successor), 30, "its end")
        until(lambda: "handover_failed" in world.server.log(), 30, "the failure")
        until(world.server.is_ready, 30)
        world.new_plan()


def test_systemd_is_told_what_it_does(engine):
    with Managing(engine) as world:
        server = world.server
        until(lambda: server.hears("READY", "1"), 20)
        assert server.hear()[0]["MAINPID"] == str(server.process.pid)
        server.restart()
        order = [name for message in server.hear() for name in ("READY", "RELOADING") if name in message]
        assert order == ["READY", "RELOADING", "READY"], server.hear()
        assert server.stop() == 0 and server.hears("STOPPING", "1")


def beats(server):
    return sum("WATCHDOG" in message for message in server.hear())


def test_the_watchdog_hears_of_a_program_that_works(engine):
    with Managing(engine, watchdog_s=0.4) as world:
        until(lambda: beats(world.server) > 3, 20, "WATCHDOG=1")


def test_a_lane_that_hangs_stops_the_watchdog(engine):
    only_on(engine, "sqlite")
    with Managing(engine, watchdog_s=0.4) as world:
        plan = {"name": "late", "display_name": "x", "max_users": 1, "max_storage_gb": 1}
        writer = threading.Thread(target=world.admin.twin().post, args=("/plans", plan, None))
        until(lambda: beats(world.server) > 1, 20, "WATCHDOG=1")
        with sqlite3.connect(world.server.data / "superadmin.db", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            writer.start()
            until(lambda: is_silent(world.server, 1), 30, "its silence")
            other.execute("ROLLBACK")
            writer.join()
        before = beats(world.server)
        until(lambda: beats(world.server) > before + 1, 20, "WATCHDOG=1 again")


def is_silent(server, seconds):
    before = beats(server)
    pause(seconds)
    return beats(server) == before


def test_a_loop_that_hangs_stops_the_watchdog(engine):
    """Its log goes into a pipe that nobody reads: once that is full, the loops cannot write their lines."""
    with Managing(engine, watchdog_s=0.4) as world:
        server = world.server
        assert server.stop() == 0
        server.process = subprocess.Popen(server.command(), cwd=TOP, env=server.starting_environment(),
                                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        until(server.is_ready, 60)
        before = beats(server)
        until(lambda: beats(server) > before + 1, 20, "WATCHDOG=1")
        filler = threading.Thread(target=fill_log, args=(world,))
        filler.start()
        until(lambda: is_silent(server, 1), 30, "its silence")
        drain = threading.Thread(target=server.process.stderr.read)
        drain.start()
        filler.join()
        before = beats(server)
        until(lambda: beats(server) > before + 1, 20, "WATCHDOG=1 again")
        assert server.stop() == 0
        drain.join()


def fill_log(world):
    """Some 200 bytes a line: twice what the pipe holds. The answers come late, once it is read again."""
    for _ in range(4):
        with world.wire() as wire:
            wire.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200)
            for _ in range(200):
                assert wire.reply().status == 200

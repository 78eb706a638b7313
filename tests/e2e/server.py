"""A server of ours as a process: started, asked whether it is ready, stopped, killed; its log kept."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("NIDIA_TEST_PROGRAM", str(TOP / "build-asan" / "nidia"))
ADMIN_EMAIL = "admin@nidia.test"
ADMIN_PASSWORD = "Caudal-Tinto-Lluvia-83"
START_S = STOP_S = 60
LOOK_S = 0.02
TRIES = 10


def pause(seconds=LOOK_S):
    """Between two looks at something that is under way."""
    threading.Event().wait(seconds)


def until(condition, seconds=20, what="what was waited for"):
    """Looks again and again until the condition holds, and returns what it gave. The last look begins after the time:
    where we have slept ourselves meanwhile, nothing is told of what was waited for."""
    deadline = time.monotonic() + seconds
    while True:
        is_last = time.monotonic() > deadline
        found = condition()
        if found:
            return found
        assert not is_last, f"{what} did not come within {seconds} s"
        pause()


def soon(condition, seconds, what):
    """As until(), for what may take no longer. The time is counted in looks, each a question to a server: while the
    machine rests or does other things, it does not go on."""
    for _ in range(round(seconds / LOOK_S)):
        found = condition()
        if found:
            return found
        pause(LOOK_S)
    raise AssertionError(f"{what} did not come within {seconds} s")


def in_time(change, seconds, what):
    """What `change` does is seen by what it returns within so many seconds by the clock: on a machine that does other things
    meanwhile, at one of several tries. It is seen in the end at each."""
    took = []
    while len(took) < TRIES:
        seen = change()
        began = time.monotonic()
        until(seen, 10 * seconds, what)
        took.append(time.monotonic() - began)
        if took[-1] <= seconds:
            return
    raise AssertionError(f"{what} took {took} s")


class Looks(threading.Thread):
    """Counts the time as soon() does, for what is measured: while the machine rests or does other things, nobody waits."""

    def __init__(self):
        super().__init__(daemon=True)
        self.count, self.ended = 0, threading.Event()
        self.start()

    def run(self):
        while not self.ended.wait(LOOK_S):
            self.count += 1

    def seconds(self):
        return self.count * LOOK_S


def is_ours(port):
    """From now on no other runner is given this port, also while nobody listens there: a name that ends with the process."""
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0nidia-test-port-{port}")
    except OSError:
        name.close()
        return False
    free_port.given.append(name)
    return True


def free_port():
    """Below the ports that the kernel gives to clients, so that none of them takes it meanwhile."""
    for port in range(12000 + os.getpid() % 4000, 32000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            if is_ours(port):
                return port
    raise RuntimeError("no free port")


free_port.given = []


class Server:
    """The data folder and the database outlive the process: start() after kill() finds what was left."""

    def __init__(self, database, data=None, options=()):
        self.database = database
        self.own_folder = None if data else tempfile.mkdtemp(prefix="nidia-e2e-")
        self.data = pathlib.Path(data or self.own_folder) / "data"
        self.options = list(options)
        self.environment = {}
        self.port = free_port()
        self.log_path = pathlib.Path(tempfile.mkstemp(prefix="nidia-e2e-", suffix=".log")[1])
        self.said_path = self.log_path.with_suffix(".said")
        self.process = None

    def command(self):
        command = [PROGRAM, "serve", "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}"]
        return command + (["--database", self.database] if self.database else []) + self.options

    def starting_environment(self):
        return {**os.environ, "NIDIA_ADMIN_EMAIL": ADMIN_EMAIL, "NIDIA_ADMIN_PASSWORD": ADMIN_PASSWORD, **self.environment}

    def passed_descriptors(self):
        return ()

    def start(self, wait=True):
        with open(self.log_path, "ab") as log, open(self.said_path, "ab") as said:
            self.process = subprocess.Popen(
                self.command(), cwd=TOP, env=self.starting_environment(), stdin=subprocess.DEVNULL, stdout=said, stderr=log,
                pass_fds=self.passed_descriptors())
        if wait:
            until(self.is_ready, START_S, "a ready server")
        return self

    def is_ready(self):
        assert self.process.poll() is None, f"the server ended with {self.process.returncode}:\n{self.log_tail()}"
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as probe:
                probe.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return probe.recv(64).startswith(b"HTTP/1.1 200 ")
        except OSError:
            return False

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """Ends it as an operator would; its exit code."""
        if self.process and self.process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.wait()

    def wait(self):
        if not self.process:
            return 0
        try:
            return self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server did not end within {STOP_S} s:\n{self.log_tail()}") from None

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def remove(self):
        self.kill()
        if self.own_folder:
            shutil.rmtree(self.own_folder, ignore_errors=True)
        self.log_path.unlink(missing_ok=True)
        self.said_path.unlink(missing_ok=True)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def log_lines(self):
        """The whole ones: of the last the end may still be on its way."""
        return self.log().split("\n")[:-1]

    def log_tail(self, lines=40):
        return "\n".join(self.log().splitlines()[-lines:])

    def memory_errors(self):
        """What a sanitizer had to say."""
        signs = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:", "WARNING: ThreadSanitizer", "Assertion `")
        text = "".join(line for line in self.log().splitlines(True) if not line.startswith("{"))  # what it logged itself
        found = [text.rfind("\n", 0, text.find(sign)) + 1 for sign in signs if sign in text]  # with the file that it names
        return text[min(found):][:6000] if found else ""

"""Load and yardsticks: wrk, nginx and pgbench as processes, and what a process has used of the processor."""

import os
import pathlib
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from server import free_port, until  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")
SETTLED_S = 5
PIECE = 1500  # characters; nginx takes parameters of at most 4 kB


def cpu_seconds(pid):
    """User and system time of a process and, for nginx, of its workers."""
    def own(one):
        fields = pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own(pid) + sum(own(child) for child in children)


class Load:
    """What one run of wrk gave."""

    def __init__(self, url, seconds, connections, pid, headers=(), script=None):
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
        for header in headers:
            command += ["-H", header]
        command += ["-s", str(script)] if script else []
        before = cpu_seconds(pid)
        text = subprocess.run(command + [url], capture_output=True, text=True, check=True).stdout
        used = cpu_seconds(pid) - before
        self.requests = int(re.search(r"(\d+) requests in", text)[1])
        self.rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
        self.p99_ms = milliseconds(re.search(r"99%\s+([\d.]+)(us|ms|s)", text))
        self.cpu_us = used * 1e6 / self.requests
        failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        self.failed = int(failed[1]) if failed else 0


def milliseconds(found):
    return float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000}[found[2]]


def location(path, body):
    """A path that returns the body, which nginx wants in pieces that fit its buffer for a parameter."""
    pieces = [body[at:at + PIECE].replace("\\", "\\\\").replace("'", "\\'") for at in range(0, len(body), PIECE)]
    names = [f"$body{path[1:]}{i}" for i in range(len(pieces))]
    sets = "".join(f"            set {name} '{piece}';\n" for name, piece in zip(names, pieces))
    whole = "".join(f"${{{name[1:]}}}" for name in names)
    return f"        location = {path} {{\n{sets}            return 200 \"{whole}\";\n        }}"


class Nginx:
    """Answers each path with a body of its own."""

    def __init__(self, folder, bodies):
        self.port = free_port()
        locations = "\n".join(location(path, body) for path, body in bodies.items())
        text = (HERE / "nginx.conf").read_text().replace("FOLDER", str(folder)).replace("PORT", str(self.port))
        configuration = folder / "nginx.conf"
        configuration.write_text(text.replace("LOCATIONS", locations))
        self.process = subprocess.Popen(["nginx", "-c", str(configuration), "-p", str(folder), "-g", "daemon off;"],
                                        stderr=subprocess.DEVNULL)
        until(self.has_workers, 10, "nginx")

    def has_workers(self):
        pid = self.process.pid
        return len(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()) == 2

    def load(self, path, seconds, connections):
        return Load(f"http://127.0.0.1:{self.port}{path}", seconds, connections, self.process.pid)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def pgbench(url, seconds, connections):
    """Transactions a second of pgbench's own reading by key, over prepared statements."""
    program = pathlib.Path(os.environ["NIDIA_TEST_POSTGRES_BIN"]) / "pgbench"
    text = subprocess.run([program, "-S", "-M", "prepared", "-n", f"-c{connections}", "-j1", f"-T{seconds}", url],
                          capture_output=True, text=True, check=True).stdout
    return float(re.search(r"tps = ([\d.]+)", text)[1])


def resident_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024


def settled_mib(pid):
    """Once it has grown no more for some seconds: its first periodic work is done."""
    most = [resident_mib(pid), time.monotonic()]

    def is_settled():
        now = resident_mib(pid)
        if now > most[0]:
            most[:] = now, time.monotonic()
        return time.monotonic() - most[1] > SETTLED_S
    until(is_settled, 60, "a server at rest")
    return resident_mib(pid)


def timed(action):
    begun = time.monotonic()
    action()
    return time.monotonic() - begun

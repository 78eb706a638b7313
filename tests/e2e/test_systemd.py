"""The units as they are shipped, under a living systemd: ready, reloaded, watched, restarted, stopped (OPERATIONS.md, end)."""

import threading

from living_systemd import LivingSystemd
from server import until

ENGINES = {"sqlite"}
FOR_THE_STORY = "Environment=ASAN_OPTIONS=detect_leaks=0"  # which cannot be looked for where a process may not trace itself
BITES_SOON = "WatchdogSec=3\nTimeoutAbortSec=5"  # sooner than a restart may take on a busy machine
STATE = "/var/lib/private/nidia"


class Asking(threading.Thread):
    """Asks again and again, each time over a new connection: nobody may be refused."""

    def __init__(self, systemd):
        super().__init__()
        self.systemd, self.ended, self.answers, self.error = systemd, threading.Event(), 0, None

    def run(self):
        try:
            while not self.ended.wait(0.005):
                client = self.systemd.client()
                client.get("/livez", 200)
                client.close()
                self.answers += 1
        except Exception as error:
            self.error = error

    def __enter__(self):
        self.start()
        until(lambda: self.error or self.answers > 3, 20, "answers")
        return self

    def __exit__(self, *_):
        before = self.answers
        until(lambda: self.error or self.answers > before + 3, 20, "answers")
        self.ended.set()
        self.join()
        assert not self.error, self.error


def test_the_units_under_a_living_systemd():
    with LivingSystemd(FOR_THE_STORY) as systemd:
        systemd.do("start", "nidia.service")  # returns once READY=1 was said
        assert systemd.show("StatusText") == "Serving." and systemd.client().get("/readyz", 200)
        confined(systemd)
        reloaded(systemd)
        bitten(systemd)
        stopped_and_started(systemd)


def confined(systemd):
    status = systemd.inside("cat", f"/proc/{systemd.show('MainPID')}/status").stdout
    lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert lines["CapEff"].strip("0") == "" and lines["NoNewPrivs"] == "1" and lines["Seccomp"] == "2", status
    assert "0" not in lines["Uid"].split(), lines["Uid"]
    modes = systemd.inside("find", STATE, "-printf", "%y%m %U\n").stdout.split("\n")[:-1]
    assert {mode.split()[0] for mode in modes} <= {"d700", "f600", "s600"} and len(modes) > 3, modes
    assert {mode.split()[1] for mode in modes} == {lines["Uid"].split()[0]}, modes


def reloaded(systemd):
    before = systemd.show("MainPID")
    with Asking(systemd):
        systemd.do("reload", "nidia.service")
        until(lambda: systemd.show("MainPID") != before and systemd.show("ActiveState") == "active", 20, "a successor")
    assert systemd.show("NRestarts") == "0"


def bitten(systemd):
    """It hangs, and is ended by the watchdog; the socket stays, so that who connects meanwhile waits."""
    systemd.change(BITES_SOON)
    hung = systemd.show("MainPID")
    systemd.do("kill", "--kill-whom=main", "--signal=STOP", "nidia.service")
    until(lambda: systemd.show("NRestarts") != "0", 60, "a restart by the watchdog")
    systemd.client().get("/readyz", 200)
    assert systemd.show("MainPID") != hung


def stopped_and_started(systemd):
    key_ring = systemd.inside("cat", f"{STATE}/keyring").stdout
    systemd.do("stop", "nidia.socket", "nidia.service")
    assert systemd.show("ActiveState") == "inactive" and systemd.show("Result") == "success" and systemd.show("ExecMainStatus") == "0"
    systemd.do("start", "nidia.service")
    systemd.client().get("/readyz", 200)
    assert key_ring and systemd.inside("cat", f"{STATE}/keyring").stdout == key_ring

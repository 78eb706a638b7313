"""What systemd is to the program: a socket that it notifies, sockets that it is given, and the father of its successors."""

import ctypes
import os
import signal
import socket
import subprocess
import tempfile
import time

from server import PROGRAM, TOP, Server, pause, until

PR_SET_CHILD_SUBREAPER = 36


class Process:
    """A successor: its first process has ended, so that it is a child of ours now."""

    def __init__(self, pid):
        self.pid, self.returncode = pid, None

    def poll(self):
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout=60):
        deadline = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(PROGRAM, timeout)
            pause(0.005)
        return self.returncode

    def send_signal(self, number):
        os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)


class Managed(Server):
    """A server that says how it is; `watchdog_s`: it is to say so within that time, again and again."""

    def __init__(self, database, watchdog_s=None, listener=None, **more):
        super().__init__(database, **more)
        assert ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
        self.listener = listener
        if listener:
            self.port = listener.getsockname()[1]
        self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notices.bind(os.path.join(tempfile.mkdtemp(prefix="nidia-e2e-notify-"), "socket"))
        self.notices.setblocking(False)
        self.environment = {"NOTIFY_SOCKET": self.notices.getsockname()}
        if watchdog_s:
            self.environment["WATCHDOG_USEC"] = str(int(watchdog_s * 1e6))
        self.said = []

    def command(self):
        """systemd passes the socket as descriptor 3 and names the process that it is for."""
        if not self.listener:
            return super().command()
        script = 'exec 3<&"$0"; export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=public; exec "$@"'
        return ["/bin/bash", "-c", script, str(self.listener.fileno()), *super().command()]

    def passed_descriptors(self):
        return (self.listener.fileno(),) if self.listener else ()

    def hear(self):
        """All that was said so far: a list of {variable: value}."""
        while True:
            try:
                message = self.notices.recv(4096).decode()
            except BlockingIOError:
                return self.said
            self.said.append(dict(line.split("=", 1) for line in message.split("\n")))

    def hears(self, variable, value, since=0):
        return any(message.get(variable) == value for message in self.hear()[since:])

    def restart(self):
        """By SIGHUP, as `systemctl reload` does; returns when the successor serves and the process before has ended well."""
        before, heard = self.process, len(self.hear())
        self.signal(signal.SIGHUP)
        until(lambda: self.hears("READY", "1", heard), 60, "a successor that is ready")
        pid = next(int(message["MAINPID"]) for message in self.hear()[heard:] if "MAINPID" in message)
        assert pid != before.pid, f"it stayed as it was: {self.log_tail()}"
        assert before.wait(60) == 0, self.log_tail()
        self.process = Process(pid)

    def remove(self):
        super().remove()
        path = self.notices.getsockname()
        self.notices.close()
        os.unlink(path)
        os.rmdir(os.path.dirname(path))

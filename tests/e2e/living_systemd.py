"""Debian's systemd as the first process of namespaces of its own, with our two units and hardly any other."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
from unittest import SkipTest

from client import Client, read_contract
from server import PROGRAM, TOP, free_port, until

SYSTEMD = "/usr/lib/systemd/systemd"
UNITS = ("basic.target", "sysinit.target", "sockets.target", "shutdown.target", "umount.target", "final.target", "network-online.target")

# In namespaces of its own, but for the one of control groups, which begins below a group that is made for it. What the
# machine has in the folders that systemd writes in, or reads units from, is not seen.
BEGIN = """set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$FOLDER"
mkdir "$FOLDER/units" "$FOLDER/upper" "$FOLDER/work" "$FOLDER/groups"
cp "$UNITS_FROM"/* "$FOLDER/units"
mount -t overlay overlay -o "lowerdir=/usr/bin,upperdir=$FOLDER/upper,workdir=$FOLDER/work" /usr/bin
cp "$PROGRAM" /usr/bin/nidia
mount -t cgroup2 cgroup2 "$FOLDER/groups"
mkdir "$FOLDER/groups/$GROUP"
echo 0 >"$FOLDER/groups/$GROUP/cgroup.procs"
exec unshare --cgroup sh -c "$GO_ON"
"""
GO_ON = """set -e
for folder in /etc/systemd/system /usr/lib/systemd/system-generators /usr/lib/systemd/system-environment-generators \
              /var/lib /var/log /var/cache /run; do mount -t tmpfs tmpfs "$folder"; done
mount --bind "$FOLDER/units" /usr/lib/systemd/system
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t proc proc /proc
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
exec env -i container=story PATH=/usr/sbin:/usr/bin /usr/lib/systemd/systemd --system --unit=story.target --show-status=0
"""
END = """mount -t cgroup2 cgroup2 "$FOLDER"
[ ! -d "$FOLDER/$GROUP" ] || find "$FOLDER/$GROUP" -depth -type d -exec rmdir {} +
"""


class LivingSystemd:
    def __init__(self, service):
        """`service`: lines of a drop-in for nidia.service."""
        if os.getuid() != 0 or not os.path.exists(SYSTEMD):
            raise SkipTest("needs root and systemd")
        self.port = free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nidia-e2e-systemd-"))
        self.write_units(self.folder / "from", service)
        (self.folder / "root").mkdir()
        self.environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "FOLDER": str(self.folder / "root"), "GROUP": self.folder.name,
                            "UNITS_FROM": str(self.folder / "from"), "PROGRAM": PROGRAM, "GO_ON": GO_ON}
        self.process = self.pid = None

    def write_units(self, folder, service):
        folder.mkdir()
        for unit in UNITS:
            shutil.copy(f"/usr/lib/systemd/system/{unit}", folder)
        socket = (TOP / "packaging/systemd/nidia.socket").read_text()
        (folder / "nidia.socket").write_text(socket.replace("127.0.0.1:8080", f"127.0.0.1:{self.port}"))
        unit = (TOP / "packaging/systemd/nidia.service").read_text()
        (folder / "nidia.service").write_text(f"{unit}\n[Service]\n{service}\n")
        (folder / "story.target").write_text("[Unit]\nRequires=nidia.socket\n")

    def unshare(self, script, *namespaces):
        return subprocess.Popen(["unshare", "--mount", *namespaces, "sh", "-c", script], env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        self.process = self.unshare(BEGIN, "--pid", "--ipc", "--uts", "--fork", "--kill-child")
        try:
            self.pid = until(self.first_process, 20, "a first process")
            until(lambda: self.ask("show", "--property=Version").returncode == 0, 20, "an answer of systemd's")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        """With its first process goes everything in the namespace, before unshare has ended: then the groups are empty."""
        if self.pid:
            os.kill(int(self.pid), signal.SIGKILL)
        else:
            self.process.kill()
        self.process.communicate()
        self.unshare(END).communicate()
        shutil.rmtree(self.folder)

    def first_process(self):
        if self.process.poll() is not None:
            raise SkipTest(f"systemd cannot be started here: {self.process.stderr.read().strip()}")
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        with contextlib.suppress(OSError):  # it has ended, and so will its father
            return children[0] if children and os.readlink(f"/proc/{children[0]}/exe") == SYSTEMD else None
        return None

    def inside(self, *command):
        return subprocess.run(["nsenter", "--target", self.pid, "--mount", "--pid", "--cgroup", *command], capture_output=True, text=True, check=False)

    def ask(self, *words):
        return self.inside("systemctl", "--no-pager", *words)

    def do(self, *words):
        ended = self.ask(*words)
        assert ended.returncode == 0, ended.stderr + self.ask("status", "nidia.service").stdout

    def change(self, service):
        """Lines of one more drop-in, with which the service is started anew."""
        self.inside("sh", "-c", 'mkdir -p "$0" && printf "[Service]\n%s\n" "$1" >"$0/changed.conf"', "/run/systemd/system/nidia.service.d", service)
        self.do("daemon-reload")
        self.do("restart", "nidia.service")

    def show(self, what):
        return self.ask("show", f"--property={what}", "--value", "nidia.service").stdout.strip()

    def client(self):
        return Client(self.port, read_contract(self.port), base="")

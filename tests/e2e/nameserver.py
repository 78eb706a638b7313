"""A real name server (Knot) that answers for the whole DNS, and one that answers as no honest one would."""

import contextlib
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import threading

from server import free_port, until

TXT, CNAME, NXDOMAIN, SERVFAIL = 16, 5, 3, 2
CONFIGURATION = """
server:
    rundir: "{folder}"
    listen: 127.0.0.1@{port}
    udp-max-payload: 1232
database:
    storage: "{folder}"
control:
    listen: "{folder}/control"
log:
  - target: "{folder}/log"
    any: warning
zone:
  - domain: .
    storage: "{folder}"
    file: root.zone
    semantic-checks: off
"""


def quoted(text):
    """A TXT record's strings, cut where they may not be longer, each byte as zone files write it."""
    return " ".join('"' + "".join(f"\\{byte:03}" for byte in text[at:at + 255].encode("latin-1")) + '"' for at in range(0, len(text), 255) or [0])


class NameServer:
    """Has the root zone, which the test writes: what is not in it does not exist."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nidia-dns-"))
        self.port, self.serial, self.records = free_port(), 0, {}
        self.address = f"127.0.0.1:{self.port}"
        (self.folder / "knot.conf").write_text(CONFIGURATION.format(folder=self.folder, port=self.port))
        self.write()
        self.process = subprocess.Popen(["/usr/sbin/knotd", "-c", self.folder / "knot.conf"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self.answers, 20, "the name server")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)

    def answers(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()
        return self.control("zone-status", check=False).returncode == 0 and self.serial_served() == self.serial

    def control(self, *words, check=True):
        return subprocess.run(["/usr/sbin/knotc", "-c", self.folder / "knot.conf", *words], capture_output=True, text=True, check=check)

    def serial_served(self):
        """As the zone's SOA record tells it over the wire."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(1)
            try:
                client.sendto(struct.pack(">6H", 7, 0, 1, 0, 0, 0) + b"\0" + struct.pack(">2H", 6, 1), ("127.0.0.1", self.port))
                answer = client.recv(4096)
            except OSError:
                return None
        return struct.unpack(">I", answer[-20:-16])[0] if answer[3] & 15 == 0 and answer[7] else None

    def write(self):
        self.serial += 1
        lines = [f". 60 IN SOA ns. host. {self.serial} 60 60 60 1", ". 60 IN NS ns.", "ns. 60 IN A 127.0.0.1"]
        lines += [f"{name}. 1 IN {kind} {data}" for (name, kind), values in self.records.items() for data in values]
        (self.folder / "root.zone").write_text("\n".join(lines) + "\n")

    def set(self, name, kind, *values):
        """These and no others; none: there are none."""
        self.records[name, kind] = values
        self.write()
        self.control("-b", "zone-reload", ".")

    def prove(self, domain, *texts):
        self.set(f"_nidia-challenge.{domain['domain']}", "TXT", *(quoted(text) for text in texts or [domain["verification_token"]]))


class Forger:
    """Answers each question over UDP as `answer` says: it is given the question and yields (from which of two sockets,
    bytes). `asked`: the questions, and whose they were. Over TCP nobody listens."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []
        self.sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        self.sockets[0].bind(("127.0.0.1", free_port()))
        self.sockets[1].bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.sockets[0].getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sockets[0].sendto(b"", self.sockets[0].getsockname())
        self.thread.join()
        for one in self.sockets:
            one.close()

    def serve(self):
        while True:
            question, client = self.sockets[0].recvfrom(4096)
            if not question:
                return
            self.asked.append((question, client))
            for which, answer in self.answer(question):
                self.send(which, answer, client)

    def send(self, which, answer, client):
        with contextlib.suppress(OSError):  # whoever asked may have gone
            self.sockets[which].sendto(answer, client)


def question_of(question):
    """The question's section, as an answer repeats it."""
    end = question.index(b"\0", 12) + 5
    return question[12:end]


def reply(question, texts=(), code=0, flags=0x8180, number=None, asked=None):
    """A message that answers with TXT records, each a list of strings."""
    identity = struct.unpack(">H", question[:2])[0] if number is None else number
    records = b""
    for strings in texts:
        data = b"".join(bytes([len(string)]) + string for string in strings)
        records += b"\xc0\x0c" + struct.pack(">HHIH", TXT, 1, 1, len(data)) + data
    return struct.pack(">6H", identity & 0xffff, flags | code, 1, len(texts), 0, 0) + (asked or question_of(question)) + records

"""Speaking HTTP to the server: a client and a bare socket. Every reply that either is given is held against the contract."""

import contextlib
import http.client
import json
import re
import socket
import time
import urllib.parse
import uuid

from contract import Contract, contract_of

TIMEOUT_S = 60
REST_S = 45  # a server closes a connection that has rested for 75 s


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """The problem's code; None where the reply is no problem."""
        return self.json["code"] if self.headers.get("Content-Type", "").startswith("application/problem+json") else None

    @property
    def faults(self):
        """{pointer: code} of a problem that lists its faults."""
        return {fault["pointer"]: fault["code"] for fault in self.json.get("errors", [])}

    def __str__(self):
        return f"{self.status} {self.body[:2000].decode(errors='replace')}"


def read_contract(port):
    """What the server at this port promises, of this reply too."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    with contextlib.closing(connection):
        connection.request("GET", "/openapi.json")
        response = connection.getresponse()
        reply = Reply(response.status, response.headers, response.read())
    assert reply.status == 200, reply
    contract = contract_of(reply.body)
    contract.check("GET", "/openapi.json", reply)
    return contract


class Client:
    """One connection, kept alive. For parallel use take twin()s."""

    def __init__(self, port, contract, token=None, base="/api/v1", source="127.0.0.1"):
        assert isinstance(contract, Contract), "whose replies nobody checks"
        self.port, self.contract, self.token, self.base, self.source = port, contract, token, base, source
        self.user = None
        self.connection, self.used_at = None, 0
        self.asked, self.took_s = None, 0

    def twin(self, **changes):
        settings = {"contract": self.contract, "token": self.token, "base": self.base, "source": self.source}
        other = Client(self.port, **{**settings, **changes})
        other.user = self.user
        return other

    def get(self, path, expect=200, **headers):
        return self.request("GET", path, None, expect, headers)

    def post(self, path, body=None, expect=(200, 201, 202, 204), **headers):
        return self.request("POST", path, body, expect, headers)

    def patch(self, path, body, expect=200, **headers):
        return self.request("PATCH", path, body, expect, headers)

    def delete(self, path, expect=(202, 204), **headers):
        return self.request("DELETE", path, None, expect, headers)

    def request(self, method, path, body=None, expect=None, headers=None):
        """`headers` names them as Python can: If_Match; None leaves one out. `expect` is a status or several; None allows any."""
        sent = {"Accept-Language": "en", **{name.replace("_", "-"): value for name, value in (headers or {}).items()}}
        sent = {name: value for name, value in sent.items() if value is not None}
        if self.token and "Authorization" not in sent:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        reply = self.exchange(method, self.base + path, body, sent)
        if expect is not None:
            allowed = expect if isinstance(expect, tuple) else (expect,)
            assert reply.status in allowed, f"{method} {self.base}{path}: expected {expect}, got {reply}"
        return reply

    def exchange(self, method, target, body, headers):
        self.send(method, target, body, headers)
        return self.receive()

    def send(self, method, target, body, headers):
        now = time.monotonic()
        if now > self.used_at + REST_S:
            self.close()
        self.used_at, self.asked = now, (method, target)
        if self.connection is None:
            self.connection = http.client.HTTPConnection(
                "127.0.0.1", self.port, timeout=TIMEOUT_S, source_address=(self.source, 0))
        with self.closing_if_lost(), contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may be answered before all of it was sent
            self.connection.request(method, urllib.parse.quote(target, safe="/?&=%[],:;+-._~!$'()*@"), body, headers)

    def receive(self):
        """The reply to what was sent; `took_s` is the time from its sending, without what the check takes."""
        with self.closing_if_lost():
            response = self.connection.getresponse()
            reply = Reply(response.status, response.headers, response.read())
        self.took_s = time.monotonic() - self.used_at
        self.contract.check(*self.asked, reply)
        return reply

    @contextlib.contextmanager
    def closing_if_lost(self):
        try:
            yield
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None

    def all_pages(self, path, limit=100):
        """Every row of a list, page after page."""
        separator = "&" if "?" in path else "?"
        cursor, rows = None, []
        while True:
            page = self.get(f"{path}{separator}limit={limit}" + (f"&cursor={cursor}" if cursor else "")).json
            rows += page["data"]
            cursor = page["next_cursor"]
            if cursor is None:
                return rows


REQUEST_LINE = re.compile(rb"^([A-Z]+) (/\S*) HTTP/1\.[01]\r$", re.MULTILINE)
LENGTH = re.compile(rb"^Content-Length: (\d{1,9})\r$", re.MULTILINE)


def take_request(sent):
    """(method, target) of the first request, and what was sent behind it; without a request line, nobody knows what is."""
    line = REQUEST_LINE.search(sent)
    if not line:
        return (None, None), b""
    head, _, rest = sent[line.start():].partition(b"\r\n\r\n")
    length = LENGTH.search(head + b"\r\n")
    return (line[1].decode(), line[2].decode(errors="replace")), rest[int(length[1]):] if length else rest


class Wire:
    """A socket, for what no well-behaved client would send. `address` is a port or the path of a socket. A reply is held
    against what the contract says of the request line that was sent in its turn; where there is none, it was no request."""

    def __init__(self, address, contract):
        assert isinstance(contract, Contract), "whose replies nobody checks"
        self.contract, self.sent = contract, b""
        if isinstance(address, int):
            self.socket = socket.create_connection(("127.0.0.1", address), timeout=TIMEOUT_S)
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(TIMEOUT_S)
            self.socket.connect(str(address))
        self.received = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.received.close()
        self.socket.close()

    def makefile(self, _):
        """What HTTPResponse reads: the same file for all replies, since it may hold the beginning of the next."""
        return Lasting(self.received)

    def send(self, data):
        data = data if isinstance(data, bytes) else data.encode()
        self.sent += data
        self.socket.sendall(data)
        return self

    def reply(self):
        """The next whole reply."""
        (method, target), self.sent = take_request(self.sent)
        response = http.client.HTTPResponse(self, method=method)
        response.begin()
        reply = Reply(response.status, response.headers, response.read())
        self.contract.check(method, target, reply)
        return reply

    def is_closed(self):
        """Waits for the end of what the server sends; True when it ends with nothing more."""
        try:
            return self.received.read(1) == b""
        except ConnectionResetError:
            return True


class Lasting:
    """A file that stays open when its reader closes it."""

    def __init__(self, file):
        self.file = file

    def close(self):
        pass

    def __getattr__(self, name):
        return getattr(self.file, name)


def new_key():
    return f'"{uuid.uuid4()}"'

"""Speaking HTTP to the server: a client whose every reply is held against the contract, and a bare socket."""

import contextlib
import http.client
import json
import socket
import time
import urllib.parse
import uuid

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


class Client:
    """One connection, kept alive. For parallel use take twin()s."""

    def __init__(self, port, contract=None, token=None, base="/api/v1", source="127.0.0.1"):
        self.port, self.contract, self.token, self.base, self.source = port, contract, token, base, source
        self.user = None
        self.connection, self.used_at = None, 0

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
        if self.contract:
            self.contract.check(method, self.base + path, reply)
        if expect is not None:
            allowed = expect if isinstance(expect, tuple) else (expect,)
            assert reply.status in allowed, f"{method} {self.base}{path}: expected {expect}, got {reply}"
        return reply

    def exchange(self, method, target, body, headers):
        if time.monotonic() > self.used_at + REST_S:
            self.close()
        self.used_at = time.monotonic()
        if self.connection is None:
            self.connection = http.client.HTTPConnection(
                "127.0.0.1", self.port, timeout=TIMEOUT_S, source_address=(self.source, 0))
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may be answered before all of it was sent
                self.connection.request(method, urllib.parse.quote(target, safe="/?&=%[],:;+-._~!$'()*@"), body, headers)
            response = self.connection.getresponse()
            return Reply(response.status, response.headers, response.read())
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


class Wire:
    """A socket, for what no well-behaved client would send."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
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
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())
        return self

    def reply(self):
        """The next whole reply."""
        response = http.client.HTTPResponse(self)
        response.begin()
        return Reply(response.status, response.headers, response.read())

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

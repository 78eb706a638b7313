"""A client of Server-Sent Events: reads in a thread of its own, and remembers what came."""

import contextlib
import http.client
import json
import threading

from client import Reply
from server import until

CONNECT_S, WAIT_S = 20, 20


class Event:
    def __init__(self, fields):
        self.id, self.type = fields.get("id"), fields.get("event", "message")
        self.data = json.loads(fields["data"])

    def __repr__(self):
        return f"{self.id} {self.type} {self.data}"


class Stream:
    """GET of a path that answers with a stream. `status` other than 200: the `reply` says why."""

    def __init__(self, client, path="/events", after=None, port=None):
        self.events, self.last_id, self.ended, self.beats = [], after, threading.Event(), 0
        self.connection = http.client.HTTPConnection("127.0.0.1", port or client.port, timeout=CONNECT_S)
        headers = {"Authorization": f"Bearer {client.token}"} if client.token else {}
        if after is not None:
            headers["Last-Event-ID"] = str(after)
        self.connection.request("GET", client.base + path, None, headers)
        self.socket = self.connection.sock
        response = self.connection.getresponse()
        self.status, self.headers = response.status, response.headers
        self.reply = Reply(response.status, response.headers, b"" if self.status == 200 else response.read())
        client.contract.check("GET", client.base + path, self.reply)
        if self.status != 200:
            self.connection.close()
            return
        self.socket.settimeout(None)
        self.reader = threading.Thread(target=self.read, args=(response,), daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def read(self, response):
        fields = {}
        try:
            for line in response:
                name, _, value = line.decode().rstrip("\n").partition(":")
                if name:
                    fields[name] = value.lstrip(" ")
                elif line == b"\n":
                    self.take(fields)
                    fields = {}
                else:
                    self.beats += 1
        except (OSError, http.client.HTTPException, ValueError):
            pass
        self.ended.set()

    def take(self, fields):
        """An id without data moves the place where one goes on, as it does in a browser."""
        if "data" in fields:
            self.events.append(Event(fields))
        self.last_id = fields.get("id", self.last_id)

    def close(self):
        if self.status == 200:
            with contextlib.suppress(OSError):  # it has ended by itself
                self.socket.shutdown(2)
            self.reader.join(WAIT_S)
        self.connection.close()

    def of(self, type):
        return [event for event in list(self.events) if event.type == type]

    def wait_for(self, type, **data):
        """The first event of the type whose data has these values."""
        def found():
            return next((event for event in self.of(type) if data.items() <= event.data.items()), None)
        return until(found, WAIT_S, f"{type} {data} among {self.events[-20:]}")

    def wait_for_end(self, seconds=WAIT_S):
        assert self.ended.wait(seconds), f"the stream goes on after {seconds} s"
        return self

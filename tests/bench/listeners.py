"""A thousand clients of Server-Sent Events. Elsewhere they would not use the server's processors: what is sent to them
waits in their sockets until it is asked for, and is then counted, not looked at."""

import resource
import selectors
import socket

from server import until

PER_KEY = 20  # as many streams as the server lets one key have
OPEN_S = 30


def allow_files(count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, count)), hard))


class Listeners:
    def __init__(self, port, keys, count):
        allow_files(count + 256)
        self.heard, self.ended = {}, 0
        self.selector = selectors.DefaultSelector()
        for number in range(count):
            request = f"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {keys[number // PER_KEY]}\r\n\r\n"
            stream = socket.create_connection(("127.0.0.1", port))
            stream.sendall(request.encode())
            self.heard[stream] = bytearray()
            self.selector.register(stream, selectors.EVENT_READ)
        until(lambda: self.each_heard(b"retry: "), OPEN_S, "the streams")

    def read(self):
        for key, _ in self.selector.select(0):
            got = key.fileobj.recv(65536)
            self.heard[key.fileobj] += got
            if not got:
                self.ended += 1
                self.selector.unregister(key.fileobj)

    def each_heard(self, what):
        """Exactly once, each of them?"""
        self.read()
        return self.ended == 0 and all(heard.count(what) == 1 for heard in self.heard.values())

    def have_heard(self, ids):
        """Has each of them heard of each of these rows exactly once?"""
        return all(self.each_heard(f'"entity_id":"{one}"'.encode()) for one in ids)

    def close(self):
        self.selector.close()
        for stream in self.heard:
            stream.close()

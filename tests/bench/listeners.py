"""A thousand clients of Server-Sent Events in one thread: what each has heard is counted, not looked at."""

import os
import resource
import selectors
import socket
import threading

from server import until

PER_KEY = 20  # as many streams as the server lets one key have
OPEN_S = 30


def allow_files(count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, count)), hard))


class Listeners:
    def __init__(self, port, keys, count):
        allow_files(count + 256)
        self.heard, self.ended, self.stopped = {}, 0, threading.Event()
        self.selector = selectors.DefaultSelector()
        for number in range(count):
            request = f"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {keys[number // PER_KEY]}\r\n\r\n"
            stream = socket.create_connection(("127.0.0.1", port))
            stream.sendall(request.encode())
            self.heard[stream] = bytearray()
            self.selector.register(stream, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self.read)
        self.thread.start()
        until(lambda: all(b"retry: " in heard for heard in list(self.heard.values())), OPEN_S, "the streams")

    def read(self):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)  # elsewhere they would not use the server's processors
        while not self.stopped.is_set():
            for key, _ in self.selector.select(0.1):
                got = key.fileobj.recv(65536)
                self.heard[key.fileobj] += got
                if not got:
                    self.ended += 1
                    self.selector.unregister(key.fileobj)

    def have_heard(self, ids):
        """Has each of them heard of each of these rows exactly once?"""
        wanted = [f'"entity_id":"{one}"'.encode() for one in ids]
        return self.ended == 0 and all(heard.count(one) == 1 for heard in list(self.heard.values()) for one in wanted)

    def close(self):
        self.stopped.set()
        self.thread.join()
        self.selector.close()
        for stream in self.heard:
            stream.close()

"""What a server behind a proxy must refuse, so that both see the same requests."""

import threading

from server import until

OK = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"


def refused(world, request, *statuses):
    """The request is refused with one of these, and nothing after it is read."""
    with world.wire() as wire:
        reply = wire.send(request).reply()
        assert reply.status in statuses, f"{request[:200]!r}: {reply}"
        assert wire.is_closed(), f"{request[:200]!r}: the connection stays open"


def test_requests_that_two_readers_could_read_differently(world):
    post = "POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\n"
    smuggled = "0\r\n\r\n" + OK
    for request in (
            post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + smuggled,
            post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + smuggled,
            post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}   " + OK,
            post + "Content-Length: 5, 5\r\n\r\n{}   " + OK,
            post + "Content-Length: +5\r\n\r\n{}   " + OK,
            post + "Content-Length: -1\r\n\r\n" + OK,
            post + "Content-Length: 0x5\r\n\r\n{}   " + OK,
            post + "Content-Length: 99999999999999999999\r\n\r\n" + OK,
            post + "Transfer-Encoding: gzip, chunked\r\n\r\n" + smuggled,
            post + "Transfer-Encoding: identity\r\n\r\n" + OK,
            post + "Transfer-Encoding: xchunked\r\n\r\n" + smuggled,
            post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + smuggled,
            post + "Transfer-Encoding : chunked\r\n\r\n" + smuggled,
            post + "Transfer-Encoding: chunked\r\n\r\nZ\r\n" + OK,
            post + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}X\r\n0\r\n\r\n",
            "POST /livez HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + smuggled,
            "GET /livez HTTP/1.1\r\n\r\n" + OK,
            "GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + OK,
            "GET /livez HTTP/1.1\r\nHost: a b\r\n\r\n" + OK,
            "GET /livez HTTP/1.1\r\nHost : localhost\r\n\r\n" + OK,
            "GET /livez HTTP/1.1\r\nHost: localhost\r\nA: b\r\n folded\r\n\r\n" + OK,
            "GET /livez HTTP/1.1\nHost: localhost\n\n",
            "GET /livez HTTP/1.1\r\nHost: localhost\nA: b\r\n\r\n",
            "GET /livez HTTP/1.1\r\nHost: localhost\r\nA: b\rc\r\n\r\n",
            "GET /livez HTTP/1.1\r\nHost: localhost\r\nA: \0\r\n\r\n",
            "GET /livez HTTP/1.1\r\nHost: localhost\r\n: empty\r\n\r\n",
            "GET /livez HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n",
            "GET /livez\r\n\r\n", "GET  /livez HTTP/1.1\r\nHost: a\r\n\r\n", "hello\r\n\r\n", "\x16\x03\x01\x02\0\x01"):
        refused(world, request, 400, 501)
    refused(world, "GET /livez HTTP/2.0\r\nHost: localhost\r\n\r\n", 400, 505)


def test_heads_and_bodies_over_their_limits(world):
    head = "GET /livez HTTP/1.1\r\nHost: localhost\r\n"
    refused(world, head + "A: " + "x" * 20000 + "\r\n\r\n", 431)
    refused(world, head + "".join(f"H{number}: x\r\n" for number in range(150)) + "\r\n", 431)
    refused(world, "GET /" + "x" * 9000 + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 414, 431)
    post = "POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    refused(world, post + f"Content-Length: {2 << 20}\r\n\r\n", 413)
    with world.wire() as wire:
        wire.send(post + "Transfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(40):
                wire.send(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        except OSError:
            pass  # it stopped listening, as it should
        else:
            reply = wire.reply()
            assert (reply.status, reply.code) == (413, "body_too_large"), reply


def test_a_chunked_body_is_a_body(world):
    with world.wire() as wire:
        wire.send("POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1;x=y\r\n}\r\n0\r\n\r\n")
        assert wire.reply().status in (401, 422)
        assert wire.send(OK).reply().status == 200


def test_pipelined_requests_are_answered_in_order(world):
    paths = ["/livez", "/readyz", "/nothing", "/livez", "/api/v1/tenants"] * 4
    with world.wire() as wire:
        wire.send("".join(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: r{number}\r\n\r\n"
                          for number, path in enumerate(paths)))
        replies = [wire.reply() for _ in paths]
    assert [reply.headers["X-Request-Id"] for reply in replies] == [f"r{number}" for number in range(len(paths))]
    assert [reply.status for reply in replies][:5] == [200, 200, 404, 200, 401]


def test_a_request_in_single_bytes_is_a_request(world):
    with world.wire() as wire:
        for byte in OK.encode():
            wire.send(bytes([byte]))
        assert wire.reply().status == 200


def test_head_answers_without_a_body_and_options_is_told(world):
    with world.wire() as wire:
        wire.send("HEAD /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert wire.reply().status in (200, 405) and wire.is_closed()


def test_the_connection_is_kept_or_closed_as_the_client_asks(world):
    with world.wire() as wire:
        assert wire.send(OK).reply().status == 200 and wire.send(OK).reply().status == 200
        wire.send(OK.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")).reply()
        assert wire.is_closed()
    with world.wire() as wire:
        assert wire.send("GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n").reply().status == 200
        assert wire.is_closed()


def test_clients_that_vanish_leave_nothing_behind(world):
    """At every moment: in the head, in the body, before the answer, while it is written."""
    login = b'{"email":"nobody@nidia.test","password":"not-the-password-15"}'
    request = (b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
               + b"Content-Length: %d\r\n\r\n" % len(login) + login)
    for cut in range(0, len(request), 9):
        with world.wire() as wire:
            wire.send(request[:cut])

    def ask_and_leave():
        for _ in range(50):
            with world.wire() as wire:
                wire.send("GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3)
                wire.socket.recv(100)

    threads = [threading.Thread(target=ask_and_leave) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client = world.admin.twin(base="")
    until(lambda: connections(client) <= 3, 30, "the end of the connections")


def connections(client):
    """How many the server says are open, this one among them."""
    metrics = client.get("/metrics").body.decode()
    return next(int(float(line.split()[1])) for line in metrics.splitlines() if "connections" in line and line[0] != "#"
                and "total" not in line)

"""The log tells who did what, when and from where, one object a line, whatever the client sends (SECURITY.md)."""

import datetime
import json

from harness import PASSWORD
from server import until

ALWAYS = {"time", "level", "message", "method", "status", "duration_us", "request_id", "address"}


def line_of(world, request_id):
    """The line of one request."""
    def find():
        return [line for line in map(json.loads, world.server.log_lines()) if line.get("request_id") == request_id]
    [line] = until(find, 20, f"the line of {request_id}")
    return line


def test_a_line_tells_who_what_when_and_from_where(world):
    tenant = world.new_tenant()
    owner = world.sign_in_as("tenant_admin", tenant["id"])
    before = datetime.datetime.now(datetime.timezone.utc)
    reply = owner.twin(source="127.0.0.21").get("/plans?q=secreto")
    line = line_of(world, reply.headers["X-Request-Id"])
    assert ALWAYS <= set(line), line
    assert (line["method"], line["path"], line["route"], line["status"]) == ("GET", "/api/v1/plans", "list_plans", 200)
    assert (line["user_id"], line["tenant_id"], line["address"]) == (owner.user["id"], tenant["id"], "127.0.0.21")
    told = datetime.datetime.strptime(line["time"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)
    assert abs(told - before) < datetime.timedelta(seconds=30), f"{told} {before}"


def test_what_is_refused_is_told_with_its_reason(world):
    support = world.sign_in_as("support")
    refused = {
        "forbidden": support.post("/plans", {"name": "x"}, 403),
        "not_found": support.get("/users/01890000-0000-7000-8000-000000000000", 404),
        "invalid_token": world.visitor.get("/auth/me", 401, Authorization="Bearer x"),
        "unauthenticated": world.visitor.get("/auth/me", 401),
        "invalid_credentials": world.visitor.post("/auth/login", {"email": support.user["email"], "password": "x"}, 401),
        "cross_site": world.visitor.post("/auth/refresh", None, 403, X_Session="cookie", Origin="https://evil.test"),
        "invalid_body": world.admin.post("/plans", {"none": 1}, 422),
    }
    for code, reply in refused.items():
        line = line_of(world, reply.headers["X-Request-Id"])
        assert line["code"] == code == reply.code and line["address"] == "127.0.0.1", line
    assert line_of(world, refused["forbidden"].headers["X-Request-Id"])["user_id"] == support.user["id"]


def test_who_is_slowed_down_is_told(world):
    user = world.new_user("support")
    replies = [world.visitor.twin(source="127.0.0.22").post("/auth/login", {"email": user["email"], "password": "x"}, (401, 429))
               for _ in range(12)]
    line = line_of(world, replies[-1].headers["X-Request-Id"])
    assert (line["status"], line["code"], line["address"]) == (429, "rate_limited", "127.0.0.22"), line
    figures = world.admin.twin(base="").get("/metrics").body.decode().splitlines()
    assert any(figure.startswith("nidia_sign_ins_throttled_total ") and int(figure.split()[1]) > 0 for figure in figures)


def test_no_client_writes_a_line_of_its_own(world):
    forged = '{"time":"2026-01-01T00:00:00.000Z","level":"error","message":"forged"}'
    before = world.server.log().count("\n")
    odd = ("\x1b[2J\x1b[31mred", "\\u000a" + forged, '"}\\n' + forged, "\u2028" + forged, "%0d%0a" + forged)
    sent = 0
    for text in odd:
        body = json.dumps({"email": f"{text}@nidia.test", "password": text}).encode()
        agent = text.encode().decode("latin-1").replace("\u2028", "")
        for path in ("/auth/login", "/auth/forgot-password"):
            world.visitor.post(path, body, None, Content_Type="application/json", User_Agent=agent, X_Request_Id=agent)
            sent += 1
    for target in (b"/api/v1/plans/%0a%7b%22level%22", b"/api/v1/plans?q=%1b%5b31m%0d%0a", b"/api/v1/plans/\xff\xfe"):
        with world.wire() as wire:
            wire.send(b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\nUser-Agent: \x1b[31m\xff\r\nConnection: close\r\n\r\n").reply()
        sent += 1
    until(lambda: world.server.log().count("\n") >= before + sent, 20, "a line for each")
    lines = world.server.log_path.read_bytes().split(b"\n")[:-1]
    for line in lines:
        told = json.loads(line.decode("utf-8"))
        assert told["message"] != "forged" and not any(byte < 0x20 or byte == 0x7F for byte in line), line


def test_every_line_has_the_time_in_utc(world):
    world.sign_in_as("support").get("/plans")
    times = [json.loads(line)["time"] for line in world.server.log_lines()]
    assert all(len(time) == 24 and time.endswith("Z") for time in times)
    assert PASSWORD not in world.server.log()


def test_the_callers_trace_is_told_when_it_is_one(world):
    def told(parent):
        return line_of(world, world.admin.get("/plans", traceparent=parent).headers["X-Request-Id"]).get("trace_id")
    trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    assert told(f"00-{trace}-{span}-01") == trace
    for parent in (None, trace, f"ff-{trace}-{span}-01", f"00-{'0' * 32}-{span}-01", f"00-{trace}-{'0' * 16}-01", f"00-{trace.upper()}-{span}-01",
                   f"00-{trace}-{span}", f"00-{trace[1:]}\"-{span}-01"):
        assert told(parent) is None, parent

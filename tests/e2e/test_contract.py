"""Every reply that a story sees is held against /openapi.json: what is not promised is found, and nobody looks past it."""

import ast
import contextlib
import json
import pathlib

from client import Client, Reply, Wire
from contract import Contract
from run import keeping_to_the_contract

# Who speaks over a socket without the contract, and to whom.
NOT_OURS = {
    "client.py": "the two clients that hold replies against it",
    "stream.py": "likewise",
    "server.py": "looks at a status alone, to see whether the server is there; and for a free port",
    "chromium.py": "the browser's driver",
    "identity_provider.py": "an identity provider",
    "nameserver.py": "a name server",
    "manager.py": "hears what systemd would",
    "test_commands.py": "is a server itself, to our own commands",
    "test_domains.py": "the product's server behind a proxy",
}
HEARS = {"HTTPConnection", "HTTPSConnection", "HTTPResponse", "create_connection", "socket", "urlopen", "build_opener"}


def changed(reply, status=None, body=None, **headers):
    copy = Reply(status or reply.status, {**dict(reply.headers), **headers}, reply.body if body is None else body)
    copy.headers = {name: value for name, value in copy.headers.items() if value is not None}
    return copy


def is_found(method, target, reply, contract):
    try:
        contract.judge(method, target, reply)
        return False
    except (AssertionError, ValueError):
        return True


def test_what_is_not_promised_is_found(world):
    path, here = "/api/v1/plans/basic", world.contract
    plan, missing = world.admin.get("/plans/basic"), world.admin.get("/plans/none-such", 404)
    assert not is_found("GET", path, plan, here) and not is_found("GET", path, missing, here)
    row = plan.json
    for wrong in (changed(plan, **{"X-Request-Id": None}), changed(plan, **{"Content-Type": "text/html"}),
                  changed(plan, 201), changed(plan, 418), changed(plan, 204), changed(plan, body=b""), changed(plan, body=plan.body[:-1]),
                  changed(plan, body=json.dumps({**row, "colour": "red"}).encode()),
                  changed(plan, body=json.dumps({**row, "max_users": "ten"}).encode()),
                  changed(plan, body=json.dumps({**row, "created_at": "yesterday"}).encode())):
        assert is_found("GET", path, wrong, here), wrong
    for wrong in (changed(missing, 403), changed(missing, **{"Content-Type": "application/json"}), changed(missing, body=b"{}"),
                  changed(missing, body=json.dumps({**missing.json, "code": "who_knows"}).encode())):
        assert is_found("GET", path, wrong, here), wrong


def test_what_is_in_no_document_is_refused_with_a_problem(world):
    here, refused = world.contract, world.outside.get("/nothing", 404)
    assert is_found("GET", "/nothing", world.outside.get("/livez"), here)
    assert is_found("PUT", "/livez", refused, here) and is_found(None, None, refused, here)
    method = world.outside.request("PUT", "/livez", None, 405)
    assert is_found("PUT", "/livez", changed(method, Allow=None), here)
    with world.wire() as wire:
        found = wire.send("HEAD /livez HTTP/1.1\r\nHost: localhost\r\n\r\n").reply()
        assert is_found("HEAD", "/livez", changed(found, 201), here)
        malformed = wire.send("GET  /livez HTTP/1.1\r\nHost: localhost\r\n\r\n").reply()
    assert is_found(None, None, changed(malformed, body=b"Bad Request"), here)
    assert is_found(None, None, changed(malformed, **{"Content-Type": "text/plain"}), here)


def test_a_story_fails_that_does_not_hear_of_it(world):
    wrong = changed(world.outside.get("/livez"), 418)
    try:
        with keeping_to_the_contract(), contextlib.suppress(AssertionError):
            world.contract.check("GET", "/livez", wrong)
        raise RuntimeError("nobody was told")
    except AssertionError as told:
        assert "418" in str(told)
    Contract.broken.clear()


def test_nobody_looks_past_it(world):
    for make in (lambda: Client(world.server.port, None), lambda: Wire(world.server.port, None), lambda: world.admin.twin(contract=None)):
        try:
            make()
        except AssertionError:
            continue
        raise RuntimeError("a client without a contract")
    speaking = {path.name: told for path in pathlib.Path(__file__).parent.glob("*.py") if (told := sockets_of(path))}
    assert set(speaking) == set(NOT_OURS), speaking


def sockets_of(path):
    """The lines where it makes one."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    return [call.lineno for call in calls if getattr(call.func, "attr", getattr(call.func, "id", None)) in HEARS]

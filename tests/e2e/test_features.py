"""Modules, flags, and the lease with which a product server works on without us (OPERATIONS.md)."""

import datetime
import functools
import json
import pathlib
import re
import secrets
import subprocess
import tempfile
import time

from cryptography.hazmat.primitives.asymmetric import ed25519

import foreign_tokens
from server import TOP, until


def word():
    return f"m-{secrets.token_hex(4)}"


def new_module(world, name=None, **columns):
    name = name or word()
    return world.admin.post("/module_definitions", {"name": name, "display_name": name, **columns}, 201).json


def told(world, tenant, machine=None):
    return (machine or world.admin).get(f"/tenants/{tenant['id']}/entitlements").json


def test_what_a_tenant_may_use_is_its_plans_and_its_own_less_what_is_switched_off(world):
    sales, stock, fax = new_module(world), new_module(world), new_module(world)
    plan = world.new_plan(enabled_modules=[sales["name"], fax["name"]])
    tenant = world.new_tenant(plan_type=plan["name"], enabled_modules=["own"])
    orders = world.admin.post("/submodule_definitions", {"module_id": sales["id"], "name": "orders", "display_name": "Orders"}, 201).json
    assert told(world, tenant)["modules"] == [sales["name"], fax["name"], "own"]
    assert told(world, tenant)["submodules"] == [f"{sales['name']}.orders"]

    of_plan = world.admin.post("/module_plan_assignments", {"plan_id": plan["id"], "module_id": stock["id"]}, 201).json
    assert stock["name"] in told(world, tenant)["modules"]
    world.admin.patch(f"/module_plan_assignments/{of_plan['id']}", {"is_enabled": False})
    assert stock["name"] not in told(world, tenant)["modules"]

    world.admin.patch(f"/module_definitions/{fax['name']}", {"is_active": False})
    assert fax["name"] not in told(world, tenant)["modules"]

    before = told(world, tenant)["version"]
    off = world.admin.post("/module_tenant_assignments", {
        "tenant_id": tenant["id"], "module_id": sales["id"], "is_enabled": False, "reason": "not paid for"}, 201).json
    assert told(world, tenant)["modules"] == ["own"] and told(world, tenant)["submodules"] == []
    assert told(world, tenant)["version"] > before
    world.admin.delete(f"/module_tenant_assignments/{off['id']}", 204)
    assert told(world, tenant)["submodules"] == [f"{sales['name']}.orders"]
    world.admin.post("/submodule_tenant_assignments", {
        "tenant_id": tenant["id"], "submodule_id": orders["id"], "is_enabled": False, "reason": "asked for"}, 201)
    assert told(world, tenant)["modules"] == [sales["name"], "own"] and told(world, tenant)["submodules"] == []
    resolved = world.admin.get(f"/resolve?slug={tenant['slug']}").json
    assert resolved["modules"] == [sales["name"], "own"] and resolved["submodules"] == []


def test_an_assignment_has_a_reason_and_days_in_their_order(world):
    module, tenant = new_module(world), world.new_tenant()
    base = {"tenant_id": tenant["id"], "module_id": module["id"]}
    world.admin.post("/module_tenant_assignments", base, 422)
    refused = world.admin.post("/module_tenant_assignments", {
        **base, "reason": "x", "starts_at": "2031-02-01T00:00:00Z", "ends_at": "2031-01-01T00:00:00Z"}, 422)
    assert "rule_broken" in str(refused)
    world.admin.post("/module_tenant_assignments", {**base, "reason": "x", "is_current": True}, 422)
    made = world.admin.post("/module_tenant_assignments", {**base, "reason": "x", "starts_at": "2031-01-01T00:00:00Z"}, 201).json
    assert not made["is_current"] and made["assigned_by"] == world.admin.user["id"]
    assert module["name"] not in told(world, tenant)["modules"]
    world.admin.patch(f"/module_tenant_assignments/{made['id']}", {"starts_at": None})
    assert module["name"] in told(world, tenant)["modules"]
    assert world.admin.post("/module_tenant_assignments", {**base, "reason": "again"}, (409, 422))
    soon = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)).isoformat(timespec="milliseconds")
    world.admin.patch(f"/module_tenant_assignments/{made['id']}", {"ends_at": soon.replace("+00:00", "Z")})
    until(lambda: module["name"] not in told(world, tenant)["modules"], 30, "the end of its days")


def test_tenants_see_their_own_assignments_and_visible_modules_alone(world):
    shown, hidden = new_module(world), new_module(world, is_visible=False)
    tenant, other = world.new_tenant(), world.new_tenant()
    ids = [world.admin.post("/module_tenant_assignments", {"tenant_id": of["id"], "module_id": shown["id"], "reason": "x"}, 201).json["id"]
           for of in (tenant, other)]
    person = world.sign_in_as("tenant_admin", tenant["id"])
    names = [row["name"] for row in person.all_pages("/module_definitions")]
    assert shown["name"] in names and hidden["name"] not in names
    assert [row["id"] for row in person.all_pages("/module_tenant_assignments")] == ids[:1]
    person.post("/module_tenant_assignments", {"tenant_id": tenant["id"], "module_id": hidden["id"], "reason": "mine"}, 403)
    person.get("/feature_flags", 403)


def test_a_flag_is_on_for_a_share_and_for_those_it_names(world):
    machine, name = world.machine(), word()
    tenants = [world.new_tenant() for _ in range(2)]
    flag = world.admin.post("/feature_flags", {"name": name, "enabled_for_tenants": [tenants[0]["slug"]]}, 201).json
    on = lambda: [name in told(world, tenant, machine)["flags"] for tenant in tenants]
    assert on() == [True, False]
    world.admin.patch(f"/feature_flags/{name}", {"rollout_percentage": 100})
    assert on() == [True, True]
    world.admin.patch(f"/feature_flags/{name}", {"is_enabled": False})
    assert on() == [False, False]
    for body in ({"rollout_percentage": 101}, {"rollout_percentage": -1}, {"enabled_for_tenants": ["nobody-has-this-slug"]}):
        refused = world.admin.patch(f"/feature_flags/{name}", body, 422)
        assert any(pointer.startswith("/" + next(iter(body))) for pointer in refused.faults), refused
    world.admin.delete(f"/feature_flags/{flag['id']}", 204)


@functools.cache
def c_client(folder):
    program = pathlib.Path(folder) / "client"
    subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", str(TOP / "clients" / "lease.c"), "-o", str(program), "-lcrypto", "-ljansson"], check=True)
    return str(program)


def test_the_clients_are_as_short_as_they_were_promised():
    for client in (TOP / "clients").iterdir():
        code = [line for line in client.read_text().splitlines() if not re.match(r"\s*($|/[*/]|[*])", line)]
        assert len(code) <= 60, (client.name, len(code))


def read_by(client, folder, keys, lease, epoch):
    """What a client of clients/ says of a lease: (exit code, output)."""
    command = [c_client(folder)] if client == "c" else ["node", str(TOP / "clients" / "lease.mjs")]
    paths = []
    for name, content in (("keys", keys), ("lease", lease)):
        paths.append(str(pathlib.Path(folder) / name))
        pathlib.Path(paths[-1]).write_bytes(content if isinstance(content, bytes) else content.encode())
    done = subprocess.run([*command, *paths, str(epoch)], capture_output=True, timeout=30)
    return done.returncode, done.stdout


def test_with_a_lease_a_product_server_works_on_while_we_are_away(world):
    machine, tenant = world.machine(), world.new_tenant(enabled_modules=["maps"])
    keys = world.outside.get("/.well-known/jwks.json").body
    answer = machine.get(f"/tenants/{tenant['id']}/lease").json
    entitlements, lease, epoch = told(world, tenant, machine), answer["lease"], answer["lease_epoch"]
    assert answer["expires_in"] == 15 * 60
    world.server.kill()
    try:
        with tempfile.TemporaryDirectory() as folder:
            head, payload, signature = lease.split(".")
            forged = payload[:-2] + ("AA" if payload[-2:] != "AA" else "BB")
            for client in ("c", "js"):
                code, output = read_by(client, folder, keys, lease, epoch)
                assert code == 0 and json.loads(output) == entitlements, (client, output)
                for wrong in (f"{head}.{forged}.{signature}", f"{head}.{payload}.{signature[:-4]}AAAA", f"{head}.{payload}.", "", "x.y",
                              world.admin.token):
                    assert read_by(client, folder, keys, wrong, epoch)[0] != 0, (client, wrong)
                assert read_by(client, folder, keys, lease, epoch + 1)[0] == 1, client
                assert read_by(client, folder, '{"keys": []}', lease, epoch)[0] == 1, client
    finally:
        world.start_again()


def test_a_lease_is_revoked_by_its_epoch_and_is_no_access_token(world):
    machine, tenant = world.machine(), world.new_tenant()
    path = f"/tenants/{tenant['id']}"
    epoch = lambda: machine.get(f"{path}/lease").json["lease_epoch"]
    first = epoch()
    world.admin.post(f"{path}/revoke_leases", {"reason": "a server was stolen"}, 200)
    assert epoch() == first + 1
    world.admin.post(f"{path}/suspend", {"reason": "unpaid"}, 200)
    assert told(world, tenant, machine)["lease_epoch"] == first + 2
    world.admin.post(f"{path}/reactivate", {"reason": "paid"}, 200)
    assert epoch() == first + 2
    world.admin.get("/auth/me", 401, Authorization=f"Bearer {machine.get(f'{path}/lease').json['lease']}")
    world.sign_in_as("billing_admin").post(f"{path}/revoke_leases", {"reason": "x"}, 403)
    world.visitor.get(f"{path}/lease", 401)
    machine.get("/tenants/nobody-has-this-slug/lease", 404)


def test_an_expired_lease_is_refused(world):
    """Expiry is read from the clock of whoever reads: the clients are told a later one, or an earlier lease."""
    machine, tenant = world.machine(), world.new_tenant()
    lease = machine.get(f"/tenants/{tenant['id']}/lease").json["lease"]
    keys = world.outside.get("/.well-known/jwks.json").body.decode()
    script = ("import { readLease } from './clients/lease.mjs'; const [lease, keys, late] = process.argv.slice(1);"
              "try { readLease(lease, JSON.parse(keys), 0, Date.now() + Number(late)); console.log('good'); }"
              "catch (error) { console.log(error.message); }")
    read = lambda late: subprocess.run(["node", "--input-type=module", "-e", script, "--", lease, keys, str(late)], cwd=TOP,
                                       capture_output=True, text=True, timeout=30, check=True).stdout.strip()
    assert read(14 * 60_000) == "good" and "expired" in read(16 * 60_000)


def test_what_the_clients_refuse_though_it_is_signed(world):
    """Leases that are signed with a key of ours, which the clients are told of: one that holds, and others that do not."""
    claims = json.loads(foreign_tokens.decode(world.machine().get(f"/tenants/{world.new_tenant()['id']}/lease").json["lease"].split(".")[1]))
    old, key = (ed25519.Ed25519PrivateKey.generate() for _ in range(2))
    keys = json.dumps({"keys": [foreign_tokens.public_jwk(old, "old"), foreign_tokens.public_jwk(key, "new")]})
    epoch, now = claims["entitlements"]["lease_epoch"] + 1, int(time.time())
    good = {**claims, "exp": now + 600, "entitlements": {**claims["entitlements"], "lease_epoch": epoch}}
    wrong = {"of a moment ago": {**good, "exp": now}, "for ever": {name: good[name] for name in good if name != "exp"},
             "an access token": {**good, "aud": "nidia"}, "for nobody": {name: good[name] for name in good if name != "aud"},
             "revoked": {**good, "entitlements": claims["entitlements"]}, "of no epoch": {**good, "entitlements": {}},
             "too long": {**good, "more": "x" * 100 * 1024}}
    sign = lambda claims: foreign_tokens.sign(key, {"alg": "EdDSA", "kid": "new"}, claims)
    with tempfile.TemporaryDirectory() as folder:
        for client in ("c", "js"):
            code, output = read_by(client, folder, keys, sign(good), epoch)
            assert code == 0 and json.loads(output) == good["entitlements"], (client, output)
            for what, others in wrong.items():
                assert read_by(client, folder, keys, sign(others), epoch)[0] == 1, (client, what)

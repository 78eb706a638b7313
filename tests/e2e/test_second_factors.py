"""Second factors: an authenticator app and recovery codes, what asks for them, and who must have one (IDENTITY.md).
The codes are those of a real oathtool, and the QR code is read by a real reader."""

import base64
import contextlib
import json
import sqlite3
import subprocess
import tempfile
import threading
import time
import urllib.parse

from harness import PASSWORD
from mailbox import Folder
from server import soon, until
from stream import Stream
from test_commands import nidia

STEP_S = 30
SHORT = "Ocho-4471"
MISSING = "00000000-0000-7000-8000-000000000000"
PROVIDER = {"name": "puerta", "display_name": "Puerta", "issuer": "https://puerta.example", "client_id": "x", "scopes": "openid",
            "role_rules": [{"value": "a", "role": "support"}]}


def code_of(secret, steps=1):
    """What the app shows, so many steps from now. The one of the next step is good now, and for at least a step from now."""
    moment = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(time.time() + steps * STEP_S))
    command = ["oathtool", "--totp", "-b", "--now", moment, secret]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def go_on(client, answer):
    client.token, client.user, client.refresh_token = answer["access_token"], answer["user"], answer["refresh_token"]
    return answer


def enrol(client):
    """The app's secret and the recovery codes. The code is of the step of now: the one of the next stays good."""
    secret = client.post("/auth/totp", expect=200).json["secret"]
    answer = go_on(client, client.post("/auth/totp/confirm", {"code": code_of(secret, 0)}, 200).json)
    return secret, answer.get("recovery_codes")


def person_with_factor(world, role="support", tenant_id=None):
    client = world.sign_in_as(role, tenant_id)
    return client, *enrol(client)


def ask_to_enter(world, client, expect=202, password=PASSWORD, **more):
    return world.visitor.post("/auth/login", {"email": client.user["email"], "password": password, **more}, expect)


def ticket_of(world, client):
    return ask_to_enter(world, client).json["ticket"]


def prove(world, ticket, method, code, expect=200):
    return world.visitor.post("/auth/second-factor", {"ticket": ticket, "method": method, "code": code}, expect)


def claims_of(token):
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


def audited(world, action, client):
    return world.admin.get(f"/audit_logs?action={action}&entity_id={client.user['id']}").json["data"]


def test_the_password_alone_gives_no_session_once_an_app_is_set_up(world):
    client, secret, codes = person_with_factor(world)
    assert client.get("/auth/me").json["mfa_enabled"] is True
    assert client.get("/auth/second-factors").json == {"methods": ["totp", "recovery_code"], "recovery_codes_left": 10}
    assert claims_of(client.token)["amr"] == ["pwd", "otp", "mfa"]
    challenge = ask_to_enter(world, client).json
    assert challenge["methods"] == ["totp", "recovery_code"] and set(challenge) == {"ticket", "expires_in", "methods"}
    for thing in (challenge["ticket"], "x" * 43):
        world.visitor.twin(token=thing).get("/auth/me", 401)
        world.visitor.post("/auth/refresh", {"refresh_token": thing}, 401)
        assert prove(world, "x" * 43, "totp", code_of(secret), 401).code == "second_factor_refused"
    claims = claims_of(prove(world, challenge["ticket"], "totp", code_of(secret)).json["access_token"])
    assert claims["amr"] == ["pwd", "otp", "mfa"] and abs(claims["auth_time"] - time.time()) < 60
    prove(world, challenge["ticket"], "recovery_code", codes[0], 401)
    for path in ("/auth/second-factors", f"/users/{client.user['id']}"):
        assert not any(word in client.get(path).body.decode() for word in (secret, codes[1], "seed", "password_is_short"))


def test_a_code_is_good_once_however_many_come_with_it(world):
    client, secret, codes = person_with_factor(world)
    for method, code in (("totp", code_of(secret)), ("recovery_code", codes[3])):
        tickets, replies = [ticket_of(world, client) for _ in range(6)], []
        gate = threading.Barrier(len(tickets))

        def try_it(ticket):
            gate.wait()
            replies.append(prove(world, ticket, method, code, (200, 401)).status)

        threads = [threading.Thread(target=try_it, args=(ticket,)) for ticket in tickets]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(replies) == [200] + [401] * 5, (method, replies)
    assert client.get("/auth/second-factors").json["recovery_codes_left"] == 9


def test_a_code_may_come_along_with_the_password(world):
    client, secret, codes = person_with_factor(world)
    assert ask_to_enter(world, client, 401, otp="000000").code == "second_factor_refused"
    assert ask_to_enter(world, client, 401, password="wrong", otp=code_of(secret)).code == "invalid_credentials"
    assert claims_of(ask_to_enter(world, client, 200, otp=code_of(secret)).json["access_token"])["amr"] == ["pwd", "otp", "mfa"]
    ask_to_enter(world, client, 200, otp=codes[0].lower().replace("-", " "))
    ask_to_enter(world, client, 401, otp=codes[0])


def test_five_wrong_codes_spend_the_ticket(world):
    client, secret, _ = person_with_factor(world)
    ticket = ticket_of(world, client)
    for code in ("000000", "000000", "000000", "12345", code_of(secret, 4)):
        prove(world, ticket, "totp", code, 401)
    prove(world, ticket, "totp", code_of(secret), 401)
    prove(world, ticket_of(world, client), "totp", code_of(secret))


def test_the_qr_code_is_what_the_app_reads(world):
    client = world.sign_in_as("support")
    started = client.post("/auth/totp", expect=200).json
    with tempfile.NamedTemporaryFile(suffix=".png") as image:
        subprocess.run(["rsvg-convert", "--width", "400", "-o", image.name], input=started["qr_code"].encode(), check=True)
        read = subprocess.run(["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", image.name], check=True, capture_output=True, text=True)
    assert read.stdout.rstrip("\n") == started["uri"]
    uri = urllib.parse.urlsplit(started["uri"])
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp") and urllib.parse.unquote(uri.path) == f"/NIDIA Flow:{client.user['email']}"
    assert urllib.parse.parse_qs(uri.query) == {"secret": [started["secret"]], "issuer": ["NIDIA Flow"]}
    assert client.post("/auth/totp/confirm", {"code": "000000"}, 422).faults == {"/code": "second_factor_refused"}
    assert client.get("/auth/me").json["mfa_enabled"] is False
    ask_to_enter(world, client, 200)


def test_a_change_of_factors_ends_the_other_sessions(world):
    client = world.sign_in_as("support")
    other, before = world.sign_in(client.user["email"], PASSWORD), client.twin()
    secret, codes = enrol(client)
    for session in (other, before):
        session.get("/auth/me", 401)
    again, no_codes = enrol(client)
    assert no_codes is None and again != secret
    prove(world, ticket_of(world, client), "totp", code_of(secret), 401)
    sheet = client.post("/auth/recovery-codes", expect=200).json["recovery_codes"]
    assert len(set(sheet)) == 10 and not set(sheet) & set(codes)
    prove(world, ticket_of(world, client), "recovery_code", codes[0], 401)
    answer = go_on(client, client.delete("/auth/totp", 200).json)
    assert claims_of(answer["access_token"])["amr"] == ["pwd"] and answer["user"]["mfa_enabled"] is False
    assert client.get("/auth/second-factors").json == {"methods": [], "recovery_codes_left": 0}
    ask_to_enter(world, client, 200)
    for call in (lambda: client.delete("/auth/totp", 409), lambda: client.post("/auth/recovery-codes", expect=409)):
        assert call().code == "wrong_state"
    assert len(audited(world, "add_second_factor", client)) == 2 and len(audited(world, "remove_second_factor", client)) == 1


def test_a_password_may_be_short_beside_a_second_factor_alone(world):
    client, secret, _ = person_with_factor(world)
    path = f"/users/{client.user['id']}/set_password"
    stranger = world.sign_in_as("support")
    assert stranger.post(f"/users/{stranger.user['id']}/set_password", {"password": SHORT, "current_password": PASSWORD}, 422).faults == {"/password": "too_short"}
    client.post(path, {"password": SHORT, "current_password": PASSWORD}, 204)
    assert ask_to_enter(world, client, password=SHORT).json["methods"]  # a new password does not do away with the factor
    world.admin.post(f"/users/{client.user['id']}/reset_second_factors", expect=204)
    assert ask_to_enter(world, client, 200, password=SHORT).json["user"]["must_change_password"] is True


def test_an_administrator_resets_what_somebody_lost(world):
    tenant, other = world.new_tenant(), world.new_tenant()
    lost, _, _ = person_with_factor(world, "tenant_admin", tenant["id"])
    path = f"/users/{lost.user['id']}/reset_second_factors"
    world.sign_in_as("support").post(path, expect=403)
    world.sign_in_as("tenant_admin", other["id"]).post(path, expect=404)
    world.sign_in_as("tenant_admin", tenant["id"]).post(path, expect=204)
    lost.get("/auth/me", 401)
    assert ask_to_enter(world, lost, 200).json["user"]["mfa_enabled"] is False
    assert world.admin.post(path, expect=409).code == "wrong_state"
    chief, _, _ = person_with_factor(world, "super_admin")
    own = f"/users/{chief.user['id']}/reset_second_factors"
    assert chief.post(own, expect=403).code == "forbidden" and audited(world, "reset_second_factors", chief) == []
    world.admin.post(own, expect=204)
    operator, _, _ = person_with_factor(world)
    nidia(world, "admin", "reset-second-factors", operator.user["email"])
    ask_to_enter(world, operator, 200)
    assert [len(audited(world, "reset_second_factors", client)) for client in (lost, operator)] == [1, 1]
    for client in (lost, operator):
        until(lambda: len(Folder(world).mails_to(client.user["email"], "second_factors_changed")) == 2, 20, "mails of what was added and reset")


def is_confined(world, client):
    """May do what leads to a second factor, and nothing else."""
    client.get("/auth/me")
    client.get("/auth/second-factors")
    for path in ("/tenants", "/users", "/auth/sessions", f"/users/{client.user['id']}"):
        assert client.get(path, 403).code == "second_factor_required", path
    assert client.delete("/auth/totp", 403).code == "second_factor_required"


def test_who_must_have_a_factor_may_set_one_up_and_nothing_else(world):
    """From the rule's change on, with the token that was there before, and on a stream that is open."""
    billing, support = world.sign_in_as("billing_admin"), world.sign_in_as("support")
    billing.get("/tenants")
    with Stream(billing) as stream, Stream(support) as goes_on:
        world.admin.patch("/system_settings/second_factor_billing_admin", {"value": 1})
        is_confined(world, billing)
        soon(lambda: world.outside.get("/livez") and stream.ended.is_set(), 2, "the end of the stream")
        assert not goes_on.ended.is_set()
    support.get("/tenants")
    is_confined(world, world.sign_in_as("billing_admin"))
    enrol(billing)
    billing.get("/tenants")
    go_on(billing, billing.delete("/auth/totp", 200).json)
    is_confined(world, billing)
    world.admin.patch("/system_settings/second_factor_billing_admin", {"value": 0})
    billing.get("/tenants")


def test_a_tenant_may_require_it_of_its_people(world):
    tenant, other = world.new_tenant(), world.new_tenant()
    owner, colleague = (world.sign_in_as("tenant_admin", tenant["id"]) for _ in range(2))
    stranger, billing = world.sign_in_as("tenant_admin", other["id"]), world.sign_in_as("billing_admin")
    assert owner.patch(f"/tenants/{tenant['id']}", {"requires_second_factor": True}).json["requires_second_factor"]
    billing.patch(f"/tenants/{tenant['id']}", {"requires_second_factor": False}, 422)
    for client in (owner, colleague, world.sign_in_as("tenant_admin", tenant["id"])):
        is_confined(world, client)
    stranger.get("/users")
    go_on(colleague, world.visitor.post("/auth/refresh", {"refresh_token": colleague.refresh_token}, 200).json)
    is_confined(world, colleague)
    enrol(owner)
    owner.get("/users")


def let_time_pass(world, *clients):
    """Their sign-ins are as old as they would be an hour later."""
    assert world.server.stop() == 0, world.server.log_tail()
    ids = ", ".join(f"'{claims_of(client.token)['sid']}'" for client in clients)
    change = "UPDATE user_sessions SET authenticated_at = {} WHERE id IN (" + ids + ")"
    if world.database:
        world.engine.run(change.format("authenticated_at - interval '1 hour'"), world.database)
    else:
        with contextlib.closing(sqlite3.connect(world.server.data / "superadmin.db")) as database:
            assert database.execute(change.format("authenticated_at - 3600000")).rowcount == len(clients)
            database.commit()
    world.start_again()
    for client in clients:
        client.close()
        client.port = world.server.port
        go_on(client, world.visitor.post("/auth/refresh", {"refresh_token": client.refresh_token}, 200).json)


def test_what_is_sensitive_asks_for_a_recent_proof(world):
    client, (protected, secret, _) = world.sign_in_as("super_admin"), person_with_factor(world)
    person, tenant = world.new_user("support"), world.new_tenant()
    let_time_pass(world, client, protected)
    path = f"/users/{person['id']}"
    for method, sensitive, body in (
            ("POST", "/auth/totp", None), ("POST", "/auth/totp/confirm", {"code": "000000"}), ("DELETE", "/auth/totp", None),
            ("POST", "/auth/recovery-codes", None), ("POST", f"{path}/reset_second_factors", None),
            ("POST", f"{path}/set_password", {"password": "Otra-Clave-Larga-5521"}), ("PATCH", path, {"email": "otra@nidia.test"}),
            ("PATCH", path, {"system_role": "super_admin"}),
            ("PATCH", f"/tenants/{tenant['id']}", {"requires_second_factor": False}), ("POST", "/api_keys", {"name": "x", "scopes": ["directory"]}),
            ("PATCH", "/system_settings/step_up_minutes", {"value": 60}), ("DELETE", f"/tenants/{tenant['id']}", None),
            ("POST", f"/tenants/{tenant['id']}/export", None),
            ("POST", f"/tenants/{tenant['id']}/reveal_database_password", {"reason": "x"}),
            ("POST", "/users", {"email": "puerta@nidia.test", "system_role": "super_admin"}), ("POST", "/identity_providers", PROVIDER),
            ("DELETE", f"/auth/sessions/{claims_of(client.token)['sid']}", None), ("POST", f"{path}/send_password_link", None),
            ("POST", f"{path}/impersonate", {"reason": "x", "minutes": 5}), ("PATCH", path, {"is_break_glass": False}),
            ("POST", f"/api_keys/{MISSING}/rotate", None), ("PATCH", f"/api_keys/{MISSING}", {"name": "x"}), ("DELETE", f"/api_keys/{MISSING}", None),
            ("POST", "/auth/passkeys/options", None), ("POST", "/auth/passkeys", {"name": "x", "credential": {}}),
            ("DELETE", f"/auth/passkeys/{MISSING}", None), ("DELETE", f"/user_passkeys/{MISSING}", None),
            ("PATCH", f"/identity_providers/{MISSING}", {"display_name": "x"}), ("DELETE", f"/identity_providers/{MISSING}", None),
            ("POST", f"/identity_providers/{MISSING}/set_client_secret", {"client_secret": "x"}),
            ("POST", "/provider_identities", {"user_id": person["id"], "provider_id": MISSING, "subject": "x"}),
            ("DELETE", f"/provider_identities/{MISSING}", None),
            ("POST", "/system_settings", {"key": "x", "value": 1}), ("DELETE", "/system_settings/step_up_minutes", None)):
        reply = client.request(method, sensitive, body, 403)
        assert reply.code == "step_up_required", f"{method} {sensitive}: {reply}"
        assert reply.headers["WWW-Authenticate"] == 'Bearer error="insufficient_user_authentication", max_age="300"', reply.headers
    client.patch(path, {"first_name": "Otra"})
    assert client.post("/auth/step-up", {}, 422).faults == {"/current_password": "required"}
    assert client.post("/auth/step-up", {"current_password": "wrong"}, 422).faults == {"/current_password": "invalid_credentials"}
    before = client.twin()
    go_on(client, client.post("/auth/step-up", {"current_password": PASSWORD}, 200).json)
    before.get("/auth/me", 401)
    client.post("/api_keys", {"name": "x", "scopes": ["directory"]}, 201)
    assert protected.post("/auth/recovery-codes", expect=403).code == "step_up_required"
    challenge = protected.post("/auth/step-up", {"current_password": PASSWORD}, 202).json
    assert challenge["methods"] == ["totp", "recovery_code"]
    before, code = protected.twin(), code_of(secret)
    go_on(protected, prove(world, challenge["ticket"], "totp", code).json)
    before.get("/auth/me", 401)
    protected.post("/auth/recovery-codes", expect=200)
    assert protected.post("/auth/step-up", {"otp": code}, 401).code == "second_factor_refused"
    assert len(audited(world, "step_up", client)) == len(audited(world, "step_up", protected)) == 1

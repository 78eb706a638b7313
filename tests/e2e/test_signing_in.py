"""Who may come in, how long, and how fast one is shown out (IDENTITY.md)."""

import base64
import contextlib
import json
import os
import subprocess
import sys
import time

from harness import ADMIN_EMAIL, ADMIN_PASSWORD, PASSWORD, until


def sign_in_reply(world, email, password, source="127.0.0.1", **headers):
    visitor = world.visitor.twin(source=source)
    return visitor.request("POST", "/auth/login", {"email": email, "password": password}, None, headers)


def without_instance(reply):
    problem = reply.json
    problem.pop("instance")
    return problem


def test_the_super_admin_of_the_first_start_signs_in(world):
    reply = sign_in_reply(world, ADMIN_EMAIL, ADMIN_PASSWORD)
    assert reply.status == 200, reply
    answer = reply.json
    assert answer["token_type"] == "Bearer" and answer["expires_in"] <= 600
    assert answer["user"]["system_role"] == "super_admin" and answer["user"]["tenant_id"] is None
    assert "password" not in reply.body.decode().replace("must_change_password", "").replace("password_changed_at", "")
    assert reply.headers["Cache-Control"] == "no-store"


def test_every_cause_of_a_refused_sign_in_reads_the_same(world):
    locked, inactive = world.new_user("support"), world.new_user("support")
    world.admin.post(f"/users/{locked['id']}/lock", {"reason": "lost laptop"}, 200)
    world.admin.patch(f"/users/{inactive['id']}", {"is_active": False})
    replies = [sign_in_reply(world, email, password, "127.0.0.11") for email, password in (
        (ADMIN_EMAIL, "wrong-but-long-enough"), ("nobody@nidia.test", PASSWORD), (ADMIN_EMAIL, ""),
        (locked["email"], PASSWORD), (inactive["email"], PASSWORD))]
    assert [reply.status for reply in replies] == [401] * 5, [str(reply) for reply in replies]
    assert all(without_instance(reply) == without_instance(replies[0]) for reply in replies)
    assert replies[0].code == "invalid_credentials"


def test_who_am_i_and_my_sessions(world):
    user = world.sign_in_as("support")
    assert user.get("/auth/me").json["id"] == user.user["id"]
    sessions = user.get("/auth/sessions").json["data"]
    assert [session["user_id"] for session in sessions] == [user.user["id"]]
    assert world.visitor.get("/auth/me", 401).headers["WWW-Authenticate"].startswith("Bearer")


def test_refreshing_rotates_the_token_and_a_retry_gets_the_same_successor(world):
    user = world.sign_in_as("support")
    first = world.visitor.post("/auth/refresh", {"refresh_token": user.refresh_token}, 200).json
    again = world.visitor.post("/auth/refresh", {"refresh_token": user.refresh_token}, 200).json
    assert first["refresh_token"] == again["refresh_token"] != user.refresh_token
    user.twin(token=first["access_token"]).get("/auth/me")


def test_an_old_refresh_token_ends_its_session(world):
    user = world.sign_in_as("support")
    second = world.visitor.post("/auth/refresh", {"refresh_token": user.refresh_token}, 200).json
    third = world.visitor.post("/auth/refresh", {"refresh_token": second["refresh_token"]}, 200).json
    assert world.visitor.post("/auth/refresh", {"refresh_token": user.refresh_token}, 401).code == "invalid_token"
    world.visitor.post("/auth/refresh", {"refresh_token": third["refresh_token"]}, 401)
    until(lambda: user.twin(token=third["access_token"]).get("/auth/me", (200, 401)).status == 401, 1)


def test_a_refresh_token_that_nobody_gave(world):
    for token in ("", "x", "A" * 43, "A" * 5000, "ñandú"):
        assert world.visitor.post("/auth/refresh", {"refresh_token": token}, (401, 422)).status, token
    assert world.visitor.post("/auth/refresh", {}, (401, 422))


def test_signing_out_is_over_at_once(world):
    user = world.sign_in_as("support")
    user.post("/auth/logout", expect=204)
    assert user.get("/auth/me", 401).code == "invalid_token"
    world.visitor.post("/auth/refresh", {"refresh_token": user.refresh_token}, 401)


def test_signing_out_everywhere_ends_the_other_sessions_and_nobody_elses(world):
    here, other = world.sign_in_as("support"), world.sign_in_as("support")
    there = world.sign_in(here.user["email"], PASSWORD)
    here.post("/auth/logout-all", expect=204)
    there.get("/auth/me", 401)
    here.get("/auth/me", 401)
    other.get("/auth/me")


def test_one_session_is_ended_by_its_owner(world):
    here = world.sign_in_as("support")
    there = world.sign_in(here.user["email"], PASSWORD)
    sessions = here.get("/auth/sessions").json["data"]
    assert len(sessions) == 2
    stranger = world.sign_in_as("support")
    stranger.delete(f"/auth/sessions/{sessions[0]['id']}", 404)
    for session in sessions:
        here.delete(f"/auth/sessions/{session['id']}", (204, 401))
    there.get("/auth/me", 401)


def test_one_session_too_many_ends_the_oldest(world):
    world.admin.patch("/system_settings/sessions_per_person", {"value": 2})
    first = world.sign_in_as("support")
    second, third = (world.sign_in(first.user["email"], PASSWORD) for _ in range(2))
    first.get("/auth/me", 401)
    world.visitor.post("/auth/refresh", {"refresh_token": first.refresh_token}, 401)
    assert len(second.get("/auth/sessions").json["data"]) == 2
    assert third.post("/auth/step-up", {"current_password": PASSWORD}, 200)
    second.get("/auth/me")  # who proves himself again has none more
    ended = world.admin.get(f"/audit_logs?action=end_session&user_id={first.user['id']}").json["data"]
    assert [record["metadata"] for record in ended if record["metadata"]["reason"] != "proven_anew"] == [{"reason": "too_many_sessions"}]
    world.admin.patch("/system_settings/sessions_per_person", {"value": 0})
    for _ in range(3):
        world.sign_in(first.user["email"], PASSWORD)
    assert len(second.get("/auth/sessions").json["data"]) == 5
    world.admin.patch("/system_settings/sessions_per_person", {"value": 20})


def test_locking_deactivating_and_a_new_role_take_effect_at_once(world):
    def change(action):
        user = world.sign_in_as("support")
        action(user.user["id"])
        until(lambda: user.get("/auth/me", (200, 401)).status == 401, 1, "the end of the session")
        return user
    locked = change(lambda id: world.admin.post(f"/users/{id}/lock", {"reason": "odd sign-ins"}, 200))
    change(lambda id: world.admin.patch(f"/users/{id}", {"is_active": False}))
    change(lambda id: world.admin.patch(f"/users/{id}", {"system_role": "billing_admin"}))
    change(lambda id: world.admin.post(f"/users/{id}/end_sessions", expect=204))
    change(lambda id: world.admin.delete(f"/users/{id}", 204))
    world.admin.post(f"/users/{locked.user['id']}/unlock", expect=200)
    world.sign_in(locked.user["email"], PASSWORD)


def test_forged_and_malformed_tokens_are_refused(world):
    header, payload, signature = world.admin.token.split(".")

    def encode(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    unsigned = encode({"alg": "none", "typ": "at+jwt"})
    for token in (f"{unsigned}.{payload}.", f"{unsigned}.{payload}.{signature}", f"{header}.{payload}.{signature[:-4]}AAAA",
                  f"{header}.{encode({**claims, 'role': 'super_admin', 'exp': claims['exp'] + 9999})}.{signature}",
                  f"{header}.{payload}", "x", "a.b.c", ".." , "nk_", "nk_" + "A" * 60, "A" * 8000):
        reply = world.visitor.twin(token=token).get("/auth/me", 401)
        assert reply.code == "invalid_token", f"{token[:60]}: {reply}"
    world.visitor.get("/auth/me", 401, Authorization="Basic YTpi")


def test_the_keys_that_tokens_are_signed_with_are_published(world):
    keys = world.outside.get("/.well-known/jwks.json").json["keys"]
    header = json.loads(base64.urlsafe_b64decode(world.admin.token.split(".")[0] + "=="))
    assert header["alg"] == "EdDSA" and header["typ"] == "at+jwt"
    assert any(key["kid"] == header["kid"] and key["crv"] == "Ed25519" for key in keys)
    assert not any("d" in key for key in keys)


def test_the_console_keeps_its_refresh_token_in_a_cookie(world):
    reply = sign_in_reply(world, ADMIN_EMAIL, ADMIN_PASSWORD, X_Session="cookie")
    assert "refresh_token" not in reply.json
    cookies = reply.headers.get_all("Set-Cookie")
    cookie = next(cookie for cookie in cookies if "HttpOnly" in cookie and "refresh" in cookie.lower())
    assert "SameSite=Strict" in cookie
    fresh = world.visitor.post("/auth/refresh", expect=200, X_Session="cookie", Cookie=cookie.split(";")[0])
    assert "refresh_token" not in fresh.json and fresh.json["access_token"]
    gone = world.visitor.twin(token=fresh.json["access_token"]).post("/auth/logout", expect=204, X_Session="cookie")
    [cleared] = gone.headers.get_all("Set-Cookie")
    assert cleared.split("=")[0] == cookie.split("=")[0] and "Max-Age=0" in cleared


def test_guessing_is_slowed_down_without_locking_the_owner_out(world):
    user = world.new_user("support")
    known = sign_in_reply(world, user["email"], PASSWORD)
    device = "; ".join(cookie.split(";")[0] for cookie in known.headers.get_all("Set-Cookie", []))
    statuses = []
    for attempt in range(40):
        reply = sign_in_reply(world, user["email"], f"guess-number-{attempt:04}", "127.0.0.13")
        statuses.append(reply.status)
        if reply.status == 429:
            break
    assert statuses[-1] == 429 and set(statuses[:-1]) == {401}, statuses
    assert int(reply.headers["Retry-After"]) > 0
    owner = sign_in_reply(world, user["email"], PASSWORD, "127.0.0.14", Cookie=device)
    assert device and owner.status == 200, f"{device}: {owner}"


@contextlib.contextmanager
def busy_cores():
    """Two others on each core who never rest, for a minute at most."""
    spinning = "import time\nend = time.monotonic() + 60\nwhile time.monotonic() < end: pass"
    others = [subprocess.Popen([sys.executable, "-c", spinning]) for _ in range(2 * os.cpu_count())]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def test_where_all_cores_are_busy_one_still_signs_in(world):
    with busy_cores():
        started = time.monotonic()
        world.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD)
    assert time.monotonic() - started < 12, f"{time.monotonic() - started:.1f} s"


def test_a_first_password_obeys_the_rules(world):
    def faults(password):
        return world.admin.post("/users", {"email": "marcela.ospina@nidia.test", "system_role": "support",
                                           "first_name": "Marcela", "password": password}, 422).faults
    assert faults("short")["/password"] == "too_short"
    assert faults("x" * 257)["/password"] == "too_long"
    assert faults("passwordpassword")["/password"] in ("password_too_common", "password_too_guessable")
    assert "/password" in faults("marcela.ospina@nidia.test")


def test_a_machine_does_what_its_scopes_say_and_nothing_else(world):
    tenant = world.new_tenant()
    machine = world.machine()
    assert machine.get(f"/resolve?slug={tenant['slug']}").json["id"] == tenant["id"]
    assert machine.get("/tenants", 403)
    assert machine.post("/plans", {}, 403)
    key = world.admin.get("/api_keys?sort=-created_at").json["data"][0]
    assert "key" not in key and "key_hash" not in key
    world.admin.delete(f"/api_keys/{key['id']}", 204)
    until(lambda: machine.get(f"/resolve?slug={tenant['slug']}", (200, 401)).status == 401, 1)

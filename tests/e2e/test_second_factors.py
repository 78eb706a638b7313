"""Second factors: an authenticator app and recovery codes, proven at sign-in (IDENTITY.md)."""

import subprocess
import tempfile
import threading
import time
import urllib.parse

from harness import PASSWORD

STEP_S = 30


def code_of(secret, steps=0):
    """What a real authenticator shows, so many steps from now."""
    moment = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(time.time() + steps * STEP_S))
    command = ["oathtool", "--totp", "-b", "--now", moment, secret]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def take_tokens(client, answer):
    client.token, client.user, client.refresh_token = answer["access_token"], answer["user"], answer["refresh_token"]
    return answer


def enrol(client):
    """The app's secret and the recovery codes. The code is of the step before: the one of now stays good."""
    started = client.post("/auth/totp", expect=200).json
    answer = client.post("/auth/totp/confirm", {"code": code_of(started["secret"], -1)}, 200).json
    take_tokens(client, answer)
    return started["secret"], answer.get("recovery_codes")


def person_with_factor(world, role="support"):
    client = world.sign_in_as(role)
    secret, codes = enrol(client)
    return client, secret, codes


def ask_to_enter(world, client, expect=202, **more):
    return world.visitor.post("/auth/login", {"email": client.user["email"], "password": PASSWORD, **more}, expect).json


def prove(world, ticket, method, code, expect=200):
    return world.visitor.post("/auth/second-factor", {"ticket": ticket, "method": method, "code": code}, expect)


def claims_of(token):
    import base64
    import json
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=="))


def test_the_password_alone_gives_no_session_once_an_app_is_enrolled(world):
    client, secret, codes = person_with_factor(world)
    assert len(codes) == len(set(codes)) == 10
    assert client.get("/auth/me").json["mfa_enabled"] is True
    assert client.get("/auth/second-factors").json == {"methods": ["totp", "recovery_code"], "recovery_codes_left": 10}
    challenge = ask_to_enter(world, client)
    assert challenge["methods"] == ["totp", "recovery_code"] and "access_token" not in challenge
    for thing in (challenge["ticket"], "x" * 43):
        world.visitor.twin(token=thing).get("/auth/me", 401)
        world.visitor.post("/auth/refresh", {"refresh_token": thing}, 401)
    answer = prove(world, challenge["ticket"], "totp", code_of(secret)).json
    claims = claims_of(answer["access_token"])
    assert claims["amr"] == ["pwd", "otp", "mfa"] and abs(claims["auth_time"] - time.time()) < 60
    assert prove(world, challenge["ticket"], "recovery_code", codes[0], 401).code == "second_factor_refused"

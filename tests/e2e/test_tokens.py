"""Our access tokens as others see them: jose (npm) verifies them by the published keys, and what it forges is refused."""

import base64
import json
import re
import subprocess
import time

from cryptography.hazmat.primitives.asymmetric import ed25519

from foreign_tokens import decode, sign
from harness import World
from server import TOP


def through_jose(world, token):
    told = {"token": token, "keys": world.outside.get("/.well-known/jwks.json").json, "issuer": json.loads(decode(token.split(".")[1]))["iss"]}
    ended = subprocess.run([TOP / "tools/node.sh", "tests/e2e/jose.mjs", json.dumps(told)], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_jose_verifies_our_tokens_and_its_forgeries_are_refused(world):
    user = world.sign_in_as("support")
    seen = through_jose(world, user.token)
    assert seen["header"]["alg"] == "EdDSA" and seen["payload"]["sub"] == user.user["id"] and seen["payload"]["exp"] - seen["payload"]["iat"] <= 600
    user.get("/auth/me")
    for name, token in seen["forged"].items():
        refused = world.visitor.twin(token=token).get("/auth/me", 401)
        assert refused.code == "invalid_token", f"{name}: {refused}"


def test_what_our_own_key_signs_for_others_is_no_access_token(engine):
    """Of a server whose key we have: what is signed well and says something else."""
    with World(engine) as world:
        user = world.sign_in_as("support")
        header, claims = (json.loads(decode(part)) for part in user.token.split(".")[:2])
        ring = (world.server.data / "keyring").read_text()
        seed = re.search(rf"^sign {header['kid']} (\S+)", ring, re.M).group(1)
        key, now = ed25519.Ed25519PrivateKey.from_private_bytes(decode(seed)), int(time.time())
        text = base64.urlsafe_b64decode(user.token.split(".")[0] + "==").decode()
        assert text == json.dumps(header, separators=(",", ":")), "the header is written as it is compared"

        def signed(**changed):
            return sign_compact(key, text, {name: value for name, value in {**claims, **changed}.items() if value is not None})
        world.visitor.twin(token=signed()).get("/auth/me", 200)
        for change in ({"exp": now - 61}, {"exp": None}, {"exp": "9999999999"}, {"iss": "https://evil.test"}, {"iss": None}, {"aud": "tenant-app"},
                       {"aud": None}, {"sub": None}, {"sub": "x"}, {"sid": None}, {"role": "owner"}, {"role": None}, {"epoch": None}, {"epoch": -1},
                       {"tenant_id": user.user["id"]}, {"auth_time": None}):
            refused = world.visitor.twin(token=signed(**change)).get("/auth/me", 401)
            assert refused.code == "invalid_token", (change, refused)
        for typ in ("JWT", "refresh+jwt", "at+JWT"):
            world.visitor.twin(token=sign(key, {**header, "typ": typ}, claims)).get("/auth/me", 401)


def sign_compact(key, header, claims):
    """With the header byte for byte."""
    covered = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in (header.encode(), json.dumps(claims).encode()))
    return (covered + b"." + base64.urlsafe_b64encode(key.sign(covered)).rstrip(b"=")).decode()

"""How the world reaches us: public_url says it, not the host that somebody asked for (SECURITY.md)."""

import json

from foreign_tokens import decode
from harness import World
from mailbox import Folder, link_of
from server import ADMIN_EMAIL, ADMIN_PASSWORD


def follow(world, url, is_secure):
    user = world.new_user("support")
    mail = Folder(world).wait_for(user["email"], "verify_email")
    assert f" {url}/confirm-email#{link_of(mail)}" in mail.get_body(("plain",)).get_content().replace("\n", " ")
    stranger = "127.0.0.1" if is_secure else "admin.nidia.test"
    credentials = {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
    reply = world.visitor.post("/auth/login", credentials, 200, X_Session="cookie", Host=stranger)
    cookies = reply.headers.get_all("Set-Cookie")
    for cookie in cookies:
        assert cookie.startswith("__Host-") == is_secure == ("; Secure" in cookie), cookie
    kept = next(cookie for cookie in cookies if "refresh" in cookie).split(";")[0]
    for origin in (f"http://{stranger}", f"https://{stranger}"):
        world.visitor.post("/auth/refresh", None, 403, X_Session="cookie", Cookie=kept, Origin=origin, Host=stranger)
    world.visitor.post("/auth/refresh", None, 200, X_Session="cookie", Cookie=kept, Origin=url, Host=stranger)
    assert json.loads(decode(reply.json["access_token"].split(".")[1]))["iss"] == url
    passkey = world.admin.post("/auth/passkeys/options", expect=200).json["public_key"]
    assert f"//{passkey['rp']['id']}" in url and passkey["rp"]["id"] != stranger


def test_links_cookies_and_tokens_follow_it(engine):
    with World(engine, options=["--public-url", "https://consola.flujo.co"]) as world:
        before = world.admin
        claim = {"tenant_id": world.new_tenant()["id"], "domain": "consola.flujo.co"}
        assert before.post("/tenant_domains", claim, 422).faults == {"/domain": "own_domain"}
        follow(world, "https://consola.flujo.co", True)
        world.server.options = ["--public-url", "http://localhost:8080/"]
        world.restart()
        assert before.get("/auth/me", 401).code == "invalid_token"  # another's, by its issuer
        world.signed_in = None
        follow(world, "http://localhost:8080", False)

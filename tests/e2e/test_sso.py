"""Staff signs in at identity providers (IDENTITY.md): real ones from npm, and one that lies."""

import contextlib
import json
import re
import time
import urllib.parse

from cryptography.hazmat.primitives import serialization

from foreign_tokens import encode, public_jwk, sign
from harness import ADMIN_EMAIL, ADMIN_PASSWORD, PASSWORD, World
from hostile_provider import HostileProvider
from identity_provider import NEW_KEYS, Browser, Certificate, IdentityProvider
from server import until
from test_commands import nidia
from test_second_factors import claims_of, enrol, prove

ANA = {"email": "ana@nidia.test", "email_verified": True, "groups": ["helpers"], "given_name": "Ana", "family_name": "Gil"}


class House:
    """A server that trusts the providers' certificate, with an address of its own for each browser that fails much."""

    def __init__(self, engine):
        self.certificate = Certificate()
        self.world = World(engine, options=["--tls-trust", self.certificate.path])
        self.addresses = iter(range(20, 250))

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        self.stack.callback(self.certificate.remove)
        self.stack.enter_context(self.world)
        return self

    def __exit__(self, *failure):
        return self.stack.__exit__(*failure)

    def provider(self, *arguments, **told):
        return self.stack.enter_context(IdentityProvider(self.world, self.certificate, *arguments, **told))

    def hostile(self, **told):
        return self.stack.enter_context(HostileProvider(self.world, self.certificate, **told))

    def browser(self):
        return Browser(self.world, self.certificate, source=f"127.0.0.{next(self.addresses)}")


def assert_passes(times, began, ask):
    """So often, and once more for each third of a minute since it began: thirty in ten minutes."""
    passed = 0
    while ask() != 429:
        passed += 1
    assert times <= passed <= times + (time.monotonic() - began) / 20, passed


def test_staff_signs_in_at_a_provider_and_out_again(engine):
    with House(engine) as house:
        provider = house.provider(people={"ana": ANA})
        row = provider.register()
        assert "client_secret" not in row and provider.told["client_secret"] not in json.dumps(row)
        assert house.world.visitor.get("/auth/sso").json["providers"] == [{"name": "acme", "display_name": "Acme"}]
        browser = house.browser()
        reply = browser.come_back(browser.walk(browser.begin(query="?return_to=/tenants%3Fq=1"), "ana"))
        assert reply.headers["Location"] == "/tenants?q=1" and "nidia_sso" not in browser.cookies
        cookies = {cookie.split("=")[0]: cookie for cookie in reply.headers.get_all("Set-Cookie")}
        assert "SameSite=Strict" in cookies["nidia_refresh"] and "HttpOnly" in cookies["nidia_refresh"]
        ana = browser.client()
        assert abs(claims_of(ana.token)["auth_time"] - time.time()) < 60
        me = ana.get("/auth/me").json
        assert (me["email"], me["system_role"], me["first_name"], me["email_verified"]) == ("ana@nidia.test", "support", "Ana", True)
        signed_in = house.world.admin.get("/audit_logs?action=sign_in&sort=-created_at&limit=1").json["data"][0]
        assert signed_in["metadata"]["amr"] == ["fed"] and signed_in["user_id"] == me["id"], signed_in

        leaving = ana.post("/auth/logout-sso", expect=200).json["url"]
        ana.get("/auth/me", 401)
        browser.refresh(401)
        target, page = browser.step(leaving)
        form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))
        home, _ = browser.step(re.search(r'action="([^"]*)"', page).group(1), {**form, "logout": "yes"})
        assert home == f"http://127.0.0.1:{house.world.server.port}/", home

        for path in ("//evil.test", "/%5Cevil.test", "https:evil.test", "evil", "/%0D%0ASet-Cookie:x"):
            browser.get(f"/auth/sso/acme?return_to={path}", 400)
        assert house.browser().get("/auth/sso/nobody", 404).code == "not_found"
        asking = house.browser()
        assert_passes(30, time.monotonic(), lambda: asking.get("/auth/sso/acme", (303, 429)).status)


def test_the_answer_belongs_to_the_browser_that_asked_and_is_good_once(engine):
    with House(engine) as house:
        house.provider(people={"ana": ANA}).register()
        asking, other = house.browser(), house.browser()
        answer = asking.walk(asking.begin(), "ana")
        assert other.come_back(answer, 400).code == "sso_attempt_void"
        other.begin()
        assert other.come_back(answer, 400).code == "sso_attempt_void"
        parts = urllib.parse.urlsplit(answer)
        query = dict(urllib.parse.parse_qsl(parts.query))
        for changed, code in (({"state": "x" * 43}, "sso_attempt_void"), ({"state": ""}, "sso_attempt_void"), ({"iss": "https://evil.test"}, "sso_untrusted"),
                              ({"iss": ""}, "sso_untrusted"), ({"code": "another"}, "sso_refused"), ({"code": "", "error": "access_denied"}, "sso_refused")):
            wrong = {name: value for name, value in {**query, **changed}.items() if value}
            refused = asking.come_back(parts._replace(query=urllib.parse.urlencode(wrong)).geturl(), (400, 401))
            assert refused.code == code and not refused.headers.get_all("Set-Cookie"), (changed, refused)
        house.hostile().register()  # whoever asked the one hears nothing of another
        assert asking.come_back(answer.replace("/sso/acme/", "/sso/shady/"), (400, 401)).code == "sso_attempt_void"
        kept = dict(asking.cookies)
        asking.come_back(parts._replace(query=parts.query + "&session_state=whatever").geturl())
        asking.cookies = kept
        again = asking.come_back(answer, (400, 401))
        assert again.code == "sso_refused" and not again.headers.get_all("Set-Cookie"), again
        # Each answer may cost a question to the provider: who brings many for one going waits.
        guessing, began = house.browser(), time.monotonic()
        guessing.begin()
        assert_passes(29, began, lambda: guessing.come_back(answer, (400, 429)).status)


def test_keys_rotate_and_each_algorithm_verifies(engine):
    with House(engine) as house:
        for algorithm, told in (("RS256", {"auth_method": "client_secret_post"}), ("ES256", {"by_userinfo": True}), ("EdDSA", {"client_secret": None})):
            provider = house.provider(f"by-{algorithm.lower()}", algorithm, people={algorithm: {**ANA, "email": f"{algorithm.lower()}@nidia.test"}}, **told)
            provider.register()
            house.browser().sign_in(algorithm, provider.name)
            provider.rotate_keys()
            # What is published is not asked for twice in a second.
            until(lambda: house.browser().sign_in(algorithm, provider.name, (303, 401)).status == 303, 20, "the new keys")


def test_a_provider_that_lies_lets_nobody_in(engine):
    with House(engine) as house:
        shady = house.hostile()
        shady.register()
        now, stranger, rsa = int(time.time()), NEW_KEYS["ES256"](), NEW_KEYS["RS256"]()
        public = shady.key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        shady.sign_in(house.browser(), 303)

        claims = [{"nonce": "another"}, {"nonce": None}, {"aud": "another"}, {"aud": ["another"]}, {"aud": ["nidia", "another"]}, {"aud": None}, {"aud": []},
                  {"azp": "another"}, {"aud": ["nidia", "another"], "azp": "another"}, {"iss": "https://evil.test"}, {"iss": shady.issuer + "/"}, {"iss": None},
                  {"exp": now - 120}, {"exp": None}, {"exp": str(now + 300)}, {"exp": -1}, {"iat": now + 600}, {"iat": None}, {"nbf": now + 600},
                  {"sub": None}, {"sub": ""}, {"sub": 7}, {"sub": "x" * 256}]
        for change in claims:
            shady.reset()
            shady.change = change
            refused = shady.sign_in(house.browser(), 401)
            assert refused.code == "sso_untrusted" and not refused.headers.get_all("Set-Cookie"), (change, refused)

        def header(**more):
            return {"alg": "ES256", "kid": "first", "typ": "JWT", **more}

        def tampered(claims):
            head, _, signature = sign(shady.key, header(), claims).split(".")
            return f"{head}.{encode({**claims, 'groups': ['admins']})}.{signature}"

        tokens = [lambda c: sign(None, header(alg="none"), c), lambda c: sign(None, header(alg="None"), c), lambda c: sign(public, header(alg="HS256"), c),
                  lambda c: sign(stranger, header(), c), lambda c: sign(stranger, header(kid="unknown"), c), lambda c: sign(rsa, header(alg="RS256"), c),
                  lambda c: sign(stranger, header(jwk=public_jwk(stranger, "first")), c), lambda c: sign(stranger, header(jku=f"{shady.issuer}/evil"), c),
                  lambda c: sign(shady.key, header(alg="ES384"), c), lambda c: sign(shady.key, header(typ="at+jwt"), c),
                  lambda c: sign(shady.key, header(crit=["exp"]), c), tampered, lambda c: sign(shady.key, header(), c)[:-4],
                  lambda c: sign(shady.key, header(), c) + ".x", lambda c: "", lambda c: "a.b.c", lambda c: "x" * 20000, lambda c: 7, lambda c: sign(shady.key, header(), [c])]
        for make in tokens:
            shady.reset()
            shady.make_token = make
            refused = shady.sign_in(house.browser(), 401)
            assert refused.code == "sso_untrusted" and not refused.headers.get_all("Set-Cookie"), refused
        assert not any("evil" in path for path, _ in shady.asked)
        denied = house.world.admin.get("/audit_logs?action=sign_in_failed&limit=1").json["data"][0]
        assert denied["metadata"] == {"provider": "shady", "reason": "sso_untrusted"} and denied["outcome"] == "denied", denied

        for make in (lambda c: sign(shady.key, {"alg": "ES256"}, c), lambda c: sign(shady.key, header(), {**c, "aud": ["nidia", "x"], "azp": "nidia", "iat": c["iat"] + 30})):
            shady.reset()
            shady.make_token = make
            shady.sign_in(house.browser(), 303)
        # The same nonce again, though this provider takes its code twice.
        browser = house.browser()
        answer = shady.send_back(browser.begin("shady"))
        kept = dict(browser.cookies)
        browser.come_back(answer)
        browser.cookies = kept
        assert browser.come_back(answer, 400).code == "sso_attempt_void"

        # What it tells beside the token is of the token's person.
        talker = house.hostile(name="talker")
        talker.metadata = {"userinfo_endpoint": f"{talker.issuer}/userinfo"}
        talker.userinfo, talker.extra = {**talker.extra, "email": "eco@nidia.test", "sub": "another"}, {}
        talker.register()
        assert talker.sign_in(house.browser(), 401).code == "sso_untrusted"
        talker.userinfo["sub"] = talker.subject
        talker.sign_in(house.browser(), 303)


def test_what_a_provider_may_answer_has_bounds(engine):
    with House(engine) as house:
        first = house.hostile(name="first-one")
        first.register(allows_private_network=False)
        refused = house.browser().get("/auth/sso/first-one", 503)
        assert "not a public one" in refused.json["detail"] and not first.asked
        house.world.admin.patch("/identity_providers/first-one", {"allows_private_network": True})
        for metadata in ({"issuer": first.issuer + "/"}, {"token_endpoint": "http://127.0.0.1/token"}, {"token_endpoint": "file:///etc/passwd"},
                         {"jwks_uri": None}, {"padding": "x" * 300_000}):
            provider = house.hostile(name=f"wrong-{len(str(metadata))}")
            provider.metadata = metadata
            provider.register()
            house.browser().get(f"/auth/sso/{provider.name}", 503)
            house.world.admin.post(f"/identity_providers/{provider.name}/check", None, 503)
        moved = house.hostile(name="moved")
        moved.status = 302
        moved.register()
        house.browser().get("/auth/sso/moved", 503)
        assert [path for path, _ in moved.asked] == ["/.well-known/openid-configuration"]
        # Of a certificate that nobody we trust has given, not a byte is believed, and none is said.
        certificate = Certificate()
        house.stack.callback(certificate.remove)
        untrusted = house.stack.enter_context(HostileProvider(house.world, certificate, name="untrusted"))
        untrusted.register()
        assert "certificate" in house.browser().get("/auth/sso/untrusted", 503).json["detail"].lower() and not untrusted.asked
        for issuer, scopes, wrong in (("http://127.0.0.1:1", "openid", "/issuer"), ("https://127.0.0.1:1", "email openidx", "/scopes")):
            refused = house.world.admin.post("/identity_providers", {"name": "no-tls", "display_name": "x", "issuer": issuer, "client_id": "x",
                                                                     "scopes": scopes, "role_rules": [{"value": "a", "role": "support"}]}, 422)
            assert refused.faults == {wrong: "malformed"}, refused


def test_who_is_who(engine):
    with House(engine) as house:
        admin, world = house.world.admin, house.world
        people = {"ana": ANA, "boss": {**ANA, "email": "boss@nidia.test", "groups": ["x", "admins", "helpers"]}, "nobody": {**ANA, "groups": ["x"]},
                  "root": {**ANA, "email": ADMIN_EMAIL}}
        acme, other = house.provider(people=people), house.provider("other", people=people)
        acme.register()
        other.register(creates_people=False, links_by_email=True)

        assert house.browser().sign_in("nobody", expect=403).code == "sso_no_access"
        boss = house.browser()
        boss.sign_in("boss")
        assert boss.client().get("/auth/me").json["system_role"] == "super_admin"
        ana = house.browser()
        ana.sign_in("ana")
        me = ana.client().get("/auth/me").json

        # Another provider's person of the same name and e-mail is another person.
        assert house.browser().sign_in("ana", "other", 403).code == "sso_no_access"
        other.know({"new": {**ANA, "email": "new@nidia.test"}})  # and it brings nobody whom we do not know
        assert house.browser().sign_in("new", "other", 403).code == "sso_no_access"
        assert not admin.get("/users?email=new@nidia.test").json["data"]
        # A new e-mail is the same person, and what she had is not given to whoever has it next.
        acme.know({"ana": {**ANA, "email": "ana.gil@nidia.test", "groups": ["admins"]}, "eve": ANA})
        ana.sign_in("ana")
        again = ana.client().get("/auth/me").json
        assert again["id"] == me["id"] and again["email"] == "ana@nidia.test" and again["system_role"] == "super_admin"
        assert house.browser().sign_in("eve", expect=403).code == "sso_no_access"

        # By e-mail only who is known nowhere, and only where it is verified; never a super admin of the last resort.
        carl = world.new_user("support", email="carl@nidia.test")
        other.know({"carl": {**ANA, "email": "Carl@nidia.test", "email_verified": False}, "root": people["root"]})
        assert house.browser().sign_in("carl", "other", 403).code == "sso_no_access"
        acme.know({"carl": {**ANA, "email": "carl@nidia.test"}})  # which is not believed about e-mails
        assert house.browser().sign_in("carl", expect=403).code == "sso_no_access"
        owner = world.new_user("tenant_admin", world.new_tenant()["id"])
        other.know({"root": people["root"], "owner": {**ANA, "email": owner["email"]}})
        for name, user in (("root", admin.user), ("owner", owner)):
            assert house.browser().sign_in(name, "other", 403).code == "sso_no_access"
            assert not admin.get(f"/provider_identities?user_id={user['id']}").json["data"]
        other.know({"carl": {**ANA, "email": "Carl@nidia.test"}})
        linked = house.browser()
        linked.sign_in("carl", "other")
        assert linked.client().get("/auth/me").json["id"] == carl["id"]
        other.know({"mallory": {**ANA, "email": "carl@nidia.test"}})
        assert house.browser().sign_in("mallory", "other", 403).code == "sso_no_access"

        # Linked by hand, and what bars a person bars here too.
        dora, tenant = world.new_user("billing_admin"), world.new_tenant()
        provider_id = admin.get("/identity_providers/other").json["id"]
        for user in (world.new_user("tenant_admin", tenant["id"]), world.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).user):
            admin.post("/provider_identities", {"user_id": user["id"], "provider_id": provider_id, "subject": "x"}, 422)
        admin.post("/provider_identities", {"user_id": dora["id"], "provider_id": provider_id, "subject": "dora"}, 201)
        other.know({"dora": ANA})
        house.browser().sign_in("dora", "other")
        admin.post(f"/users/{dora['id']}/lock", {"reason": "story"}, 200)
        assert house.browser().sign_in("dora", "other", 403).code == "sso_no_access"
        admin.post(f"/users/{dora['id']}/unlock", None, 200)
        admin.delete(f"/users/{dora['id']}", 204)
        assert house.browser().sign_in("dora", "other", 403).code == "sso_no_access"
        acme.know({"boss": people["boss"]})
        admin.patch(f"/users/{boss.client().get('/auth/me').json['id']}", {"is_break_glass": True})
        assert house.browser().sign_in("boss", expect=403).code == "sso_no_access"


def test_what_ends_at_the_provider_ends_here(engine):
    with House(engine) as house:
        shady = house.hostile()
        row = shady.register()
        event = {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}, "nonce": None}

        def told(expect=200, key=None, header=(), **claims):
            shady.nonce = None
            token = sign(key or shady.key, {"alg": "ES256", "kid": "first", "typ": "logout+jwt", **dict(header)}, shady.claims(**{**event, **claims}))
            return house.world.visitor.request("POST", "/auth/sso/shady/backchannel-logout", urllib.parse.urlencode({"logout_token": token}).encode(), expect,
                                               {"Content-Type": "application/x-www-form-urlencoded"})

        def signed_in(**claims):
            shady.reset()
            shady.change = claims
            browser = house.browser()
            shady.sign_in(browser, 303)
            shady.reset()
            return browser.client()

        others = house.hostile(name="others")
        others.subject, others.extra, others.change = "luz", {**others.extra, "email": "luz@nidia.test"}, {"sid": "one"}
        others.register()
        browser = house.browser()
        others.sign_in(browser, 303)
        elsewhere = browser.client()
        here, there = signed_in(sid="one"), signed_in(sid="two")
        colleague = signed_in(sub="mia", email="mia@nidia.test")
        for wrong in ({"events": {}}, {"nonce": "x"}, {"iss": "https://evil.test"}, {"aud": "x"}, {"exp": 1}, {"sub": None}):
            told(400, **{"sid": None, **wrong})
        told(400, key=NEW_KEYS["ES256"](), sid="one")
        told(400, header={"typ": "JWT"}, sid="one")
        here.get("/auth/me")
        told(sid="one", sub=None)
        until(lambda: here.get("/auth/me", (200, 401)).status == 401, 1)
        there.get("/auth/me")
        elsewhere.get("/auth/me")  # another provider's session of that name
        told()
        until(lambda: there.get("/auth/me", (200, 401)).status == 401, 1)
        colleague.get("/auth/me")
        last = signed_in()
        house.world.admin.patch(f"/identity_providers/{row['id']}", {"is_enabled": False})
        until(lambda: last.get("/auth/me", (200, 401)).status == 401, 1)
        house.browser().get("/auth/sso/shady", 404)
        assert [provider["name"] for provider in house.world.visitor.get("/auth/sso").json["providers"]] == ["others"]
        elsewhere.get("/auth/me")


def test_a_second_factor_is_asked_for_here_unless_it_was_given_there(engine):
    with House(engine) as house:
        shady = house.hostile()
        shady.register()
        browser = house.browser()
        shady.sign_in(browser, 303)
        eva = browser.client()
        _, codes = enrol(eva)
        challenged = house.browser()
        reply = shady.sign_in(challenged, 303)
        assert reply.headers["Location"].startswith("/second-factor?return_to=%2F#") and "nidia_refresh" not in challenged.cookies, reply.headers["Location"]
        entered = prove(house.world, reply.headers["Location"].split("#")[1], "recovery_code", codes[0]).json
        assert claims_of(entered["access_token"])["amr"] == ["otp", "mfa", "fed"]
        client = house.world.visitor.twin(token=entered["access_token"])
        assert client.post("/auth/logout-sso", expect=200).json["url"] is None  # this provider has no page for it
        shady.extra["amr"] = ["pwd", "mfa"]
        assert shady.sign_in(house.browser(), 303).headers["Location"] == "/"


def test_an_old_sign_in_there_is_no_recent_proof(engine):
    """What is sensitive asks who has no password here to be recognised there anew."""
    with House(engine) as house:
        acme, shady, now = house.provider(people={"ana": {**ANA, "email": "gil@nidia.test"}}), house.hostile(), int(time.time())
        acme.register()
        shady.register()

        def signed_in(query="", expect=303, **claims):
            shady.reset()
            shady.change = claims
            browser = house.browser()
            reply = browser.come_back(shady.send_back(browser.begin("shady", query)), expect)
            return browser.client() if expect == 303 else reply.code

        signed_in().post("/auth/totp", expect=200)
        for told in ({"auth_time": now - 3600}, {"auth_time": None}):
            eva = signed_in(**told)
            eva.get("/tenants")
            assert eva.post("/auth/totp", expect=403).code == "step_up_required"
            assert signed_in("?prompt=login", 401, **told) == "sso_untrusted"
        for told in ({"auth_time": now + 600}, {"auth_time": str(now)}, {"auth_time": now - 40 * 86400}):
            assert signed_in(expect=401, **told) == "sso_untrusted", told
        signed_in("?prompt=login").post("/auth/totp", expect=200)
        house.browser().get("/auth/sso/shady?prompt=none", 400)

        # A real one asks again although its own session lives on.
        browser = house.browser()
        browser.sign_in("ana")
        assert browser.come_back(browser.walk(browser.begin(), None))
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(browser.begin(query="?prompt=login")).query))
        assert (asked["prompt"], asked["max_age"]) == ("login", "0")
        browser.come_back(browser.walk(browser.begin(query="?prompt=login"), "ana"))
        browser.client().post("/auth/totp", expect=200)


def test_single_sign_on_is_made_mandatory_and_locks_nobody_out(engine):
    with House(engine) as house:
        admin, world = house.world.admin, house.world
        shady = house.hostile()
        shady.register()
        helper = world.sign_in_as("support")
        tenant = world.new_tenant()
        owner = world.sign_in_as("tenant_admin", tenant["id"])
        second = world.new_user("super_admin")

        me = admin.get("/auth/me").json
        assert me["is_break_glass"]
        admin.patch(f"/users/{me['id']}", {"is_break_glass": False})
        invited = admin.post("/users", {"email": "invitada@nidia.test", "system_role": "super_admin"}, 201).json
        admin.patch(f"/users/{invited['id']}", {"is_break_glass": True})  # and has no password yet
        assert admin.patch("/system_settings/sso_required", {"value": 1}, 409).code == "conflict"
        admin.patch(f"/users/{me['id']}", {"is_break_glass": True})
        admin.patch("/system_settings/sso_required", {"value": 1})

        # Staff goes by way of the provider; whoever came by password before is not renewed; tenants' people are not meant.
        login = {"email": helper.user["email"], "password": PASSWORD}
        assert until(lambda: (reply := world.visitor.post("/auth/login", login, (200, 401))).status == 401 and reply).code == "invalid_credentials"
        world.visitor.post("/auth/refresh", {"refresh_token": helper.refresh_token}, 401)
        world.visitor.post("/auth/refresh", {"refresh_token": owner.refresh_token}, 200)
        world.sign_in(owner.user["email"], PASSWORD)
        world.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD)
        browser = house.browser()
        shady.sign_in(browser, 303)
        browser.client().get("/auth/me")

        # Nothing takes the last one away who gets in without a provider.
        for refused in (admin.patch(f"/users/{me['id']}", {"is_break_glass": False}, 409), admin.post(f"/users/{me['id']}/lock", {"reason": "x"}, 409),
                        admin.patch(f"/users/{me['id']}", {"is_active": False}, 409), admin.delete(f"/users/{me['id']}", 409)):
            assert refused.code == "conflict", refused
        admin.patch(f"/users/{me['id']}", {"system_role": "support"}, (409, 422))
        admin.patch(f"/users/{second['id']}", {"is_break_glass": True})
        world.sign_in(second["email"], PASSWORD)
        admin.patch(f"/users/{me['id']}", {"is_break_glass": False})
        changed = admin.get(f"/audit_logs?entity_id={me['id']}&action=update&sort=-created_at&limit=1").json["data"][0]
        assert changed["new_values"]["is_break_glass"] is False, changed


def test_providers_from_a_terminal(engine):
    with House(engine) as house:
        provider = house.provider(people={"ana": ANA})

        def run(*words, said="", expect=0):
            return nidia(house.world, "provider", *words, "--json", expect=expect, stdin=said)
        added = json.loads(run("add", "acme", "--display-name", "Acme", "--issuer", provider.issuer, "--client-id", "nidia", "--roles",
                               "admins=super_admin,helpers=support", "--scopes", "openid email profile groups", "--creates-people", "--private-network",
                               said="wrong\n").stdout)
        assert added["role_rules"] == [{"value": "admins", "role": "super_admin"}, {"value": "helpers", "role": "support"}]
        assert json.loads(run("check", "acme").stdout)["redirect_uri"] == provider.told["redirect_uri"]
        assert house.browser().sign_in("ana", expect=401).code == "sso_refused"
        run("set-secret", "acme", said=provider.told["client_secret"] + "\n")
        house.browser().sign_in("ana")
        run("disable", "acme")
        assert [row["is_enabled"] for row in json.loads(run("list").stdout)["data"]] == [False]
        house.browser().get("/auth/sso/acme", 404)
        run("enable", "acme")
        run("remove", "acme", expect=1)  # somebody is linked to it

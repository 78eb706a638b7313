"""Passkeys, made and used by a real browser with virtual security keys."""

import base64
import json

from chromium import OtherSite
from harness import PASSWORD
from mailbox import Folder


def site(world):
    """Where the browser finds the program: what it answers there is no matter, its origin is."""
    return f"http://localhost:{world.server.port}/livez"


def add(person, browser, name="Llavero", expect=201):
    """The browser makes a passkey for who is signed in, who goes on in a new session."""
    options = person.post("/auth/passkeys/options", expect=200).json["public_key"]
    made = browser.create(options)
    assert "refused" not in made, made
    reply = person.post("/auth/passkeys", {"name": name, "credential": made}, expect)
    if expect == 201:
        person.token = reply.json["access_token"]
    return reply


def person_with(world, browser, role="support", tenant_id=None):
    person = world.sign_in_as(role, tenant_id)
    add(person, browser)
    return person


def sign_in(world, browser, expect=200, change=lambda answer: answer, source="127.0.0.1"):
    visitor = world.visitor.twin(source=source)
    question = visitor.post("/auth/passkeys/login/options", expect=200).json["public_key"]
    answer = browser.get(question)
    assert "refused" not in answer, answer
    return visitor.post("/auth/passkeys/login", {"credential": change(answer)}, expect)


def passkeys_of(world, person):
    return world.admin.get(f"/user_passkeys?user_id={person.user['id']}").json["data"]


def claims(token):
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


def without_instance(reply):
    return {name: value for name, value in reply.json.items() if name != "instance"}


def test_a_passkey_is_made_and_signs_in_alone_as_two_factors(world, browser):
    browser.visit(site(world))
    with browser.plug_in():
        person = person_with(world, browser)
        [row] = passkeys_of(world, person)
        assert row["name"] == "Llavero" and row["user_verified"] and row["transports"] == ["usb"]
        assert not {"public_key", "credential_id", "sign_count"} & set(row)
        answer = sign_in(world, browser).json
        assert answer["user"]["id"] == person.user["id"] and answer["user"]["mfa_enabled"]
        assert claims(answer["access_token"])["amr"] == ["pop", "mfa"]
        assert passkeys_of(world, person)[0]["last_used_at"]
        again = browser.create(person.post("/auth/passkeys/options", expect=200).json["public_key"])
        assert again == {"refused": "InvalidStateError"}, again


def test_an_answer_is_good_once_and_for_our_own_pages(world, browser):
    browser.visit(site(world))
    with browser.plug_in() as key, OtherSite() as other:
        person = person_with(world, browser)
        used = []
        sign_in(world, browser, change=lambda answer: used.append(answer) or answer)
        replayed = world.visitor.post("/auth/passkeys/login", {"credential": used[0]}, 401)
        browser.visit(other.url)
        elsewhere = sign_in(world, browser, 401)
        options = person.post("/auth/passkeys/options", expect=200).json["public_key"]
        made = browser.create({**options, "excludeCredentials": []})
        refused = person.post("/auth/passkeys", {"name": "Otro", "credential": made}, 422)
        assert refused.faults == {"/credential": "passkey_unproven"} and "wrong_origin" in str(refused)
        browser.visit(site(world))
        world.admin.delete(f"/user_passkeys/{passkeys_of(world, person)[0]['id']}", 204)
        unknown = sign_in(world, browser, 401)
        assert len(key.credentials()) >= 1
        assert without_instance(replayed) == without_instance(elsewhere) == without_instance(unknown)
        assert unknown.code == "passkey_refused"


def test_after_the_password_a_passkey_is_the_second_factor(world, browser):
    browser.visit(site(world))
    with browser.plug_in(hasResidentKey=False, hasUserVerification=False, isUserVerified=False):
        person = person_with(world, browser)
        assert not passkeys_of(world, person)[0]["user_verified"]
        email = {"email": person.user["email"], "password": PASSWORD}
        challenge = world.visitor.post("/auth/login", email, 202).json
        assert challenge["methods"] == ["recovery_code", "passkey"], challenge
        answer = browser.get(challenge["passkey"])
        proof = {"ticket": challenge["ticket"], "method": "passkey", "credential": answer}
        granted = world.visitor.post("/auth/second-factor", proof, 200).json
        assert claims(granted["access_token"])["amr"] == ["pwd", "pop", "mfa"]

        other = world.visitor.post("/auth/login", email, 202).json
        stolen = {"ticket": other["ticket"], "method": "passkey", "credential": answer}
        assert world.visitor.post("/auth/second-factor", stolen, 401).code == "second_factor_refused"
        assert world.visitor.post("/auth/second-factor", {"ticket": other["ticket"], "method": "passkey"}, 422).faults \
            == {"/credential": "required"}


def test_a_passkey_proves_again_who_one_is(world, browser):
    browser.visit(site(world))
    with browser.plug_in():
        person = person_with(world, browser)
        before = claims(person.token)
        challenge = person.post("/auth/step-up", {}, 202).json
        proof = {"ticket": challenge["ticket"], "method": "passkey", "credential": browser.get(challenge["passkey"])}
        granted = world.visitor.post("/auth/second-factor", proof, 200).json
        after = claims(granted["access_token"])
        assert after["sid"] != before["sid"] and after["amr"] == ["pwd", "pop", "mfa"]
        person.get("/auth/me", 401)
        person.twin(token=granted["access_token"]).get("/auth/me")


def test_a_copy_is_found_by_its_count_and_its_owner_is_told(world, browser):
    browser.visit(site(world))
    with browser.plug_in() as key:
        person = person_with(world, browser)
        sign_in(world, browser)
        [credential] = key.credentials()
        key.put({**credential, "signCount": 1})
        assert sign_in(world, browser, 401).code == "passkey_refused"
        [row] = passkeys_of(world, person)
        assert row["cloned_at"]
        key.put({**credential, "signCount": 1000})
        sign_in(world, browser, 401)
        assert "Llavero" in Folder(world).wait_for(person.user["email"], "passkey_cloned").get_body(("plain",)).get_content()
        audited = world.admin.get(f"/audit_logs?action=passkey_cloned&entity_id={row['id']}").json["data"]
        assert [record["outcome"] for record in audited] == ["denied"]


def test_passkeys_are_their_owners_and_removed_by_administrators(world, browser):
    browser.visit(site(world))
    tenant = world.new_tenant()
    with browser.plug_in():
        owner = person_with(world, browser, "tenant_admin", tenant["id"])
    stranger = world.sign_in_as("tenant_admin", world.new_tenant()["id"])
    colleague = world.sign_in_as("tenant_admin", tenant["id"])
    support = world.sign_in_as("support")
    [row] = owner.get("/user_passkeys").json["data"]
    path = f"/user_passkeys/{row['id']}"
    for person in (stranger, support):
        person.get(path, 404)
        assert person.get("/user_passkeys").json["data"] == []
        person.patch(path, {"name": "Suya"}, 404)
    stranger.delete(path, 404)
    support.delete(path, 403)
    stranger.delete(f"/auth/passkeys/{row['id']}", 404)
    colleague.patch(path, {"name": "Suya"}, 403)
    colleague.delete(f"/auth/passkeys/{row['id']}", 404)
    assert owner.patch(path, {"name": "Teclado"}).json["name"] == "Teclado"
    colleague.delete(path, 204)
    owner.get("/auth/me", 401)
    assert not world.sign_in(owner.user["email"], PASSWORD).user["mfa_enabled"]


def test_the_owner_removes_one_and_goes_on(world, browser):
    browser.visit(site(world))
    with browser.plug_in():
        owner = person_with(world, browser)
    before = owner.token
    [row] = owner.get("/user_passkeys").json["data"]
    owner.token = owner.delete(f"/auth/passkeys/{row['id']}", 200).json["access_token"]
    assert owner.get("/user_passkeys").json["data"] == [] and not owner.get("/auth/me").json["mfa_enabled"]
    owner.twin(token=before).get("/auth/me", 401)


def test_guessing_with_passkeys_is_slowed_down(world):
    answer = {"id": "AAAA", "response": {"clientDataJSON": "e30", "authenticatorData": "AAAA", "signature": "AAAA", "userHandle": "AAAA"}}
    statuses = []
    while len(statuses) < 40 and 429 not in statuses:
        reply = world.visitor.twin(source="127.0.0.77").post("/auth/passkeys/login", {"credential": answer}, (401, 429))
        statuses.append(reply.status)
    assert statuses[-1] == 429 and int(reply.headers["Retry-After"]) > 0


def test_what_is_no_answer_is_told_so(world):
    faults = world.visitor.post("/auth/passkeys/login", {"credential": {"id": 7}}, 422).faults
    assert faults == {"/credential/id": "wrong_type", **{f"/credential/response/{name}": "required" for name in (
        "clientDataJSON", "authenticatorData", "signature")}}
    big = {"id": "AAAA", "response": {"clientDataJSON": "A" * 30_000}}
    assert world.visitor.post("/auth/passkeys/login", {"credential": big}, 422).faults == {"/credential": "too_long"}
    assert world.visitor.post("/auth/passkeys", {"name": "x", "credential": big}, 401)

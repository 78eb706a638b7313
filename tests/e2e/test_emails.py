"""A person's e-mail: verified at first, changed when both mailboxes say so (IDENTITY.md)."""

import secrets

from harness import PASSWORD, at_once
from mailbox import Folder, link_of

OTHER_PASSWORD = "Marimba-Lenta-Camino-94"


def audited(world, action, client):
    return world.admin.get(f"/audit_logs?action={action}&entity_id={client.user['id']}").json["data"]


def new_address():
    return f"nueva-{secrets.token_hex(6)}@nidia.test"


def confirm(world, token, status=200):
    return world.visitor.post("/auth/confirm-email", {"token": token}, status)


def token_to(world, address, kind):
    return link_of(Folder(world).wait_for(address, kind))


def ask_for(person, address, status=202):
    return person.post("/auth/change-email", {"email": address, "current_password": PASSWORD}, status)


def asked(world):
    """Somebody who asked for another address, that address, and the two tokens."""
    person, address = world.sign_in_as("support"), new_address()
    ask_for(person, address)
    return person, address, token_to(world, person.user["email"], "confirm_old_email"), token_to(world, address, "confirm_new_email")


def test_the_first_address_is_verified_by_its_link(world):
    user = world.new_user("support")
    assert not user["email_verified"]
    token = token_to(world, user["email"], "verify_email")
    assert world.visitor.post("/auth/reset-password", {"token": token, "password": OTHER_PASSWORD}, 422).faults == {"/token": "link_void"}
    person = world.sign_in(user["email"], PASSWORD)
    person.post("/auth/verify-email", expect=202)
    second = link_of(Folder(world).wait_for(user["email"], "verify_email", 2))
    assert confirm(world, token, 422).faults == {"/token": "link_void"}
    assert confirm(world, second).json == {"state": "verified"}
    assert confirm(world, second, 422).faults == {"/token": "link_void"}
    assert person.get("/auth/me").json["email_verified"]
    assert person.post("/auth/verify-email", expect=409).code == "wrong_state"


def test_an_address_changes_once_both_confirm(world):
    person, address, old, new = asked(world)
    assert confirm(world, old).json == {"state": "waiting"}
    assert confirm(world, old, 422).faults == {"/token": "link_void"}
    assert person.get("/auth/me").json["email"] == person.user["email"]
    assert confirm(world, new).json == {"state": "changed"}
    person.get("/auth/me", 401)
    world.visitor.post("/auth/login", {"email": person.user["email"], "password": PASSWORD}, 401)
    me = world.sign_in(address, PASSWORD).user
    assert me["id"] == person.user["id"] and me["email_verified"]
    told = Folder(world).wait_for(person.user["email"], "email_changed")
    assert address in told.get_body(("plain",)).get_content()
    assert len(audited(world, "change_email", person)) == 1


def test_either_mailbox_stops_the_change(world):
    for stopper in ("old", "new"):
        person, _, old, new = asked(world)
        world.visitor.post("/auth/stop-email-change", {"token": {"old": old, "new": new}[stopper]}, 204)
        for token in (old, new):
            assert confirm(world, token, 422).faults == {"/token": "link_void"}
        person.get("/auth/me")
        assert len(audited(world, "stop_email_change", person)) == 1


def test_asking_again_and_a_new_password_void_what_was_mailed(world):
    person, _, old, new = asked(world)
    other = new_address()
    ask_for(person, other)
    assert confirm(world, old, 422).faults == confirm(world, new, 422).faults == {"/token": "link_void"}
    token = token_to(world, other, "confirm_new_email")
    world.admin.post(f"/users/{person.user['id']}/set_password", {"password": OTHER_PASSWORD}, 204)
    assert confirm(world, token, 422).faults == {"/token": "link_void"}


def test_an_open_session_alone_changes_no_address(world):
    person = world.sign_in_as("support")
    wrong = person.post("/auth/change-email", {"email": new_address(), "current_password": OTHER_PASSWORD}, 422)
    assert wrong.faults == {"/current_password": "invalid_credentials"}
    assert ask_for(person, world.admin.user["email"].upper(), 409).faults == {"/email": "taken"}
    boss = world.sign_in_as("super_admin")
    assert boss.patch(f"/users/{boss.user['id']}", {"email": new_address()}, 422).faults == {"/email": "not_settable"}


def test_of_two_confirmations_at_once_one_makes_the_change(world):
    _, address, old, new = asked(world)
    replies = at_once([lambda token=token: confirm(world, token) for token in (old, new)])
    assert sorted(reply.json["state"] for reply in replies) == ["changed", "waiting"]
    world.sign_in(address, PASSWORD)


def test_of_two_who_want_one_address_at_once_one_gets_it(world):
    people, address = [world.sign_in_as("support") for _ in range(2)], new_address()
    for person in people:
        ask_for(person, address)
        confirm(world, token_to(world, person.user["email"], "confirm_old_email"))
    Folder(world).wait_for(address, "confirm_new_email", 2)
    tokens = [link_of(mail) for mail in Folder(world).mails_to(address, "confirm_new_email")]
    replies = at_once([lambda token=token: confirm(world, token, (200, 409)) for token in tokens])
    assert sorted(reply.status for reply in replies) == [200, 409]
    assert [reply.code for reply in replies if reply.status == 409] == ["taken"]
    assert len(world.admin.get(f"/users?email={address}").json["data"]) == 1


def test_an_administrator_corrects_an_address_and_both_are_told(world):
    person, address = world.sign_in_as("support"), new_address()
    confirm(world, token_to(world, person.user["email"], "verify_email"))
    moved = world.admin.patch(f"/users/{person.user['id']}", {"email": address}).json
    assert moved["email_verified"] is False and moved["email_verified_at"] is None
    person.get("/auth/me", 401)
    assert address in Folder(world).wait_for(person.user["email"], "email_changed").get_body(("plain",)).get_content()
    assert confirm(world, token_to(world, address, "verify_email")).json == {"state": "verified"}

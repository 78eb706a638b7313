"""How people come in and come back: invitations and forgotten passwords (IDENTITY.md)."""

import secrets

from harness import PASSWORD, at_once
from mailbox import Folder, link_of
from server import until

OTHER_PASSWORD = "Marimba-Lenta-Camino-94"


def person(role="support", **columns):
    return {"email": f"persona-{secrets.token_hex(6)}@nidia.test", "system_role": role, "first_name": "Luz", **columns}


def choose(world, token, password=PASSWORD, status=204):
    return world.visitor.post("/auth/reset-password", {"token": token, "password": password}, status)


def forget(world, email):
    reply = world.visitor.post("/auth/forgot-password", {"email": email}, 202)
    assert reply.body == b""


def test_an_invitation_is_taken_up_once(world):
    user = world.admin.post("/users", person(), 201).json
    token = link_of(Folder(world).wait_for(user["email"]))
    assert choose(world, token, "corta", 422).faults == {"/password": "too_short"}
    choose(world, token)
    assert choose(world, token, status=422).faults == {"/token": "link_void"}
    signed_in = world.sign_in(user["email"], PASSWORD).user
    assert signed_in["email_verified"] and not signed_in["must_change_password"]
    assert world.admin.post(f"/users/{user['id']}/invite", None, 409).code == "wrong_state"


def test_an_invitation_can_be_sent_again_and_the_first_is_void(world):
    user = world.admin.post("/users", person(), 201).json
    first = link_of(Folder(world).wait_for(user["email"]))
    world.admin.post(f"/users/{user['id']}/invite", None, 202)
    second = link_of(Folder(world).wait_for(user["email"], count=2))
    assert choose(world, first, status=422).faults == {"/token": "link_void"}
    choose(world, second)


def test_the_first_administrator_of_a_tenant_is_invited(world):
    tenant = world.new_tenant()
    choose(world, link_of(Folder(world).wait_for(tenant["billing_email"])))
    owner = world.sign_in(tenant["billing_email"], PASSWORD)
    assert owner.user["tenant_id"] == tenant["id"]
    colleague = owner.post("/users", person("tenant_admin"), 201).json
    choose(world, link_of(Folder(world).wait_for(colleague["email"])))
    stranger = world.sign_in_as("tenant_admin", world.new_tenant()["id"])
    stranger.post(f"/users/{colleague['id']}/invite", None, 404)


def test_a_forgotten_password_is_replaced_and_the_sessions_end(world):
    user = world.new_user("support")
    before = world.sign_in(user["email"], PASSWORD)
    forget(world, user["email"].upper())
    choose(world, link_of(Folder(world).wait_for(user["email"], "reset_password")), OTHER_PASSWORD)
    before.get("/auth/me", 401)
    world.visitor.post("/auth/refresh", {"refresh_token": before.refresh_token}, 401)
    world.visitor.post("/auth/login", {"email": user["email"], "password": PASSWORD}, 401)
    world.sign_in(user["email"], OTHER_PASSWORD)


def test_a_changed_password_voids_the_links_that_were_mailed(world):
    user = world.new_user("support")
    forget(world, user["email"])
    token = link_of(Folder(world).wait_for(user["email"], "reset_password"))
    world.admin.post(f"/users/{user['id']}/set_password", {"password": OTHER_PASSWORD}, 204)
    assert choose(world, token, status=422).faults == {"/token": "link_void"}


def test_of_twenty_who_use_a_link_at_once_one_succeeds(world):
    user = world.new_user("support")
    forget(world, user["email"])
    token = link_of(Folder(world).wait_for(user["email"], "reset_password"))
    body = {"token": token, "password": OTHER_PASSWORD}
    replies = at_once([lambda: world.visitor.post("/auth/reset-password", body, (204, 422)).status] * 20)
    assert sorted(replies) == [204] + [422] * 19
    world.sign_in(user["email"], OTHER_PASSWORD)


def test_asking_for_an_address_that_is_nobodys_answers_the_same_and_mails_nothing(world):
    nobody = f"nadie-{secrets.token_hex(4)}@nidia.test"
    forget(world, nobody)
    user = world.new_user("support")
    forget(world, user["email"])
    Folder(world).wait_for(user["email"], "reset_password")
    [record] = world.admin.get(f"/outgoing_mails?recipient={nobody}").json["data"]
    assert record["status"] == "void" and not Folder(world).mails_to(nobody)


def test_asking_again_and_again_mails_a_few_and_says_nothing(world):
    user = world.new_user("support")
    for _ in range(8):
        forget(world, user["email"])
    until(lambda: all(mail["status"] == "sent" for mail in mails_to(world, user)), 20, "the mail")
    assert len(mails_to(world, user)) == 5


def mails_to(world, user):
    return world.admin.get(f"/outgoing_mails?recipient={user['email']}&kind=reset_password&limit=100").json["data"]


def test_who_was_deactivated_gets_no_way_back_in(world):
    user = world.new_user("support")
    forget(world, user["email"])
    token = link_of(Folder(world).wait_for(user["email"], "reset_password"))
    world.admin.patch(f"/users/{user['id']}", {"is_active": False})
    [first] = mails_to(world, user)
    forget(world, user["email"])
    assert [mail["status"] for mail in mails_to(world, user) if mail["id"] != first["id"]] == ["void"]
    assert choose(world, token, status=422).faults == {"/token": "link_void"}

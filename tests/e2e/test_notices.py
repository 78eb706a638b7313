"""What a person is told by mail of their account: in their language, as their clocks show it (IDENTITY.md)."""

import datetime
import zoneinfo

from harness import PASSWORD
from mailbox import Folder
from server import until

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"


def sign_in(world, user, agent, **headers):
    return world.visitor.post("/auth/login", {"email": user["email"], "password": PASSWORD}, 200, User_Agent=agent, **headers)


def words_of(message):
    return message.get_body(("plain",)).get_content()


def clock_of(zone):
    """What the clocks there show, as a mail in English says it."""
    now = datetime.datetime.now(zoneinfo.ZoneInfo(zone))
    return f"{now.day} {now:%B %Y, %H:%M} ({zone})"


def test_a_sign_in_from_another_device_is_told_once(world):
    user = world.new_user("support", language="en", timezone="Asia/Kathmandu")
    device = sign_in(world, user, FIREFOX).headers.get_all("Set-Cookie")[0].split(";")[0]
    sign_in(world, user, FIREFOX)
    sign_in(world, user, CHROME, Cookie=device)
    sign_in(world, user, CHROME.replace("126", "127"))
    sign_in(world, user, CHROME.replace("126", "127"))
    message = Folder(world).wait_for(user["email"], "new_device")
    assert len(world.admin.get(f"/outgoing_mails?recipient={user['email']}&kind=new_device").json["data"]) == 1
    assert "Chrome on Windows, from 127.0.0.1" in words_of(message) and "(Asia/Kathmandu)" in words_of(message)
    assert message["Content-Language"] == "en"


def test_people_choose_their_language_and_time_zone(world):
    person = world.sign_in_as("billing_admin")
    said = person.get("/users/none", 404, Accept_Language=None).json["title"]
    me = person.patch("/auth/me", {"language": "en", "timezone": "Pacific/Chatham", "first_name": "Rosa", "phone": None}).json
    assert (me["language"], me["timezone"], me["first_name"], me["phone"]) == ("en", "Pacific/Chatham", "Rosa", None)
    for body, pointer, code in (({"timezone": "America/Nowhere"}, "/timezone", "malformed"), ({"timezone": "../etc/passwd"}, "/timezone", "malformed"),
                                ({"language": "fr"}, "/language", "malformed"), ({"language": None}, "/language", "required"),
                                ({"system_role": "super_admin"}, "/system_role", "unknown_member"), ({"email": "x@y.test"}, "/email", "unknown_member")):
        assert person.patch("/auth/me", body, 422).faults == {pointer: code}
    person.patch("/auth/me", {"first_name": "Otra"}, 412, If_Match='"1"')
    fresh = world.sign_in(person.user["email"], PASSWORD)
    assert said == "No encontrado" and fresh.get("/users/none", 404, Accept_Language=None).json["title"] == "Not found"
    assert fresh.get("/users/none", 404, Accept_Language="es").json["title"] == "No encontrado"
    before = clock_of("Pacific/Chatham")
    world.admin.post(f"/users/{me['id']}/set_password", {"password": "Otra-Clave-Larga-5521"}, 204)
    words = words_of(Folder(world).wait_for(me["email"], "password_changed"))
    assert "Hello Rosa," in words and (before in words or clock_of("Pacific/Chatham") in words), words


def test_a_new_password_is_told_to_its_person(world):
    user = world.new_user("support")
    world.admin.post(f"/users/{user['id']}/set_password", {"password": "Otra-Clave-Larga-5521"}, 204)
    assert "(America/Bogota)" in words_of(Folder(world).wait_for(user["email"], "password_changed"))


def test_the_end_of_a_session_whose_token_was_reused_is_told(world):
    user = world.new_user("support")
    first = sign_in(world, user, FIREFOX).json["refresh_token"]
    second = world.visitor.post("/auth/refresh", {"refresh_token": first}, 200).json["refresh_token"]
    world.visitor.post("/auth/refresh", {"refresh_token": second}, 200)
    world.visitor.post("/auth/refresh", {"refresh_token": first}, 401)
    assert "Firefox on Linux" in words_of(Folder(world).wait_for(user["email"], "session_ended"))


def test_a_lock_is_told_and_how_long_it_lasts(world):
    user = world.new_user("support")
    for _ in range(10):
        world.visitor.twin(source="127.0.0.23").post("/auth/login", {"email": user["email"], "password": "equivocada"}, 401)
    assert "(America/Bogota)" in words_of(Folder(world).wait_for(user["email"], "account_locked"))


def test_the_administrators_of_a_tenant_near_its_limit_are_told(world):
    tenant = world.new_tenant(max_users=5)
    users = [world.new_user("tenant_admin", tenant["id"]) for _ in range(3)]
    for user in users[:2]:
        message = Folder(world).wait_for(user["email"], "usage_warning")
        assert "80 %" in message["Subject"] or "80 %" in words_of(message)
        assert f"{tenant['name']} usa 4 de 5: usuarios" in words_of(message)

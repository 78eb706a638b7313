"""Mail goes out from a queue, over SMTP or into a folder, and none is lost (IDENTITY.md)."""

import secrets
import socket

from harness import World
from mailbox import Folder, Postman, link_of
from server import ADMIN_EMAIL, free_port, until
from test_walk import Storage


def invited(world, **columns):
    columns = {"email": f"persona-{secrets.token_hex(4)}@nidia.test", "system_role": "support", "first_name": "Ana", **columns}
    return world.admin.post("/users", columns, 201).json["email"]


def record_of(world, recipient):
    return world.admin.get(f"/outgoing_mails?recipient={recipient}").json["data"][0]


def until_status(world, recipient, status):
    return until(lambda: (record := record_of(world, recipient))["status"] == status and record, 20, f"{status} mail to {recipient}")


def test_without_a_server_mail_is_put_into_a_folder(world):
    recipient = invited(world)
    message = Folder(world).wait_for(recipient)
    record = until_status(world, recipient, "sent")
    assert message["Message-ID"].startswith(f"<{record['id']}@")
    assert message["From"].addresses[0].addr_spec == "no-reply@localhost.localdomain"
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert message["Auto-Submitted"] == "auto-generated" and message["Content-Language"] == "es"
    assert "content" not in record
    link_of(message)


def test_each_reads_mail_in_their_language(world):
    spanish = Folder(world).wait_for(invited(world, first_name="Íñigo"))
    english = Folder(world).wait_for(invited(world, language="en"))
    assert spanish["Subject"] == "Le damos la bienvenida a NIDIA Flow" and english["Subject"] == "Welcome to NIDIA Flow"
    assert "Hola, Íñigo:" in spanish.get_body(("plain",)).get_content()
    assert spanish["To"].addresses[0].display_name == "Íñigo"


def test_a_name_is_no_header_and_no_markup(world):
    message = Folder(world).wait_for(invited(world, first_name='"<b>Bcc: otra@nidia.test, x'))
    assert message["Bcc"] is None and len(message["To"].addresses) == 1
    assert "&lt;b&gt;Bcc" in message.get_body(("html",)).get_content()


def test_the_token_of_a_mail_stands_nowhere_else(world):
    recipient = invited(world)
    token = link_of(Folder(world).wait_for(recipient))
    for path in ("/outgoing_mails", "/audit_logs", "/jobs"):
        assert token.encode() not in world.admin.get(f"{path}?limit=100").body
    assert token not in world.server.log()
    world.sign_in_as("support").get("/outgoing_mails", 403)


def test_mail_by_smtp_outlives_a_server_that_is_down_and_one_that_refuses(engine):
    with Postman() as postman, World(engine, ["--smtp", postman.url, "--mail-from", "hola@nidia.test"]) as world:
        recipient = invited(world)
        until_status(world, recipient, "sent")
        [message] = postman.mails_to(recipient)
        assert postman.mails[0][0] == "hola@nidia.test" and message["From"].addresses[0].display_name == "NIDIA Flow"
        link_of(message)

        postman.close()
        oldest, *waiting = [invited(world) for _ in range(4)]
        until(lambda: any(record_of(world, one)["error"] for one in waiting), 20, "a first attempt")
        world.kill()
        with Storage(world) as storage:  # however late the next attempt was to be by now
            storage.run("UPDATE jobs SET run_at = created_at WHERE kind = 'send_mail'")
            storage.run("UPDATE outgoing_mails SET next_attempt_at = created_at WHERE status = 'queued'")
            storage.run(f"UPDATE outgoing_mails SET created_at = {storage.later('created_at', -6)} WHERE recipient = ?", (oldest,))
        postman.answers = {oldest: ["451 not today"] * 9}
        postman.open()
        world.start_again()
        for one in waiting:
            until_status(world, one, "sent")
            assert len(postman.mails_to(one)) == 1
        given_up = until_status(world, oldest, "failed")
        assert "451" in given_up["error"] and not postman.mails_to(oldest), given_up

        later, never = (f"{word}-{secrets.token_hex(4)}@nidia.test" for word in ("later", "never"))
        postman.answers = {later: ["451 greylisted"], never: ["550 no such mailbox"] * 9}
        invited(world, email=later)
        invited(world, email=never)
        assert until_status(world, later, "sent")["attempts"] == 2
        refused = until_status(world, never, "failed")
        assert refused["attempts"] == 1 and "550" in refused["error"] and not postman.mails_to(never), refused


def test_a_mail_that_is_refused_after_its_content_comes_again_under_its_name(engine):
    with Postman() as postman, World(engine, ["--smtp", postman.url]) as world:
        until_status(world, ADMIN_EMAIL, "sent")  # the first mail of all
        postman.answers = {"DATA": ["452 no room", "452 no room"]}
        recipient = invited(world)
        assert until_status(world, recipient, "sent")["attempts"] == 3
        assert len({content for _, recipients, content in postman.mails if recipient in recipients}) == 1 and len(postman.mails_to(recipient)) == 3

        postman.answers = {"DATA": ["554 not with these words"] * 9}
        refused = until_status(world, invited(world), "failed")
        assert refused["attempts"] == 1 and "554" in refused["error"], refused


def test_a_server_that_never_speaks_holds_up_nobody_else(engine):
    with socket.create_server(("127.0.0.1", free_port())) as silent:
        with World(engine, ["--smtp", f"smtp://127.0.0.1:{silent.getsockname()[1]}"]) as world:
            recipient = invited(world)
            silent.accept()
            assert record_of(world, recipient)["status"] == "queued"
            world.new_tenant()
            assert world.server.stop() == 0

"""Where mail arrives: the folder that it is put into while no server is set up, and a real SMTP server (aiosmtpd)."""

import email
import email.policy
import pathlib
import re
import stat

from aiosmtpd.controller import Controller

from server import START_S, TOP, free_port, until


def subjects_of(kind):
    """Of a mail's template, in both languages; up to the first of its words that vary."""
    return tuple((TOP / "templates/mail" / f"{kind}.{language}.txt").read_text().splitlines()[0].split("{")[0] for language in ("es", "en"))


def read_mail(content):
    return email.message_from_bytes(content, policy=email.policy.default)


def link_of(message):
    """The token of the link that both forms hold."""
    [text] = set(re.findall(r"https?://[^\s\"<]+", message.get_body(("plain",)).get_content()))
    assert text in message.get_body(("html",)).get_content()
    return text.split("#")[1]


class Folder:
    def __init__(self, world):
        self.path = pathlib.Path(world.server.data) / "mail"

    def mails_to(self, recipient, kind=None):
        """The oldest first: their names begin with the time. Of one kind, if it is given."""
        found = []
        for path in sorted(self.path.glob("*.eml")):
            message = read_mail(path.read_bytes())
            if message["To"].addresses[0].addr_spec == recipient and (not kind or message["Subject"].startswith(subjects_of(kind))):
                assert stat.S_IMODE(path.stat().st_mode) == 0o600
                found.append(message)
        return found

    def wait_for(self, recipient, kind=None, count=1):
        found = until(lambda: (mails := self.mails_to(recipient, kind)) and len(mails) >= count and mails, 20, f"mail to {recipient}")
        assert len(found) == count, found
        return found[-1]


class Postman:
    """An SMTP server. `answers` gives what it says to RCPT by recipient, a list of them one after the other."""

    def __init__(self):
        self.port, self.answers, self.mails = free_port(), {}, []
        self.controller = None

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    def open(self):
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=START_S)
        self.controller.start()

    def close(self):
        self.controller.stop()

    def __enter__(self):
        self.open()
        return self

    def __exit__(self, *_):
        self.close()

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        answers = self.answers.get(address, [])
        if answers:
            return answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        answers = self.answers.get("DATA", [])
        return answers.pop(0) if answers else "250 taken"

    def mails_to(self, recipient):
        return [read_mail(content) for _, recipients, content in self.mails if recipient in recipients]

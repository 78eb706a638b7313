"""Staff signs in at identity providers (IDENTITY.md), real ones from npm."""

import contextlib

from harness import World
from identity_provider import Browser, Certificate, IdentityProvider

ANA = {"email": "ana@nidia.test", "email_verified": True, "groups": ["helpers"], "given_name": "Ana", "family_name": "Gil"}


class House:
    """A server that trusts the providers' certificate."""

    def __init__(self, engine):
        self.certificate = Certificate()
        self.world = World(engine, options=["--tls-trust", self.certificate.path])

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        self.stack.callback(self.certificate.remove)
        self.stack.enter_context(self.world)
        return self

    def __exit__(self, *failure):
        return self.stack.__exit__(*failure)

    def provider(self, *arguments, **told):
        return self.stack.enter_context(IdentityProvider(self.world, self.certificate, *arguments, **told))

    def browser(self, **more):
        return Browser(self.world, self.certificate, **more)


def test_staff_signs_in_at_a_provider(engine):
    with House(engine) as house:
        provider = house.provider(people={"ana": ANA})
        provider.register()
        browser = house.browser()
        reply = browser.sign_in("ana")
        assert reply.headers["Location"] == "/"
        me = browser.client().get("/auth/me").json
        assert me["email"] == "ana@nidia.test" and me["system_role"] == "support" and me["first_name"] == "Ana"

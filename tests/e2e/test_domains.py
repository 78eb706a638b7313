"""Domains of the tenants' own: claimed, proven in the DNS, found by their names, lost and given up (API.md, OPERATIONS.md)."""

import contextlib
import secrets
import struct
import threading

from harness import PASSWORD, World
from nameserver import SERVFAIL, Forger, NameServer, quoted, question_of, reply
from server import free_port, until


class Place:
    """A server that asks a name server of ours, and pauses for nobody between two checks."""

    def __init__(self, engine, resolver=None, options=()):
        self.names = None if resolver else NameServer()
        self.internal = free_port()
        self.world = World(engine, options=["--resolver", resolver or self.names.address, "--internal", f"127.0.0.1:{self.internal}",
                                            "--tenant-domain", "app.nidia.co", "--own-domains", "nidia.co, nidia.app", *options])

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            if self.names:
                stack.enter_context(self.names)
            stack.enter_context(self.world)
            self.set(domain_check_seconds=0)
            self.machine = self.world.machine()
            self.tenant = self.world.new_tenant()
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *failure):
        return self.stack.__exit__(*failure)

    def set(self, **settings):
        for name, value in settings.items():
            self.world.admin.patch(f"/system_settings/{name}", {"value": value})

    def claim(self, name=None, tenant=None, expect=201):
        name = name or f"tienda-{secrets.token_hex(4)}.co"
        return self.world.admin.post("/tenant_domains", {"tenant_id": (tenant or self.tenant)["id"], "domain": name}, expect).json

    def verify(self, domain, expect=200):
        return self.world.admin.post(f"/tenant_domains/{domain['id']}/verify", None, expect)

    def hold(self, name=None, tenant=None):
        domain = self.claim(name, tenant)
        self.names.prove(domain)
        return self.verify(domain).json

    def read(self, domain):
        return self.world.admin.get(f"/tenant_domains/{domain['id']}").json

    def tenant_at(self, host):
        """By the two ways that are asked for every request; they must agree."""
        found, asked = self.machine.get(f"/resolve?host={host}", (200, 404)), self.machine.get(f"/tls/ask?domain={host}", (200, 404))
        assert found.status == asked.status or found.json["service_level"] == "off", (found, asked)
        return found.json["slug"] if found.status == 200 else None

    def events(self, kind):
        """How many of a kind there are."""
        if self.world.database:
            return self.world.engine.run(f"SELECT count(*) FROM events WHERE type = '{kind}'", self.world.database)[0][0]
        import sqlite3
        with contextlib.closing(sqlite3.connect(self.world.server.data / "superadmin.db")) as database:
            return database.execute("SELECT count(*) FROM events WHERE type = ?", (kind,)).fetchone()[0]


def test_a_domain_is_claimed_proven_and_found(engine):
    with Place(engine) as place:
        slug, admin = place.tenant["slug"], place.world.admin
        domain = place.claim("Tienda.Acme.CO.")
        assert domain["domain"] == "tienda.acme.co" and domain["status"] == "pending" and not domain["is_verified"]
        assert place.tenant_at("tienda.acme.co") is None
        assert place.verify(domain, 422).code == "challenge_absent"
        token, wrong = domain["verification_token"], domain["verification_token"][:-1] + "#"
        for texts in ([wrong], [token + "x"], [token[:-1]], [""], ["v=spf1 -all", 'a "quote"\\ and \xf1'], [token.upper()]):
            place.names.prove(domain, *texts)
            refused = place.verify(domain, 422)
            assert refused.code == "challenge_wrong" and refused.json["detail"].isascii(), refused
        assert "v=spf1" in (place.names.prove(domain, "v=spf1 -all", "b") or str(place.verify(domain, 422)))
        assert place.tenant_at("tienda.acme.co") is None and place.read(domain)["last_error"].startswith("challenge_wrong")
        admin.post(f"/tenant_domains/{domain['id']}/make_primary", None, 409)

        place.names.prove(domain, "v=spf1 -all", token)
        held = place.verify(domain).json
        assert held["status"] == "verified" and held["is_verified"] and held["verified_at"] and not held["last_error"]
        for host in ("tienda.acme.co", "TIENDA.acme.co", "tienda.acme.co:8443", "tienda.acme.co."):
            assert place.tenant_at(host) == slug, host
        for host in ("acme.co", "x.tienda.acme.co", "tienda.acme.co..", "127.0.0.1", "[::1]:443", "a" * 300, f"{slug}.nidia.co"):
            assert place.tenant_at(host) is None, host
        assert place.tenant_at(f"{slug}.APP.nidia.co:443") == slug
        assert admin.post(f"/tenant_domains/{domain['id']}/make_primary").json["is_primary"]
        admin.delete(f"/tenant_domains/{domain['id']}")
        assert place.tenant_at("tienda.acme.co") is None
        assert place.events("tenant_domain.verified") == 1


def test_whose_domain_it_is_follows_the_life_of_its_tenant(engine):
    with Place(engine) as place:
        admin, path = place.world.admin, f"/tenants/{place.tenant['id']}"
        name = place.hold()["domain"]
        admin.post(f"{path}/suspend", {"reason": "story"})
        place.machine.get(f"/tls/ask?domain={name}", 404)
        assert place.machine.get(f"/resolve?host={name}").json["service_level"] == "off"
        admin.post(f"{path}/reactivate", {"reason": "story"})
        assert place.tenant_at(name) == place.tenant["slug"]
        admin.delete(path)
        assert place.tenant_at(name) is None
        admin.post(f"{path}/restore")
        assert place.tenant_at(name) == place.tenant["slug"]
        place.world.restart(kill=True)
        place.machine.close()
        assert place.tenant_at(name) == place.tenant["slug"]


def test_who_may_ask_and_claim(engine):
    with Place(engine) as place:
        world, name = place.world, place.hold()["domain"]
        ask = f"/tls/ask?domain={name}"
        world.visitor.get(ask, 401)
        world.visitor.twin().get(f"/resolve?host={name}", 401)
        world.machine(scopes=["metrics"]).get(ask, 403)
        world.admin.get(ask, 200)
        inside = world.visitor
        inside.port = place.internal
        inside.get(ask, 200)
        inside.get("/tls/ask?domain=nobody.co", 404)
        inside.get(f"/resolve?host={name}", 404)
        other = world.new_tenant()
        world.machine(other["id"]).get(f"/resolve?host={name}", 404)
        for query in ("", "host=", "host=a.co&slug=acme", "host=a.co&host=b.co"):
            place.machine.get(f"/resolve?{query}", 400)

        owner, stranger, support = (world.sign_in_as("tenant_admin", place.tenant["id"]), world.sign_in_as("tenant_admin", other["id"]),
                                    world.sign_in_as("support"))
        claimed = owner.post("/tenant_domains", {"domain": "propia.co"}, 201).json
        assert claimed["tenant_id"] == place.tenant["id"] and claimed["verification_token"]
        stranger.post("/tenant_domains", {"domain": "ajena.co", "tenant_id": place.tenant["id"]}, 422)
        for call in ("verify", "make_primary", "check_certificate"):
            stranger.post(f"/tenant_domains/{claimed['id']}/{call}", None, 404)
            support.post(f"/tenant_domains/{claimed['id']}/{call}", None, 403)
        stranger.delete(f"/tenant_domains/{claimed['id']}", 404)
        support.post("/tenant_domains", {"domain": "propia.co", "tenant_id": other["id"]}, 403)
        assert "verification_token" not in support.get(f"/tenant_domains/{claimed['id']}").json
        place.set(domain_check_seconds=3600)
        assert owner.post(f"/tenant_domains/{claimed['id']}/verify", None, 422).code == "challenge_absent"
        assert int(owner.post(f"/tenant_domains/{claimed['id']}/verify", None, 429).headers["Retry-After"]) > 3000


REFUSED = {
    "single_label": ("acme", "localhost", "co"),
    "address_as_domain": ("127.0.0.1", "1.2.3", "0x7f.0x1", "0x7f000001", "2130706433", "::1", "[::1]", "::ffff:127.0.0.1", "１２７.0.0.1", "127。0。0。1"),
    "public_suffix": ("com.co", "github.io", "blogspot.com", "foo.ck", "co.uk", "xn--55qx5d.cn"),
    "special_use_domain": ("acme.test", "a.localhost", "example.com", "www.example.com", "printer.local", "db.internal", "1.0.0.127.in-addr.arpa", "x.onion"),
    "own_domain": ("nidia.co", "Nidia.CO.", "x.app.nidia.co", "admin.nidia.app"),
    # Cyrillic in a Latin word; a word of Cyrillic alone that spells a Latin one; Greek in Latin; a dotless i; a mark that cannot be seen
    "look_alike": ("p\u0430ypal.com", "\u0430\u0440\u0440\u04cf\u0435.com", "xn--80ak6aa92e.com", "g\u03bfogle.com", "g\u0131thub.com", "\u0441\u043e\u0440\u0435.com"),
    "malformed": ("-acme.co", "acme-.co", "a_b.co", "a b.co", "a..co", ".co", "xn--zz--.co", "acme.co/x", "acme.co:443", "http://acme.co", "a" * 64 + ".co", "*.acme.co", "a\u200b b.co", "user@acme.co"),
}
TAKEN_AS = {
    "Bücher.Example-Tienda.co": "xn--bcher-kva.example-tienda.co", "ñandú.co": "xn--and-6ma2c.co", "日本語.jp": "xn--wgv71a119e.jp", "ACME.CO.": "acme.co",
    "www.ck": "www.ck", "пример.рф": "xn--e1afmkfd.xn--p1ai", "faß.de": "xn--fa-hia.de", "a.b.c.d.acme.co": "a.b.c.d.acme.co", "ａｃｍｅ.net": "acme.net",
    "123.acme.co": "123.acme.co", "tienda。acme。co": "tienda.acme.co",
}


def test_names_that_no_tenant_may_have(engine):
    with Place(engine) as place:
        place.set(domains_per_tenant=len(TAKEN_AS))
        for code, names in REFUSED.items():
            for name in names:
                body = {"tenant_id": place.tenant["id"], "domain": name}
                refused = place.world.admin.post("/tenant_domains", body, 422)
                assert refused.faults == {"/domain": code}, (name, refused)
        for name in ("a" * 60 + "." + ".".join(["b" * 60] * 3) + ".co", "ñ" * 253):
            place.claim(name, expect=422)
        for name, kept in TAKEN_AS.items():
            assert place.claim(name)["domain"] == kept, name
        assert place.claim("otra-mas.co", expect=409)["code"] == "limit_reached"
        place.set(private_network=1, domains_per_tenant=50)
        assert place.claim("acme.test")["domain"] == "acme.test"


def test_a_claim_stands_in_nobodys_way_and_a_proof_is_ones_own(engine):
    with Place(engine) as place:
        squatter, owner = place.tenant, place.world.new_tenant()
        squatted = place.claim("valiosa.co", squatter)
        assert place.claim("valiosa.co", squatter, 409)["code"] == "taken"
        claimed = place.claim("valiosa.co", owner)
        assert claimed["verification_token"] != squatted["verification_token"]
        place.names.prove(claimed)
        assert place.verify(squatted, 422).code == "challenge_wrong"
        assert place.verify(claimed).json["is_verified"] and place.tenant_at("valiosa.co") == owner["slug"]

        # Even a proof of one's own takes nothing from who holds it: that one's own checks must have lost it.
        place.names.prove(squatted)
        assert place.verify(squatted, 409).code == "taken"
        assert place.tenant_at("valiosa.co") == owner["slug"]
        place.world.admin.delete(f"/tenant_domains/{claimed['id']}")
        assert place.tenant_at("valiosa.co") is None
        assert place.verify(squatted).json["is_verified"] and place.tenant_at("valiosa.co") == squatter["slug"]


def test_of_fifty_who_choose_at_once_one_is_the_primary(engine):
    with Place(engine) as place:
        domains = [place.hold() for _ in range(5)]
        gate, replies = threading.Barrier(50), []

        def choose(number):
            client = place.world.admin.twin()
            gate.wait()
            replies.append(client.post(f"/tenant_domains/{domains[number % 5]['id']}/make_primary", None, None).status)
        threads = [threading.Thread(target=choose, args=(number,)) for number in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(replies) == {200}, replies
        primary = [place.read(domain)["is_primary"] for domain in domains]
        assert sum(primary) == 1, primary
        place.world.admin.delete(f"/tenant_domains/{domains[primary.index(True)]['id']}")
        assert not any(row["is_primary"] for row in place.world.admin.all_pages("/tenant_domains"))


def test_long_answers_split_strings_and_aliases(engine):
    with Place(engine) as place:
        many, moved, looping, odd = (place.claim() for _ in range(4))
        place.names.prove(many, *[f"something-else={number:05}" for number in range(1200)], many["verification_token"])
        assert place.verify(many).json["is_verified"]  # over TCP: no datagram holds it
        alias = f"_nidia-challenge.{moved['domain']}"
        place.names.set("proofs.elsewhere.co", "TXT", quoted(moved["verification_token"]))
        place.names.set(alias, "CNAME", "proofs.elsewhere.co.")
        assert place.verify(moved).json["is_verified"]
        place.names.set(f"_nidia-challenge.{looping['domain']}", "CNAME", "loop.elsewhere.co.")
        place.names.set("loop.elsewhere.co", "CNAME", f"_nidia-challenge.{looping['domain']}.")
        place.verify(looping, (422, 503))
        # One record of many strings is their sum; strings of different records are not joined.
        token = odd["verification_token"]
        place.names.set(f"_nidia-challenge.{odd['domain']}", "TXT", quoted(token[:9]), quoted(token[9:]))
        assert place.verify(odd, 422).code == "challenge_wrong"
        place.names.set(f"_nidia-challenge.{odd['domain']}", "TXT", " ".join(quoted(letter) for letter in token))
        assert place.verify(odd).json["is_verified"]


def test_what_no_honest_server_answers(engine):
    token = [b""]

    def forged_first(question):
        """A flood of answers that are not to this question, or not from whom was asked, and then the true one."""
        number, right = struct.unpack(">H", question[:2])[0], [[token[0]]]
        other = b"\x05other\x02co\0" + struct.pack(">2H", 16, 1)
        for guess in range(number + 1, number + 200):
            yield 0, 0, reply(question, right, number=guess)
        yield 0, 1, reply(question, right)
        yield 0, 0, reply(question, right, asked=other)
        yield 0, 0, b"\0"
        yield 0, 0, reply(question, [[b"the", b"true one"]])

    lies = {
        "late": lambda question: iter([(4.5, 0, reply(question, [[token[0]]]))]),
        "failing": lambda question: iter([(0, 0, reply(question, code=SERVFAIL))]),
        "cut": lambda question: iter([(0, 0, reply(question, [[token[0]]], flags=0x8380))]),  # and nobody listens on TCP
        "torn": lambda question: iter([(0, 0, reply(question, [[token[0]]])[:-5])]),
        "refusing": lambda question: iter([(0, 0, reply(question, code=5))]),
        "looping": lambda question: iter([(0, 0, reply(question, [[token[0]]])[:-len(token[0]) - 13] + b"\xc0\x40" * 9)]),
    }
    answer = [forged_first]
    with Forger(lambda question: answer[0](question)) as forger, Place(engine, resolver=forger.address) as place:
        domain = place.claim()
        token[0] = domain["verification_token"].encode()
        refused = place.verify(domain, 422)
        assert refused.code == "challenge_wrong" and "thetrue one" in refused.json["detail"], refused
        for kind, lie in lies.items():
            answer[0] = lie
            unanswered = place.verify(domain, 503)
            assert unanswered.code == "dns_unavailable" and unanswered.headers["Retry-After"], (kind, unanswered)
            now = place.read(domain)
            assert now["status"] == "pending" and now["last_error"].startswith("dns_unavailable"), (kind, now)
        assert place.tenant_at(domain["domain"]) is None
        assert all(question_of(question)[0] for question in forger.asked)


def test_others_are_served_while_a_name_server_is_silent(engine):
    with Forger(lambda question: iter([])) as forger, Place(engine, resolver=forger.address) as place:
        domains = [place.claim() for _ in range(4)]
        clients = [place.world.admin.twin() for _ in domains]
        threads = [threading.Thread(target=lambda client, domain: client.post(f"/tenant_domains/{domain['id']}/verify", None, 503),
                                    args=pair) for pair in zip(clients, domains)]
        for thread in threads:
            thread.start()
        until(lambda: forger.asked, 5)
        user = place.world.new_user("support")
        place.world.sign_in(user["email"], PASSWORD)  # bcrypt's threads are free
        assert any(thread.is_alive() for thread in threads)
        for thread in threads:
            thread.join()

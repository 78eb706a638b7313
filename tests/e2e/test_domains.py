"""Domains of the tenants' own: claimed, proven in the DNS, found by their names, lost and given up (API.md, OPERATIONS.md)."""

import contextlib
import http.client
import http.server
import json
import os
import pathlib
import secrets
import socket
import sqlite3
import ssl
import struct
import subprocess
import tempfile
import threading
import time

from harness import PASSWORD, World, only_on
from nameserver import SERVFAIL, Forger, NameServer, quoted, question_of, reply
from server import TOP, Server, free_port, until
from test_commands import nidia
from test_levels import set_level


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

    def verify(self, domain, expect=200, client=None):
        """Asked again where the name server was not heard in time."""
        allowed = expect if isinstance(expect, tuple) else (expect,)

        def told():
            reply = (client or self.world.admin).post(f"/tenant_domains/{domain['id']}/verify", None, (*allowed, 503))
            return reply if reply.status in allowed else None
        return until(told, 30, "what the name server says")

    def hold(self, name=None, tenant=None):
        domain = self.claim(name, tenant)
        self.names.prove(domain)
        return self.verify(domain).json

    def read(self, domain):
        return self.world.admin.get(f"/tenant_domains/{domain['id']}").json

    def tenant_at(self, host):
        """By the two ways that are asked for every request; they must agree."""
        found, asked = self.machine.get(f"/resolve?host={host}", (200, 404)), self.machine.get(f"/tls/ask?domain={host}", (200, 404))
        assert found.status == asked.status, (host, found, asked)
        return found.json["slug"] if found.status == 200 else None

    def events(self, kind):
        """How many of a kind there are."""
        if self.world.database:
            return self.world.engine.run(f"SELECT count(*) FROM events WHERE type = '{kind}'", self.world.database)[0][0]
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
        assert place.tenant_at(name) is None
        admin.post(f"{path}/reactivate", {"reason": "story"})
        assert place.tenant_at(name) == place.tenant["slug"]
        admin.delete(path)
        assert place.tenant_at(name) is None
        admin.post(f"{path}/restore")
        assert place.tenant_at(name) == place.tenant["slug"]
        place.world.restart(kill=True)
        place.machine.close()
        assert place.tenant_at(name) == place.tenant["slug"]


def test_whose_domain_it_is_follows_the_level_of_its_service(engine):
    with Place(engine) as place:
        slug, name = place.tenant["slug"], place.hold()["domain"]
        below = f"{slug}.app.nidia.co"
        for level, is_found in (("warned", True), ("read_only", True), ("off", False), ("full", True), ("export_only", False)):
            set_level(place.world, place.tenant, level)
            assert place.tenant_at(name) == (slug if is_found else None), level
            assert place.machine.get(f"/resolve?host={below}").json["service_level"] == level
            place.machine.get(f"/tls/ask?domain={below}", 200 if is_found else 404)
        place.world.restart(kill=True)
        place.machine.close()
        assert place.tenant_at(name) is None
        set_level(place.world, place.tenant, "read_only")
        assert place.tenant_at(name) == slug


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
        assert place.verify(claimed, 422, owner).code == "challenge_absent"
        place.set(domain_check_seconds=3600)
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
            yield 0, reply(question, right, number=guess)
        yield 1, reply(question, right)
        yield 0, reply(question, right, asked=other)
        yield 0, b"\0"
        yield 0, reply(question, [[b"the", b"true one"]])

    lies = {
        "late": lambda question: iter([]),
        "failing": lambda question: iter([(0, reply(question, code=SERVFAIL))]),
        "cut": lambda question: iter([(0, reply(question, [[token[0]]], flags=0x8380))]),  # and nobody listens on TCP
        "torn": lambda question: iter([(0, reply(question, [[token[0]]])[:-5])]),
        "refusing": lambda question: iter([(0, reply(question, code=5))]),
        "looping": lambda question: iter([(0, reply(question, [[token[0]]])[:-len(token[0]) - 13] + b"\xc0\x40" * 9)]),
    }
    answer = [forged_first]
    with Forger(lambda question: answer[0](question)) as forger, Place(engine, resolver=forger.address) as place:
        domain = place.claim()
        token[0] = domain["verification_token"].encode()
        refused = place.verify(domain, 422)
        assert refused.code == "challenge_wrong" and "thetrue one" in refused.json["detail"], refused
        for kind, lie in lies.items():
            answer[0], asked = lie, len(forger.asked)
            unanswered = place.verify(domain, 503)
            for question, client in forger.asked[asked:]:
                forger.send(0, reply(question, [[token[0]]]), client)  # the truth, when nobody waits for it any more
            assert unanswered.code == "dns_unavailable" and unanswered.headers["Retry-After"], (kind, unanswered)
            now = place.read(domain)
            assert now["status"] == "pending" and now["last_error"].startswith("dns_unavailable"), (kind, now)
        assert place.tenant_at(domain["domain"]) is None
        assert all(question_of(question)[0] for question, _ in forger.asked)


def signs_in_while_all_wait(place, forger, domains, user):
    """Did a sign-in come to its end while each of the lookups was still under way?"""
    asked = len(forger.asked)
    clients = [place.world.admin.twin() for _ in domains]
    threads = [threading.Thread(target=lambda client, domain: client.post(f"/tenant_domains/{domain['id']}/verify", None, 503), args=pair)
               for pair in zip(clients, domains)]
    for thread in threads:
        thread.start()
    until(lambda: len(forger.asked) >= asked + len(domains), 20, "their questions")
    place.world.sign_in(user["email"], PASSWORD)  # bcrypt's threads are free
    meanwhile = all(thread.is_alive() for thread in threads)
    for thread in threads:
        thread.join()
    return meanwhile


def test_others_are_served_while_a_name_server_is_silent(engine):
    with Forger(lambda question: iter([])) as forger, Place(engine, resolver=forger.address) as place:
        domains, user = [place.claim() for _ in range(4)], place.world.new_user("support")
        # On a busy machine a sign-in may take longer than the lookups: then it proves nothing, and is done again.
        assert any(signs_in_while_all_wait(place, forger, domains, user) for _ in range(5))


def days_later(place, days=2):
    """The server starts again when its domains were due long ago, as it would see them days later."""
    past = "next_check_at = {0} WHERE next_check_at IS NOT NULL", "next_run_at = {0} WHERE name IN ('check_domains', 'drop_domain_claims')"
    world = place.world
    assert world.server.stop() == 0, world.server.log_tail()
    tables = ("tenant_domains", past[0]), ("schedules", past[1])
    if world.database:
        for table, change in tables:
            world.engine.run(f"UPDATE {table} SET " + change.format(f"now() - interval '{days} days'"), world.database)
    else:
        with contextlib.closing(sqlite3.connect(world.server.data / "superadmin.db")) as database:
            for table, change in tables:
                database.execute(f"UPDATE {table} SET " + change.format("1"))
            database.commit()
    world.start_again()
    place.machine.close()


def test_daily_checks_lose_a_domain_whose_proof_is_gone_and_no_other(engine):
    with Place(engine) as place:
        place.set(domain_failures=2)
        gone, kept = place.hold(), place.hold()
        place.world.admin.post(f"/tenant_domains/{gone['id']}/make_primary")
        place.names.set(f"_nidia-challenge.{gone['domain']}", "TXT")
        assert place.verify(gone, 422).code == "challenge_absent"  # asked for by hand, it counts for nothing
        assert place.read(gone)["failures"] == 0

        for failures in (1, 2):
            before = place.read(kept)["last_checked_at"]
            days_later(place)
            until(lambda: place.read(kept)["last_checked_at"] > before, 20, "the daily check")
            until(lambda: place.read(gone)["failures"] == failures, 20, "the failure")
            until(lambda: (place.tenant_at(gone["domain"]) is None) == (failures == 2), 20, "what the failure means")
        lost = place.read(gone)
        assert lost["status"] == "lost" and not lost["is_primary"] and lost["claim_expires_at"] and not lost["next_check_at"]
        assert place.events("tenant_domain.lost") == 1 and place.tenant_at(kept["domain"]) == place.tenant["slug"]

        place.names.stop()  # nobody answers any more: that loses nothing, and is tried again within the hour
        for _ in range(2):
            days_later(place)
            until(lambda: (place.read(kept)["last_error"] or "").startswith("dns_unavailable"), 20, "the check")
        assert place.read(kept)["failures"] == 0 and place.tenant_at(kept["domain"]) == place.tenant["slug"]


class Product:
    """A product's server: tells whose request it is, as NIDIA says."""

    def __init__(self, place):
        machine, lock = place.machine.twin(), threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                with lock:
                    found = machine.get(f"/resolve?host={self.headers['Host']}", (200, 404))
                body = found.json.get("slug", "nobody").encode()
                self.send_response(found.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@contextlib.contextmanager
def running(command, port, **environment):
    """A proxy as a process, once it listens."""
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)

        def listens():
            assert process.poll() is None, said.seek(0) or said.read()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0
        try:
            until(listens, 20, command[0])
            yield
        finally:
            process.terminate()
            process.wait(20)


def over_tls(port, name, context):
    """The status and the body that a browser would get at this name."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as plain, context.wrap_socket(plain, server_hostname=name) as secure:
        secure.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        reply = http.client.HTTPResponse(secure)
        reply.begin()
        return reply.status, reply.read().decode()


def trusting(path):
    """None where no certificate is in the file, or not the whole of it."""
    with contextlib.suppress(OSError):
        return ssl.create_default_context(cafile=path)
    return None


def test_caddy_gets_certificates_for_verified_domains_alone(engine):
    port, plain = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="nidia-caddy-") as folder:
        root = f"{folder}/caddy/pki/authorities/local/root.crt"
        with Place(engine, options=["--tls-check", f"127.0.0.1:{port}", "--tls-trust", root]) as place, Product(place) as product, \
                running(["caddy", "run", "--config", str(TOP / "docs" / "Caddyfile"), "--adapter", "caddyfile"], port, ISSUER="internal",
                        HTTPS_PORT=str(port), HTTP_PORT=str(plain), NIDIA_INTERNAL=f"127.0.0.1:{place.internal}",
                        PRODUCT=f"127.0.0.1:{product.port}", XDG_DATA_HOME=folder, XDG_CONFIG_HOME=folder, HOME=folder):
            trusted = until(lambda: trusting(root), 20, "Caddy's authority")
            held, pending = place.hold(), place.claim()
            assert over_tls(port, held["domain"], trusted) == (200, place.tenant["slug"])
            try:
                over_tls(port, pending["domain"], trusted)
                raise AssertionError("a certificate for an unverified domain")
            except ssl.SSLError:
                pass
            check = f"/tenant_domains/{held['id']}/check_certificate"
            checked = place.world.admin.post(check).json
            assert checked["ssl_enabled"] and checked["ssl_expires_at"] and not checked["ssl_error"], checked
            place.world.admin.post(check)
            assert place.events("tenant_domain.certificate_expiring") == 1  # Caddy's own last for hours; told once
            place.world.admin.post(f"/tenant_domains/{pending['id']}/check_certificate", None, 409)

            os.rename(root, root + ".away")
            untrusted = place.world.admin.post(check).json
            assert not untrusted["ssl_enabled"] and untrusted["ssl_error"], untrusted
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9", "-subj",
                            "/CN=other", "-keyout", f"{folder}/key", "-out", root], check=True, capture_output=True)
            stranger = place.world.admin.post(check).json
            assert not stranger["ssl_enabled"] and "certificate" in stranger["ssl_error"], stranger


def test_an_address_that_is_not_public_is_not_called(engine):
    with socket.create_server(("127.0.0.1", 0)) as listener, Place(engine) as place:
        listener.setblocking(False)
        held = place.hold()
        check = f"/tenant_domains/{held['id']}/check_certificate"
        assert "no address" in place.world.admin.post(check).json["ssl_error"]
        for kind, address in (("A", "127.0.0.1"), ("A", "10.0.0.1"), ("A", "169.254.169.254"), ("AAAA", "::1"), ("AAAA", "::ffff:10.0.0.1")):
            place.names.set(held["domain"], kind, address)
            told = place.world.admin.post(check).json
            assert not told["ssl_enabled"] and "not a public one" in told["ssl_error"], (address, told)
            place.names.set(held["domain"], kind)


def test_nginx_lets_verified_domains_pass_alone(engine):
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="nidia-nginx-") as folder, Place(engine) as place, Product(place) as product:
        os.chmod(folder, 0o755)
        held, pending = place.hold(), place.claim()
        text = (TOP / "docs" / "nginx.conf").read_text()
        for of_docs, of_test in (("127.0.0.1:8081", f"127.0.0.1:{place.internal}"), ("127.0.0.1:9000", f"127.0.0.1:{product.port}"),
                                 ("127.0.0.1:443", f"127.0.0.1:{port}"), ("/etc/nginx/domains", folder)):
            assert of_docs in text
            text = text.replace(of_docs, of_test)
        temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        configuration = pathlib.Path(folder) / "nginx.conf"
        configuration.write_text(f"pid {folder}/pid; error_log {folder}/error;\n" + text.replace("http {", f"http {{ access_log off; {temporary}", 1))
        for domain in (held, pending):
            os.mkdir(f"{folder}/{domain['domain']}")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9", "-subj", "/CN=x",
                            "-keyout", f"{folder}/{domain['domain']}/privkey.pem", "-out", f"{folder}/{domain['domain']}/fullchain.pem"],
                           check=True, capture_output=True)
            os.chmod(f"{folder}/{domain['domain']}/privkey.pem", 0o644)
        command = ["/usr/sbin/nginx", "-c", str(configuration), "-p", folder]
        subprocess.run([*command, "-t"], check=True, capture_output=True)
        anything = ssl._create_unverified_context()
        with running([*command, "-g", "daemon off;"], port):
            assert over_tls(port, held["domain"], anything) == (200, place.tenant["slug"])
            assert over_tls(port, pending["domain"], anything)[0] == 403


def test_domains_from_a_terminal(engine):
    with Place(engine) as place:
        def run(*words, expect=0):
            return nidia(place.world, "domain", *words, expect=expect)
        added = json.loads(run("add", place.tenant["slug"], "Terminal.co", "--json").stdout)
        assert added["domain"] == "terminal.co" and "challenge_absent" in run("verify", "terminal.co", "--json", expect=1).stderr
        place.names.prove(added)
        assert json.loads(run("verify", "terminal.co", "--json").stdout)["is_verified"]
        assert json.loads(run("primary", added["id"], "--json").stdout)["is_primary"]
        assert not json.loads(run("check", "terminal.co", "--json").stdout)["ssl_enabled"]
        assert "terminal.co" in run("list").stdout and "terminal.co" in run("list", "--tenant", place.tenant["slug"]).stdout
        run("list", "--tenant", "nadie", expect=1)
        assert json.loads(run("primary", "TERMINAL.co.", "--json").stdout)["id"] == added["id"]
        assert json.loads(run("add", place.tenant["id"], "ñandú.com.co", "--json").stdout)["domain"] == "xn--and-6ma2c.com.co"
        run("remove", "ÑANDÚ.com.co")
        run("remove", "ñandú.com.co", expect=1)
        run("remove", "terminal.co")
        run("verify", "terminal.co", expect=1)
        run("add", "terminal.co", expect=2)
        run(expect=2)


def test_another_node_knows_within_a_second(engine):
    only_on(engine, "postgres")
    with Place(engine) as place:
        other = Server(place.world.database, options=["--keyring", str(next(place.world.server.data.glob("*key*")))])
        try:
            other.start()
            there = place.machine.twin()
            there.port = other.port

            def seconds_to(status, domain):
                began = time.monotonic()
                until(lambda: there.get(f"/tls/ask?domain={domain['domain']}", (200, 404)).status == status, 20, f"{status} at the other node")
                return time.monotonic() - began

            def is_known():
                held = place.hold()
                found = seconds_to(200, held)
                place.world.admin.delete(f"/tenant_domains/{held['id']}")
                return found < 1 and seconds_to(404, held) < 1
            # A busy machine may take longer: then it proves nothing, and is done again.
            assert any(is_known() for _ in range(5))
            assert other.stop() == 0, other.log_tail()
        finally:
            other.remove()

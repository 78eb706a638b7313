"""A real identity provider (npm oidc-provider) over TLS, and a browser that goes there and comes back."""

import html
import http.cookiejar
import json
import re
import secrets
import ssl
import subprocess
import tempfile
import urllib.parse
import urllib.request

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from foreign_tokens import jwk
from server import TOP, free_port


class Certificate:
    """Of 127.0.0.1, trusted by whoever is given its file."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="nidia-idp-")
        self.key, self.path = f"{self.folder.name}/key", f"{self.folder.name}/certificate"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9", "-subj",
                        "/CN=idp", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.key, "-out", self.path],
                       check=True, capture_output=True)

    def remove(self):
        self.folder.cleanup()


NEW_KEYS = {
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


class IdentityProvider:
    """`people`: claims by subject. The same port, and so the same issuer, from start to start."""

    def __init__(self, world, certificate, name="acme", algorithm="RS256", **told):
        self.world, self.certificate, self.name = world, certificate, name
        self.port = free_port()
        self.issuer = f"https://127.0.0.1:{self.port}"
        home = f"http://127.0.0.1:{world.server.port}"
        self.told = {"issuer": self.issuer, "port": self.port, "client_id": "nidia", "client_secret": secrets.token_urlsafe(32),
                     "auth_method": "client_secret_basic", "algorithm": algorithm, "by_userinfo": False, "client": {}, "home": f"{home}/",
                     "redirect_uri": f"{home}/api/v1/auth/sso/{name}/callback", "key": certificate.key, "certificate": certificate.path,
                     "people": {}, "keys": [jwk(NEW_KEYS[algorithm](), "first")], **told}

    def __enter__(self):
        self.process = subprocess.Popen([TOP / "tools/node.sh", "tests/e2e/identity_provider.mjs", json.dumps(self.told)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()

    def rotate_keys(self):
        """As many do: a restart with keys of other names."""
        self.__exit__()
        self.told["keys"] = [jwk(NEW_KEYS[self.told["algorithm"]](), secrets.token_hex(4))]
        self.__enter__()

    def know(self, people):
        self.told["people"] = people
        print(json.dumps(people), file=self.process.stdin, flush=True)
        assert self.process.stdout.readline() == "known\n"

    def register(self, **columns):
        """With the server, by its super admin."""
        row = {"name": self.name, "display_name": self.name.title(), "issuer": self.issuer, "client_id": self.told["client_id"],
               "allows_private_network": True, "scopes": "openid email profile groups", "creates_people": True,
               "role_rules": [{"value": "admins", "role": "super_admin"}, {"value": "helpers", "role": "support"}], **columns}
        if self.told["client_secret"]:
            row["client_secret"] = self.told["client_secret"]
        return self.world.admin.post("/identity_providers", row, 201).json


class StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Browser:
    """One person's: the cookies of the provider, and those of our server, apart."""

    def __init__(self, world, certificate, source="127.0.0.1"):
        self.world, self.visitor = world, world.visitor.twin(source=source)
        self.cookies = {}
        context = ssl.create_default_context(cafile=certificate.path)
        self.opener = urllib.request.build_opener(StayHere, urllib.request.HTTPSHandler(context=context),
                                                  urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    # At our server

    def get(self, path, expect):
        reply = self.visitor.get(path, expect, **({"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
                                                  if self.cookies else {}))
        for cookie in reply.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
            if "Max-Age=0" in cookie:
                del self.cookies[name]
        return reply

    def begin(self, name="acme", query=""):
        """Where our server sends it."""
        return self.get(f"/auth/sso/{name}{query}", 303).headers["Location"]

    def come_back(self, url, expect=303):
        parts = urllib.parse.urlsplit(url)
        assert parts.path.startswith("/api/v1/")
        return self.get(f"{parts.path.removeprefix('/api/v1')}?{parts.query}", expect)

    def refresh(self, expect=200):
        return self.world.visitor.post("/auth/refresh", expect=expect, X_Session="cookie",
                                       Cookie=f"nidia_refresh={self.cookies['nidia_refresh']}")

    # At the provider

    def step(self, url, form=None):
        """(where it is sent to, or None; the page)."""
        body = urllib.parse.urlencode(form).encode() if form else None
        try:
            with self.opener.open(urllib.request.Request(url, body), timeout=20) as reply:
                return None, reply.read().decode()
        except urllib.error.HTTPError as reply:
            with reply:
                assert reply.code in (302, 303), f"{reply.code} of {url}: {reply.read().decode()}"
                return urllib.parse.urljoin(url, reply.headers["Location"]), ""

    def walk(self, url, subject):
        """Through the provider's pages, as who he says he is, until they send him to our server."""
        for _ in range(12):
            target, page = self.step(url)
            if target is None:
                action = html.unescape(re.search(r'action="([^"]*)"', page).group(1))
                prompt = re.search(r'name="prompt" value="(\w+)"', page).group(1)
                form = {"prompt": prompt, **({"login": subject, "password": "x"} if prompt == "login" else {})}
                target, _ = self.step(urllib.parse.urljoin(url, action), form)
            if target.startswith(f"http://127.0.0.1:{self.world.server.port}/"):
                return target
            url = target
        raise AssertionError(f"the provider's pages go on for ever: {url}")

    def sign_in(self, subject, name="acme", expect=303):
        return self.come_back(self.walk(self.begin(name), subject), expect)

    def client(self):
        """One of the API, for whoever is signed in in this browser."""
        token = self.refresh().json["access_token"]
        return self.world.visitor.twin(token=token)

"""An identity provider that lies: discovery, keys, tokens and userinfo are whatever a story makes of them."""

import http.server
import json
import ssl
import threading
import time
import urllib.parse

from foreign_tokens import public_jwk, sign
from identity_provider import NEW_KEYS
from server import free_port


class HostileProvider:
    """By itself an honest one that signs in `subject`; `token(claims, header)` may be replaced, and so may the answers."""

    def __init__(self, world, certificate, name="shady", algorithm="ES256"):
        self.world, self.name, self.port = world, name, free_port()
        self.issuer = f"https://127.0.0.1:{self.port}"
        self.key, self.key_id, self.algorithm = NEW_KEYS[algorithm](), "first", algorithm
        self.client_id, self.subject = "nidia", "eva"
        self.extra = {"email": "eva@nidia.test", "email_verified": True, "groups": ["helpers"]}
        self.asked, self.userinfo = [], {}
        self.reset()
        handler = type("Handler", (Handler,), {"provider": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.path, certificate.key)
        self.server.handle_error = lambda *_: None  # whoever does not trust it hangs up
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def reset(self):
        self.make_token = lambda claims: sign(self.key, {"alg": self.algorithm, "kid": self.key_id, "typ": "JWT"}, claims)
        self.change = {}  # of the claims; None removes one
        self.metadata, self.key_set, self.tokens = {}, None, {}
        self.status = 200
        self.nonce = None

    def register(self, **columns):
        return self.world.admin.post("/identity_providers", {
            "name": self.name, "display_name": "Shady", "issuer": self.issuer, "client_id": self.client_id, "client_secret": "x",
            "allows_private_network": True, "role_rules": [{"value": "helpers", "role": "support"}], "creates_people": True, **columns}, 201).json

    def claims(self, **more):
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": self.client_id, "sub": self.subject, "iat": now, "exp": now + 300, "auth_time": now, "nonce": self.nonce,
                  **self.extra, **more, **self.change}
        return {name: value for name, value in claims.items() if value is not None}

    def send_back(self, location, **parameters):
        """What a browser would bring from here: the URL of the callback."""
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
        assert asked["code_challenge_method"] == "S256" and asked["response_type"] == "code", asked
        self.nonce = asked["nonce"]
        answer = {"code": "a-code", "state": asked["state"], **parameters}
        return asked["redirect_uri"] + "?" + urllib.parse.urlencode({name: value for name, value in answer.items() if value is not None})

    def sign_in(self, browser, expect, **parameters):
        return browser.come_back(self.send_back(browser.begin(self.name), **parameters), expect)

    def answer(self, path, form):
        self.asked.append((path, form))
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize", "token_endpoint": f"{self.issuer}/token",
                    "jwks_uri": f"{self.issuer}/keys", **self.metadata}
        if path == "/keys":
            return self.key_set or {"keys": [public_jwk(self.key, self.key_id)]}
        if path == "/token":
            return {"id_token": self.make_token(self.claims()), "access_token": "opaque", "token_type": "Bearer", **self.tokens}
        return self.userinfo if path == "/userinfo" else {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self, form=None):
        body = self.provider.answer(self.path, form)
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(self.provider.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.provider.status == 302:
            self.send_header("Location", f"{self.provider.issuer}/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.do_GET({**dict(urllib.parse.parse_qsl(body)), "Authorization": self.headers["Authorization"]})

    def log_message(self, *_):
        pass

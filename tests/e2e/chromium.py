"""A real browser, driven over WebDriver, with virtual authenticators (W3C Web Authentication, §11) in place of security keys."""

import http.client
import http.server
import json
import shutil
import subprocess
import tempfile
import threading

from server import free_port, until

TIMEOUT_S = 60
# Nothing leaves this machine, and nothing is left on it.
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]
CREATE = """const [options, done] = arguments;
navigator.credentials.create({publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options)})
    .then(made => done(made.toJSON()), error => done({refused: error.name}))"""
GET = """const [options, done] = arguments;
navigator.credentials.get({publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options)})
    .then(given => done(given.toJSON()), error => done({refused: error.name}))"""


class Chromium:
    """One window, and the authenticators that are plugged into it."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="nidia-chromium-")
        self.port = free_port()
        self.driver = subprocess.Popen(["chromedriver", f"--port={self.port}"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        self.session = None

    def __enter__(self):
        try:
            until(self.is_ready, TIMEOUT_S, "chromedriver")
            options = {"args": [*ARGUMENTS, f"--user-data-dir={self.profile}"]}
            wanted = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options, "webauthn:virtualAuthenticators": True}}
            self.session = self.call("POST", "/session", {"capabilities": wanted})["sessionId"]
            self.do("POST", "/timeouts", {"script": 1000 * TIMEOUT_S})
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.session:
            self.call("DELETE", f"/session/{self.session}")
        self.driver.terminate()
        self.driver.wait(TIMEOUT_S)
        shutil.rmtree(self.profile, ignore_errors=True)

    def is_ready(self):
        assert self.driver.poll() is None, "chromedriver ended"
        try:
            return self.call("GET", "/status")["ready"]
        except OSError:
            return False

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
            reply = connection.getresponse()
            value = json.load(reply)["value"]
        finally:
            connection.close()
        assert reply.status == 200, f"{method} {path}: {value}"
        return value

    def do(self, method, path, body=None):
        return self.call(method, f"/session/{self.session}{path}", body)

    def visit(self, url):
        self.do("POST", "/url", {"url": url})

    def ask(self, script, options):
        return self.do("POST", "/execute/async", {"script": script, "args": [options]})

    def create(self, options):
        """What the page gives to the server for these options; {"refused": why} where the browser does not."""
        return self.ask(CREATE, options)

    def get(self, options):
        return self.ask(GET, options)

    def plug_in(self, **traits):
        return Authenticator(self, traits)


class Authenticator:
    """A virtual one, while it is plugged in; by default it asks for a PIN and keeps passkeys."""

    def __init__(self, chromium, traits):
        self.chromium = chromium
        self.id = chromium.do("POST", "/webauthn/authenticator", {"protocol": "ctap2", "transport": "usb", "hasResidentKey": True,
                                                                  "hasUserVerification": True, "isUserVerified": True, **traits})
        self.path = f"/webauthn/authenticator/{self.id}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.chromium.do("DELETE", self.path)

    def credentials(self):
        return self.chromium.do("GET", f"{self.path}/credentials")

    def put(self, credential):
        """In place of what it had under this id."""
        self.chromium.do("DELETE", f"{self.path}/credentials/{credential['credentialId']}")
        self.chromium.do("POST", f"{self.path}/credential", credential)


class OtherSite:
    """An empty page at another port of this machine: to a browser, another origin of the same domain."""

    def __init__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), EmptyPage)
        self.url = f"http://localhost:{self.server.server_port}/"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class EmptyPage(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

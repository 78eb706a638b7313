"""The benchmarks of ./bench: each figure beside its yardstick in the same run, medians of interleaved rounds."""

import contextlib
import os
import pathlib
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid

from load import Load, Nginx, pgbench, settled_mib, timed
from server import ADMIN_EMAIL, ADMIN_PASSWORD, Server, free_port, pause, until
from client import Client, read_contract
from harness import PostgreSQL
import listeners

ROUNDS = int(os.environ.get("ROUNDS", "5"))
SECONDS = int(os.environ.get("SECONDS", "2"))
LATENCY_SECONDS = 3 * SECONDS  # the slowest hundredth needs more requests than a mean
CONNECTIONS, POSTGRES_CONNECTIONS, WRITERS, TENANTS, PROVISIONED = 32, 16, 64, 10_000, 40
LISTENERS, CHANGES_A_SECOND = 1000, 5
FLEET = int(os.environ.get("FLEET", "1000"))
ONLY = os.environ.get("ONLY", "")  # of the part "reading": figures whose names hold this
A_DAY_MS = 86_400_000
PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "build" / "nidia"
SINGLE_COMMITS = os.environ.get("NIDIA_SINGLE_COMMITS", str(PROGRAM.parent / "single_commits"))
table = []


def row(what, ours, yardstick, ratio, reach):
    table.append((what, ours, yardstick, ratio, reach))
    print(f"{what:58} {ours:>16} {yardstick:>22} {ratio:>8}  {reach}", flush=True)


def is_wanted(what):
    return ONLY in what


def interleaved(ours, yardstick):
    """Both in turn, ROUNDS times."""
    pairs = [(ours(), yardstick()) for _ in range(ROUNDS)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def median(results, figure):
    return statistics.median(getattr(result, figure) for result in results)


def sign_in(server):
    client = Client(server.port, read_contract(server.port))
    reply = client.post("/auth/login", {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}, expect=200).json
    client.token = reply["access_token"]
    return client


def make_tenant(client, slug):
    return client.post("/tenants", {"name": f"Empresa {slug}", "slug": slug, "plan_type": "professional",
                                    "billing_email": f"pagos@{slug}.example"}, expect=201).json["id"]


def wait_active(client, tenant):
    return until(lambda: (found := client.get(f"/tenants/{tenant}").json)["is_active"] and found, 30, "an active tenant")


VERIFIED_DOMAIN = ("INSERT INTO tenant_domains (id, tenant_id, domain, status, is_verified, verified_at, created_at, updated_at, search) "
                   "VALUES ({0}, {1}, {2}, 'verified', true, {3}, {3}, {3}, '')")


def id_in_order(table, i):
    """As the program makes them (UUIDv7): a later row's is greater."""
    return str(uuid.UUID(int=(0x0190 << 112) | (7 << 76) | (8 << 60) | table << 32 | i))


def multiply_tenants(path, count):
    """Copies of a real tenant's row, each with names of its own: rows alone, without databases."""
    database = sqlite3.connect(path)
    columns = [column[1] for column in database.execute("PRAGMA table_info(tenants)")]
    model = dict(zip(columns, database.execute("SELECT * FROM tenants LIMIT 1").fetchone()))
    rows = []
    for i in range(count):
        slug = f"empresa-{i:05}"
        own = {"id": id_in_order(0, i), "slug": slug, "name": f"Empresa {i:05}",
               "db_name": f"tenant_{i:012x}", "db_username": f"tenant_{i:012x}", "search": f"empresa {i:05} {slug}",
               "plan_status": ["active", "trial", "past_due"][i % 3], "created_at": model["created_at"] - A_DAY_MS,
               "updated_at": model["updated_at"] - A_DAY_MS}
        rows.append([own.get(column, model[column]) for column in columns])
    database.executemany(f"INSERT INTO tenants ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", rows)
    identity, slug = columns.index("id"), columns.index("slug")
    database.executemany(VERIFIED_DOMAIN.format("?", "?", "?", 1), [(id_in_order(1, i), row[identity], f"{row[slug]}.example.co") for i, row in enumerate(rows)])
    database.commit()
    database.close()


def sqlite_server(options=()):
    """A server with TENANTS tenants, as shipped but for the log's end."""
    server = Server(None, options=options).start()
    make_first = sign_in(server)
    wait_active(make_first, make_tenant(make_first, "primera"))
    make_first.patch("/system_settings/quota_machine", {"value": 0})
    server.stop()
    multiply_tenants(server.data / "superadmin.db", TENANTS)
    return server.start()


IN_TURN_SCRIPT = """
local paths, at = {}, 0
for path in io.lines(os.getenv("BENCH_PATHS")) do paths[#paths + 1] = path end
function request()
  at = at % #paths + 1
  return wrk.format("GET", paths[at])
end
"""


def write_in_turn(server, folder):
    """A script that asks for one tenant after the other: hardly any answer is remembered from the time before."""
    paths, script = folder / "paths", folder / "in_turn.lua"
    with contextlib.closing(sqlite3.connect(server.data / "superadmin.db")) as database:
        ids = database.execute("SELECT id FROM tenants ORDER BY slug").fetchall()
    paths.write_text("".join(f"/api/v1/tenants/{one}\n" for one, in ids))
    script.write_text(IN_TURN_SCRIPT)
    os.environ["BENCH_PATHS"] = str(paths)
    return script


def measure_reading(folder):
    internal = free_port()
    server = sqlite_server(["--internal", f"127.0.0.1:{internal}"])
    client = sign_in(server)
    tenant = client.get("/tenants/empresa-00007").json["id"]
    key = client.post("/api_keys", {"name": "bench", "scopes": ["directory"]}, expect=201).json["key"]
    signed_in, machine = f"Authorization: Bearer {client.token}", f"Authorization: Bearer {key}"
    paths = {
        "/one": (f"/api/v1/tenants/{tenant}", signed_in),
        "/list": ("/api/v1/tenants?plan_status=active&count=true&limit=20", signed_in),
        "/resolve": ("/api/v1/resolve?slug=empresa-00007", machine),
        "/host": ("/api/v1/resolve?host=empresa-00007.example.co", machine),
        "/ask": ("/api/v1/tls/ask?domain=empresa-00007.example.co", machine),
    }
    bodies = {path: client.exchange("GET", target, None, {"Authorization": header.split(": ")[1]}).body.decode()
              for path, (target, header) in paths.items()}
    nginx = Nginx(folder, bodies)

    def measured(path, figure, what, reach, script=None):
        if not is_wanted(what):
            return
        target, header = paths[path]
        url = f"http://127.0.0.1:{server.port}{target}"
        ours, theirs = interleaved(lambda: Load(url, SECONDS, CONNECTIONS, server.process.pid, [header], script),
                                   lambda: nginx.load(path, SECONDS, CONNECTIONS))
        assert not any(load.failed for load in ours + theirs), f"{what}: replies other than 2xx"
        cpu, cpu_theirs = median(ours, "cpu_us"), median(theirs, "cpu_us")
        rate, rate_theirs = median(ours, "rate"), median(theirs, "rate")
        ratio = cpu / cpu_theirs if figure == "cpu" else rate / rate_theirs
        row(what, f"{cpu:.1f} us {rate:.0f}/s", f"nginx {cpu_theirs:.1f} us {rate_theirs:.0f}/s", f"{ratio:.2f}", reach)
        if figure == "rate":
            row("  its p99", f"{median(ours, 'p99_ms'):.2f} ms", f"nginx {median(theirs, 'p99_ms'):.2f} ms", "-", "< 1 ms")

    measured("/one", "cpu", "signed-in GET /tenants/{id}, SQLite", "CPU <= 2x")
    measured("/one", "cpu", f"the same, {TENANTS} tenants in turn", "-", write_in_turn(server, folder))
    measured("/list", "cpu", f"20 of {TENANTS} tenants, filtered, with total", "CPU <= 8x")
    measured("/resolve", "rate", "resolve", "throughput >= 0.8x")
    measured("/host", "rate", f"resolve?host= of {TENANTS} domains", "throughput >= 0.8x")
    measured("/ask", "rate", f"tls/ask of {TENANTS} domains", "throughput >= 0.8x")
    nginx.stop()
    if is_wanted("an access token's verification"):
        measure_credential(server, internal, paths["/ask"][0], signed_in)
    if is_wanted("hashing"):
        measure_hashing(server)
    if is_wanted("p99 beside sign-ins"):
        measure_sign_ins(server, f"http://127.0.0.1:{server.port}{paths['/one'][0]}", signed_in)
    server.stop()
    if is_wanted("start, idle memory"):
        measure_start(server)
    server.remove()


def measure_credential(server, internal, target, header):
    """What a request costs more where an access token comes with it: reading, verifying and admitting, and counting its quota."""
    def cost(port, headers):
        return Load(f"http://127.0.0.1:{port}{target}", SECONDS, CONNECTIONS, server.process.pid, headers)
    signed_in, open_to_all = interleaved(lambda: cost(server.port, [header]), lambda: cost(internal, []))
    assert not any(load.failed for load in signed_in + open_to_all), "tls/ask: replies other than 2xx"
    more = statistics.median(one.cpu_us - other.cpu_us for one, other in zip(signed_in, open_to_all))
    row("an access token's verification, with quota", f"{more:.1f} us", f"without {median(open_to_all, 'cpu_us'):.1f} us", "-", "<= 3 us")


class Guesses:
    """Wrong passwords of unknown people, as fast as they are answered: each costs a whole bcrypt."""

    CLIENTS = 4

    def __init__(self, server):
        admin = sign_in(server)
        for setting in ("sign_ins_per_account", "sign_ins_per_address"):
            admin.patch(f"/system_settings/{setting}", {"value": 10_000})
        self.server, self.ended, self.counts = server, threading.Event(), [0] * self.CLIENTS

    def guess(self, i):
        client = Client(self.server.port, read_contract(self.server.port))
        while not self.ended.is_set():
            client.post("/auth/login", {"email": f"nadie{i}@example.com", "password": f"una clave cualquiera {uuid.uuid4()}"}, expect=None)
            self.counts[i] += 1

    def beside(self, action):
        self.ended.clear()
        threads = [threading.Thread(target=self.guess, args=(i,)) for i in range(self.CLIENTS)]
        for thread in threads:
            thread.start()
        result = action()
        self.ended.set()
        for thread in threads:
            thread.join()
        return result

    def rate(self, seconds):
        """How many are answered in a second: from the first question to the last answer."""
        before, begun = sum(self.counts), time.monotonic()
        self.beside(lambda: pause(seconds))
        return (sum(self.counts) - before) / (time.monotonic() - begun)


def hashes_a_second(processes, seconds):
    """Of bcrypt alone, at our cost, by so many processes."""
    hashing = [subprocess.Popen([sys.executable, "-W", "ignore", "-c", RAW_BCRYPT, str(seconds)], stdout=subprocess.PIPE, text=True)
               for _ in range(processes)]
    return sum(float(one.communicate()[0]) for one in hashing)


RAW_BCRYPT = """
import crypt, sys, time
begun, count = time.monotonic(), 0
while time.monotonic() - begun < float(sys.argv[1]):
    crypt.crypt("una clave de cuarenta y cuatro letras o mas.", "$2b$12$abcdefghijklmnopqrstuu")
    count += 1
print(count / (time.monotonic() - begun))
"""


def measure_hashing(server):
    names = [thread.read_text().strip() for thread in pathlib.Path(f"/proc/{server.process.pid}/task").glob("*/comm")]
    threads, guesses = names.count("hashing"), Guesses(server)
    ours, raw = interleaved(lambda: guesses.rate(LATENCY_SECONDS), lambda: hashes_a_second(threads, LATENCY_SECONDS))
    rate, rate_raw = statistics.median(ours), statistics.median(raw)
    row(f"sign-ins, {threads} hashing", f"{rate:.2f}/s", f"bcrypt alone {rate_raw:.2f}/s", f"{rate / rate_raw:.2f}", ">= 0.9x")


def measure_sign_ins(server, url, header, where=""):
    guesses = Guesses(server)

    def load():
        return Load(url, LATENCY_SECONDS, 8, server.process.pid, [header])

    beside, alone = interleaved(lambda: guesses.beside(load), load)
    with_them, without = median(beside, "p99_ms"), median(alone, "p99_ms")
    ratio = statistics.median(one.p99_ms / other.p99_ms for one, other in zip(beside, alone))  # of neighbours in time
    row(f"p99 beside {sum(guesses.counts)} sign-ins{where}", f"{with_them:.2f} ms", f"without {without:.2f} ms",
        f"{ratio:.2f}", "<= 2x")


def start_and_look(server):
    """Looks each millisecond: what waits for a server elsewhere looks so seldom that it would tell 10 ms too much."""
    server.start(wait=False)
    while not server.is_ready():
        pause(0.001)


def measure_start(server):
    times = []
    for _ in range(ROUNDS):
        times.append(timed(lambda: start_and_look(server)) * 1000)
        server.stop()
    server.start()
    row(f"start with {TENANTS} tenants", f"{statistics.median(times):.0f} ms", "-", "-", "<= 100 ms")
    row(f"idle memory with {TENANTS} tenants", f"{settled_mib(server.process.pid):.1f} MiB", "-", "-", "<= 30 MiB")
    row("stripped binary", f"{PROGRAM.stat().st_size / 1e6:.2f} MB", "-", "-", "<= 5 MB")
    server.stop()


WRITE_SCRIPT = """
local thread_count = 0
function setup(thread) thread:set("number", thread_count); thread_count = thread_count + 1 end
local n = 0
function request()
  n = n + 1
  local body = string.format('{"key":"bench-%s-%d-%d","value":%d}', os.getenv("BENCH_RUN"), number, n, n)
  return wrk.format("POST", "/api/v1/system_settings", { ["Content-Type"] = "application/json", ["Authorization"] = os.getenv("BENCH_TOKEN") }, body)
end
"""


def measure_writing(folder):
    server = Server(None).start()
    client = sign_in(server)
    script = folder / "write.lua"
    script.write_text(WRITE_SCRIPT)
    url = f"http://127.0.0.1:{server.port}"

    def ours():
        os.environ.update(BENCH_RUN=uuid.uuid4().hex[:8], BENCH_TOKEN=f"Bearer {client.token}")
        return Load(url, SECONDS, WRITERS, server.process.pid, script=script)

    def singly():
        target = folder / f"{uuid.uuid4().hex}.db"
        source = server.data / "superadmin.db"
        return float(subprocess.run([SINGLE_COMMITS, source, target, "system_settings", "2000"], capture_output=True, text=True, check=True).stdout)

    writes, single = interleaved(ours, singly)
    assert not any(load.failed for load in writes), "durable create: replies other than 2xx"
    rate, rate_single = median(writes, "rate"), statistics.median(single)
    row(f"durable create on SQLite, {WRITERS} clients", f"{rate:.0f}/s", f"singly {rate_single:.0f}/s", f"{rate / rate_single:.1f}", ">= 3x")
    server.stop()
    server.remove()


CONSUME_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"metric":"api_calls","exact":EXACT}'
"""


def measure_consuming(folder):
    """Of one tenant, by as many clients at once: from memory beside an answer that is always the same, and exactly."""
    server = Server(None).start()
    client = sign_in(server)
    tenant = make_tenant(client, "primera")
    wait_active(client, tenant)
    client.patch(f"/tenants/{tenant}", {"max_monthly_api_calls": 1_000_000_000})
    target, header = f"/tenants/{tenant}/consume", f"Authorization: Bearer {client.token}"
    nginx = Nginx(folder, {"/consume": client.post(target, {"metric": "api_calls"}, 200).body.decode()})

    def consume(exact):
        script = folder / "consume.lua"
        script.write_text(CONSUME_SCRIPT.replace("EXACT", "true" if exact else "false"))
        return Load(f"http://127.0.0.1:{server.port}/api/v1{target}", SECONDS, WRITERS if exact else CONNECTIONS, server.process.pid,
                    [header], script)

    ours, theirs = interleaved(lambda: consume(False), lambda: nginx.load("/consume", SECONDS, CONNECTIONS))
    exactly = [consume(True) for _ in ours]
    assert not any(load.failed for load in ours + exactly), "consume: replies other than 2xx"
    rate, rate_theirs = median(ours, "rate"), median(theirs, "rate")
    row("consume from memory", f"{rate:.0f}/s", f"nginx {rate_theirs:.0f}/s", f"{rate / rate_theirs:.2f}", "throughput >= 0.5x")
    row(f"consume exactly, on disk, SQLite, {WRITERS} clients", f"{median(exactly, 'rate'):.0f}/s", "-", "-", ">= 5,000/s")
    nginx.stop()
    server.stop()
    server.remove()


def provisioning_ms(client, prefix):
    taken = []
    for i in range(PROVISIONED):
        found = wait_active(client, make_tenant(client, f"{prefix}-{i}"))
        taken.append(milliseconds_between(found["created_at"], found["provisioned_at"]))
    return statistics.median(taken)


def milliseconds_between(earlier, later):
    from datetime import datetime
    return (datetime.fromisoformat(later.replace("Z", "+00:00")) - datetime.fromisoformat(earlier.replace("Z", "+00:00"))).total_seconds() * 1000


def measure_provisioning(engine, database, reach):
    server = Server(database).start()
    row(f"provisioning, p50 of {PROVISIONED}, {engine}", f"{provisioning_ms(sign_in(server), 'nueva'):.0f} ms", "-", "-", reach)
    server.stop()
    server.remove()


def claimed_ms(client, slug):
    """From the reply to the creation, which comes after its commit, to the first reply that says it is active."""
    tenant = make_tenant(client, slug)
    replied = time.monotonic()
    while not client.get(f"/tenants/{tenant}").json["is_active"]:
        pass
    return (time.monotonic() - replied) * 1000


def measure_claims(engine, database, reach):
    server = Server(database).start()
    client = sign_in(server)
    pooled = PROVISIONED + 1  # made one by one, each counted first: when the last one is counted, those before it are ready
    client.patch("/database_hosts/default", {"pool_size": pooled}, expect=200)
    until(lambda: client.get("/database_hosts/default").json["database_count"] == pooled, 120, "a pool")
    taken = [claimed_ms(client, f"bote-{i}") for i in range(PROVISIONED)]
    row(f"claim of the pool, p50 of {PROVISIONED}, {engine}", f"{statistics.median(taken):.1f} ms", "-", "-", reach)
    server.stop()
    server.remove()


def measure_live():
    """The same load and the same changes, with and without a thousand who listen to them."""
    server = Server(None).start()
    client = sign_in(server)
    tenant = make_tenant(client, "primera")
    wait_active(client, tenant)
    keys = [client.post("/api_keys", {"name": f"bench {i}", "scopes": ["events"]}, expect=201).json["key"]
            for i in range(LISTENERS // listeners.PER_KEY)]
    url, header = f"http://127.0.0.1:{server.port}/api/v1/tenants/{tenant}", f"Authorization: Bearer {client.token}"

    def load_beside_changes():
        ended, made = threading.Event(), []

        def change():
            while not ended.wait(1 / CHANGES_A_SECOND):
                made.append(make_plan(client.twin()))
        thread = threading.Thread(target=change)
        thread.start()
        result = Load(url, SECONDS, 8, server.process.pid, [header])
        ended.set()
        thread.join()
        return result, made

    def listened_to():
        streams = listeners.Listeners(server.port, keys, LISTENERS)
        result, made = load_beside_changes()
        until(lambda: streams.have_heard(made), 10, f"{len(made)} changes at each of {LISTENERS} listeners")
        streams.close()
        until(lambda: b"nidia_listeners 0\n" in client.twin(base="").get("/metrics").body, 10, "the end of the streams")
        return result

    beside, alone = interleaved(listened_to, lambda: load_beside_changes()[0])
    with_them, without = median(beside, "p99_ms"), median(alone, "p99_ms")
    row(f"p99 of other requests beside {LISTENERS} listeners", f"{with_them:.2f} ms", f"without {without:.2f} ms",
        f"{with_them / without:.2f}", "<= 2x")
    server.stop()
    server.remove()


def make_plan(client):
    return client.post("/plans", {"name": f"plan-{uuid.uuid4().hex[:12]}", "display_name": "x", "max_users": 1, "max_storage_gb": 1},
                       expect=201).json["id"]


def new_database(name):
    url = os.environ["NIDIA_TEST_POSTGRES"]
    subprocess.run([pathlib.Path(os.environ["NIDIA_TEST_POSTGRES_BIN"]) / "psql", "-q", url, "-c", f"CREATE DATABASE {name}"], check=True)
    return url.rsplit("/", 1)[0] + f"/{name}"


def nidia_fleet(server, *words):
    database = ["--database", server.database] if server.database else []
    subprocess.run([PROGRAM, "fleet", *words, "--data", server.data, *server.options, *database], check=True, capture_output=True)


def measure_fleet(folder, engine, database):
    """A whole command each: FLEET tenants that are up to date, then a small migration of all of them."""
    schema = folder / f"schema-{engine}"
    shutil.copytree(PROGRAM.parents[1] / "tenant-schema", schema)
    server = Server(database, options=["--tenant-schema", str(schema)]).start()
    client = sign_in(server)
    for i in range(FLEET):
        make_tenant(client, f"empresa-{i:05}")
    until(lambda: client.get("/fleet").json["tenants"] == FLEET, FLEET, "the fleet's databases")
    checks = [timed(lambda: nidia_fleet(server, "migrate")) for _ in range(ROUNDS)]
    row(f"fleet check, {FLEET} tenants up to date, {engine}", f"{statistics.median(checks) * 1000:.0f} ms", "-", "-", "<= 1 s")
    (schema / "0100_priority.sql").write_text("ALTER TABLE tasks ADD COLUMN bench_priority bigint NOT NULL DEFAULT 0;")
    taken = timed(lambda: nidia_fleet(server, "migrate", "--canary", "5", "--parallel", "8"))
    row(f"fleet migration, {FLEET} tenants, {engine}", f"{taken:.1f} s", "-", "-", "<= 60 s")
    server.stop()
    server.remove()


def measure_postgres():
    pgbench_program = pathlib.Path(os.environ["NIDIA_TEST_POSTGRES_BIN"]) / "pgbench"
    control, yardstick, provisioning = (new_database(name) for name in ("bench_control", "bench_yardstick", "bench_provisioning"))
    subprocess.run([pgbench_program, "-i", "-q", "-s", "1", yardstick], check=True, capture_output=True)
    server = Server(control, options=["--workers", str(POSTGRES_CONNECTIONS)]).start()
    client = sign_in(server)
    tenant = make_tenant(client, "primera")
    wait_active(client, tenant)
    url, header = f"http://127.0.0.1:{server.port}/api/v1/tenants/{tenant}", f"Authorization: Bearer {client.token}"
    ours, theirs = interleaved(lambda: Load(url, SECONDS, POSTGRES_CONNECTIONS, server.process.pid, [header]).rate,
                               lambda: pgbench(yardstick, SECONDS, POSTGRES_CONNECTIONS))
    rate, tps = statistics.median(ours), statistics.median(theirs)
    row("signed-in GET /tenants/{id}, PostgreSQL", f"{rate:.0f}/s", f"pgbench {tps:.0f}/s", f"{rate / tps:.2f}", "throughput >= 0.5x")
    measure_sign_ins(server, url, header, ", PostgreSQL")
    server.stop()
    server.remove()
    measure_provisioning("PostgreSQL", provisioning, "<= 200 ms")


def measure_without_database(folder):
    """What a proxy asks before each certificate, at the listener that wants no key, and whose a request is, while
    PostgreSQL runs and is stopped."""
    postgres, url, internal = PostgreSQL(), new_database("bench_stopped"), free_port()
    server = Server(url, options=["--internal", f"127.0.0.1:{internal}"]).start()
    client = sign_in(server)
    tenant = make_tenant(client, "primera")
    wait_active(client, tenant)
    postgres.run(VERIFIED_DOMAIN.format("gen_random_uuid()", f"'{tenant}'", "'primera.example.co'", "now()"), url)
    key = client.post("/api_keys", {"name": "bench", "scopes": ["directory"]}, expect=201).json["key"]
    client.patch("/system_settings/quota_machine", {"value": 0})
    server.stop()
    server.start()
    asked = {"/ask": (internal, "tls/ask?domain=", ()),
             "/host": (server.port, "resolve?host=", [f"Authorization: Bearer {key}"])}
    found = client.twin().exchange("GET", "/api/v1/resolve?host=primera.example.co", None, {"Authorization": f"Bearer {key}"})
    nginx = Nginx(folder, {"/ask": "", "/host": found.body.decode()})

    def measure(when):
        for name, (port, path, headers) in asked.items():
            url = f"http://127.0.0.1:{port}/api/v1/{path}primera.example.co"
            ours, theirs = interleaved(lambda: Load(url, SECONDS, 8, server.process.pid, headers),
                                       lambda: nginx.load(name, SECONDS, 8))
            assert not any(one.failed for one in ours), f"{path}, {when}: replies other than 2xx"
            rate, rate_theirs = median(ours, "rate"), median(theirs, "rate")
            row(f"{path[:-1]}, {when}", f"{rate:.0f}/s", f"nginx {rate_theirs:.0f}/s", f"{rate / rate_theirs:.2f}", "throughput >= 0.8x")
            row("  its p99", f"{median(ours, 'p99_ms'):.2f} ms", f"nginx {median(theirs, 'p99_ms'):.2f} ms", "-", "< 1 ms")
    measure("PostgreSQL runs")
    postgres.restart(meanwhile=lambda: measure("PostgreSQL stopped"))
    nginx.stop()
    server.stop()
    server.remove()


def main():
    asked = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="nidia-bench-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        parts = {
            "reading": lambda: measure_reading(folder),
            "writing": lambda: measure_writing(folder),
            "consuming": lambda: measure_consuming(folder),
            "provisioning": lambda: measure_provisioning("SQLite", None, "<= 20 ms"),
            "claim": lambda: [measure_claims("SQLite", None, "<= 10 ms"),
                              measure_claims("PostgreSQL", new_database("bench_claim"), "<= 50 ms")],
            "live": measure_live,
            "postgres": measure_postgres,
            "stopped": lambda: measure_without_database(folder),
            "fleet": lambda: [measure_fleet(folder, *place) for place in (("SQLite", None), ("PostgreSQL", new_database("bench_fleet")))],
        }
        print(f"{'what':58} {'ours':>16} {'yardstick':>22} {'ratio':>8}  reach")
        for part, measure in parts.items():
            if not asked or part in asked:
                measure()


main()

"""Every role and kind of key walks through every operation of the OpenAPI document, with ids of its own, of others and of
nobody: what it may not see is not there, whichever way it asks (IDENTITY.md's table; the document's x-roles, x-scopes)."""

import datetime
import functools
import itertools
import json
import re
import secrets
import sqlite3
import uuid

import psycopg2

from server import until
from stream import Stream

MISSING = str(uuid.UUID(int=0xfeed))
ROLES = ("super_admin", "support", "billing_admin", "tenant_admin")
OWN_HEADERS = ("x-request-id", "date", "ratelimit", "ratelimit-policy", "content-length")
# What a row must be beside its types.
PARTICULARS = {
    "invoices": ({"status": "draft"}, {"status": "pending", "invoice_number": "N-{n}", "issued_at": "now"}),
    "ticket_messages": ({}, {"is_internal": True, "is_staff": True}),
}
# What a body must hold to come as far as its references.
PLAUSIBLE = {"tenant_domains": {"domain": "www.de-nadie.com"}, "api_keys": {"scopes": ["tenants:read"]}}


class Storage:
    """The server's database, while it is down: rows that no call makes yet."""

    def __init__(self, world):
        self.is_sqlite = not world.database
        self.connection = sqlite3.connect(world.server.data / "superadmin.db", timeout=30) if self.is_sqlite else psycopg2.connect(world.database)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.commit()
        self.connection.close()

    def run(self, sql, values=()):
        cursor = self.connection.cursor()
        cursor.execute(sql if self.is_sqlite else sql.replace("?", "%s"), values)
        return cursor.fetchall() if cursor.description else []

    def required(self, table):
        """[(column, type)] of what has neither a default nor may be left out."""
        if self.is_sqlite:
            return [(name, kind.lower()) for _, name, kind, required, default, _ in self.run(f"PRAGMA table_info({table})") if required and default is None]
        return self.run("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = ? AND is_nullable = 'NO' AND column_default IS NULL",
                        (table,))

    def later(self, column, days):
        return f"{column} + {days * 24 * 3_600_000}" if self.is_sqlite else f"{column} + interval '{days} days'"

    def time(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        return int(now.timestamp() * 1000) if self.is_sqlite else now


class Document:
    """The operations and tables of the OpenAPI document."""

    def __init__(self, document):
        self.document, self.schemas = document, document["components"]["schemas"]
        self.operations = [(method.upper(), path, operation) for path, methods in document["paths"].items() for method, operation in methods.items()]
        self.tables = {}
        for path, methods in document["paths"].items():
            schema = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
            if schema.endswith("_list") and not path.startswith("/api/v1/auth/"):
                self.tables[path.rsplit("/", 1)[1]] = schema.rsplit("/", 1)[1][:-len("_list")]

    def columns(self, table):
        return self.schemas[self.tables[table]]["properties"]

    def reference(self, table, column):
        """The table that a column refers to."""
        for choice in self.columns(table).get(column, {}).get("oneOf", []):
            if "$ref" in choice:
                return next((name for name, row in self.tables.items() if choice["$ref"].endswith(f"/{row}")), None)
        return None

    def sample(self, schema, given=()):
        """The least that the schema takes."""
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].rsplit("/", 1)[1]]
        if "enum" in schema:
            return schema["enum"][0]
        kind = schema.get("type", "object")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind == "object":
            members = schema.get("properties", {})
            return {name: self.sample(members[name]) for name in schema.get("required", ()) if name in members}
        if kind == "array":
            return ["x"] * schema.get("minItems", 0)
        if kind == "string":
            formats = {"uuid": MISSING, "email": "nadie@nadie.test", "date-time": "2030-01-01T00:00:00.000Z", "date": "2030-01-01"}
            return formats.get(schema.get("format"), "x" * max(1, schema.get("minLength", 1)))
        return {"boolean": False, "integer": schema.get("minimum", 1), "number": schema.get("minimum", 1)}.get(kind)

    def body(self, operation):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        return self.sample(content["schema"]) if content else None


class Walk:
    def __init__(self, world):
        self.world, self.document = world, Document(world.contract.document)
        for setting in ("quota_tenant_admin", "quota_machine"):
            world.admin.patch(f"/system_settings/{setting}", {"value": 0})
        self.own, self.foreign = (world.new_tenant(notes=word) for word in ("propia", "ajena"))
        owner, stranger = (world.sign_in_as("tenant_admin", tenant["id"]) for tenant in (self.own, self.foreign))
        support = world.sign_in_as("support")
        for client, tenant in ((owner, self.own), (stranger, self.foreign)):
            client.post("/tenant_domains", {"domain": f"www.{tenant['slug']}.com"}, 201)
            world.admin.post("/api_keys", {"name": "suya", "scopes": ["directory"], "tenant_id": tenant["id"]}, 201)
            support.post(f"/users/{client.user['id']}/impersonate", {"reason": "prueba", "minutes": 5}, 201)
        begun = support.post(f"/users/{owner.user['id']}/impersonate", {"reason": "prueba", "minutes": 5}, 201).json
        self.clients = {
            "super_admin": world.admin, "support": support, "billing_admin": world.sign_in_as("billing_admin"), "tenant_admin": owner,
            "key": self.machine(owner), "key for all": self.machine(world.admin), "key for the tenant": self.machine(world.admin, tenant_id=self.own["id"]),
            "impersonator": world.visitor.twin(token=begun["access_token"])}
        self.people = {self.own["id"]: owner.user["id"], self.foreign["id"]: stranger.user["id"]}
        self.fill()
        self.known = {table: {row["id"]: row for row in world.admin.all_pages(f"/{table}")} for table in self.document.tables}
        self.seen = {name: {table: self.ids(client, table) for table in self.document.tables} for name, client in self.clients.items()}

    confined = ("tenant_admin", "key", "key for the tenant", "impersonator")

    def role(self, name):
        """Whose rights the client has."""
        return {"key": "tenant_admin", "key for the tenant": "tenant_admin", "impersonator": "tenant_admin", "key for all": "super_admin"}.get(name, name)

    def machine(self, maker, **columns):
        """With every scope that the maker can give."""
        scopes, given = [f"{table}:{verb}" for verb in ("write", "read") for table in self.document.tables], []
        while scopes:
            reply = maker.post("/api_keys", {"name": "prueba", "scopes": scopes[:50], **columns}, (201, 422))
            refused = {int(fault.rsplit("/", 1)[1]) for fault in reply.faults} if reply.status == 422 else set()
            taken = [] if refused else scopes[:50]
            given += taken
            scopes = [scope for i, scope in enumerate(scopes) if i not in refused and scope not in taken]
            scopes = [scope for scope in scopes if scope.replace(":read", ":write") not in given]
        return self.world.visitor.twin(token=maker.post("/api_keys", {"name": "todo", "scopes": given, **columns}, 201).json["key"])

    def ids(self, client, table):
        reply = client.get(f"/{table}?limit=1", (200, 403))
        return {row["id"] for row in client.all_pages(f"/{table}?fields=id")} if reply.status == 200 else None

    def foreign_ids(self, table):
        owner = "id" if table == "tenants" else "tenant_id"
        return {key for key, row in self.known[table].items() if row.get(owner) == self.foreign["id"]}

    def fill(self):
        """A row for either tenant in each table that has none, and of each kind that not everybody sees."""
        empty = [table for table in self.document.tables
                 if table in PARTICULARS or not self.world.admin.get(f"/{table}?limit=1").json["data"]]
        assert self.world.server.stop() == 0, self.world.server.log_tail()
        with Storage(self.world) as storage:
            made = {tenant: {} for tenant in self.people}
            for table, tenant in itertools.product(empty, self.people):
                if "tenant_id" in self.document.columns(table):
                    for n, particulars in enumerate(PARTICULARS.get(table, ({},))):
                        made[tenant].setdefault(table, self.insert(storage, table, tenant, particulars, made[tenant], n))
        self.world.start_again()
        for client in self.clients.values():
            client.close()

    def insert(self, storage, table, tenant, particulars, made, n):
        row = {column: self.value(storage, table, column, kind, tenant, made) for column, kind in storage.required(table)}
        row |= {"id": str(uuid.uuid4())} | ({"tenant_id": tenant} if "tenant_id" in self.document.columns(table) else {})
        for column, value in particulars.items():
            row[column] = storage.time() if value == "now" else value.format(n=f"{tenant}{n}") if isinstance(value, str) else value
        storage.run(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))
        record = {"id": str(uuid.uuid4()), "tenant_id": row.get("tenant_id"), "actor_role": "support", "action": "create", "entity_type": table,
                  "entity_id": row["id"], "new_values": '{"revision": 1}', "created_at": storage.time(), "revision": 1}
        storage.run(f"INSERT INTO audit_logs ({', '.join(record)}) VALUES ({', '.join('?' * len(record))})", tuple(record.values()))
        return row["id"]

    def referred_row(self, storage, table, tenant, made):
        if table in ("tenants", "users"):
            return tenant if table == "tenants" else self.people[tenant]
        if table not in made:
            made[table] = self.insert(storage, table, tenant, {}, made, 0)
        return made[table]

    def value(self, storage, table, column, kind, tenant, made):
        schema = self.document.columns(table).get(column, {})
        referred = self.document.reference(table, column)
        if referred:
            return self.referred_row(storage, referred, tenant, made)
        if column.endswith("_at") or kind.startswith("timestamp"):
            return storage.time()
        if "enum" in schema:
            return schema["enum"][0]
        if kind in ("jsonb", "json") or schema.get("type") in ("array", "object"):
            return json.dumps(["x"] * schema.get("minItems", 0) if schema.get("type") == "array" else {})
        if schema.get("format") == "date":
            return "2026-01-01"
        if kind == "boolean" or schema.get("type") == "boolean":
            return False
        if kind in ("bigint", "integer"):
            return schema.get("minimum", 1)
        word = f"w{secrets.token_hex(16)}"[:schema.get("maxLength")]  # a name of a database may be one
        return next(text for text in (word, "COP", "CO", f"https://{word}.test", secrets.token_hex(32), MISSING) if re.search(schema.get("pattern", ""), text))


def anonymous(reply):
    """The reply without what is each request's own."""
    body = re.sub(rb'"instance":"[^"]*"', b'"instance":""', reply.body)
    return reply.status, sorted((name.lower(), value) for name, value in reply.headers.items() if name.lower() not in OWN_HEADERS), body


@functools.cache
def walk_of(world):
    return Walk(world)


def noun(path):
    return path.split("/")[3] if path.startswith("/api/v1/") else ""


def with_id(path, key):
    return re.sub(r"\{[^}]*\}", key, path.removeprefix("/api/v1"))


def test_who_may_not_make_a_call_is_told_so_and_nobody_else(world):
    walk = walk_of(world)
    for (method, path, operation), (name, client) in itertools.product(walk.document.operations, walk.clients.items()):
        roles, is_about_one = operation["x-roles"], "{" in path
        if "visitor" in roles or not path.startswith("/api/v1/"):
            continue
        allowed = walk.role(name) in roles
        if allowed and not (is_about_one or method == "GET") or operation["operationId"] == "listen_to_events":
            continue  # it would be done
        reply = client.request(method, with_id(path, MISSING), walk.document.body(operation), None)
        if not allowed:
            assert reply.status == 403, f"{name} {method} {path}: {reply}"
        elif name in ROLES:
            assert reply.status not in (401, 403) and reply.status < 500, f"{name} {method} {path}: {reply}"
        else:
            assert reply.status != 401 and reply.status < 500, f"{name} {method} {path}: {reply}"


def test_a_row_that_one_may_not_see_answers_as_one_that_is_missing(world):
    walk = walk_of(world)
    compared = 0
    for (method, path, operation), (name, client) in itertools.product(walk.document.operations, walk.clients.items()):
        table = noun(path)
        if "{" not in path or table not in walk.document.tables:
            continue
        hidden = set(walk.known[table]) - (walk.seen[name][table] or set())
        if walk.seen[name][table] is None and walk.role(name) in operation["x-roles"]:
            hidden = set()  # it may act on rows that it does not list: none is like that
        body = walk.document.body(operation)
        missing = anonymous(client.request(method, with_id(path, MISSING), body, None))
        for key in sorted(hidden)[:1] + sorted(hidden)[-1:]:
            reply = client.request(method, with_id(path, key), body, None)
            assert anonymous(reply) == missing, f"{name} {method} {path} of {walk.known[table][key]}: {reply}, and missing {missing}"
            compared += 1
    assert compared > 500, compared


def test_lists_of_the_confined_hold_their_tenants_rows_whatever_is_asked(world):
    walk = walk_of(world)
    for name, table in itertools.product(walk.confined, walk.document.tables):
        client, seen = walk.clients[name], walk.seen[name][table]
        if seen is None:
            continue
        columns = walk.document.columns(table)
        foreign = walk.foreign_ids(table)
        if "tenant_id" in columns:
            assert foreign, f"{table} has no foreign row: the walk shows nothing"
        assert not seen & foreign, f"{name} sees {seen & foreign} of {table}"
        where = f"/{table}?limit=100&count=true"
        assert client.get(where).json["total"] == len(seen), f"{name} counts rows of {table} that it does not see"
        for key in sorted(foreign)[:1]:
            assert client.get(f"{where}&id={key}").json == client.get(f"{where}&id={MISSING}").json
            assert client.get(f"{where}&id[in]={key},{MISSING}").json["total"] == 0
        if "tenant_id" in columns:
            assert client.get(f"{where}&tenant_id={walk.foreign['id']}").json["total"] == 0
            assert client.get(f"{where}&tenant_id[ne]={walk.own['id']}").json["total"] == 0
        parameters = {parameter.get("name"): parameter for parameter in walk.document.document["paths"][f"/api/v1/{table}"]["get"]["parameters"]}
        for sort in parameters["sort"]["schema"]["enum"]:
            reply = client.get(f"{where}&sort={sort}", (200, 400))
            assert reply.status == 400 or {row["id"] for row in reply.json["data"]} <= seen, f"{name} sorts {table} by {sort}"
        for word in (walk.foreign["slug"], walk.foreign["billing_email"], "ajena"):
            reply = client.get(f"{where}&q={word}", (200, 400))
            assert reply.status == 400 or reply.json["total"] == 0, f"{name} finds {word} in {table}"


def test_a_cursor_of_one_who_sees_more_shows_no_more(world):
    walk = walk_of(world)
    for table in ("users", "tenants", "audit_logs"):
        cursor = world.admin.get(f"/{table}?limit=1&sort=-created_at").json["next_cursor"]
        for name in walk.confined:
            rows = walk.clients[name].get(f"/{table}?limit=100&sort=-created_at&cursor={cursor}", (200, 400, 403))
            assert rows.status != 200 or not {row["id"] for row in rows.json["data"]} & walk.foreign_ids(table), f"{name} {table}"


def test_an_expanded_reference_shows_what_its_own_list_does(world):
    walk = walk_of(world)
    for name, table in itertools.product(walk.clients, walk.document.tables):
        if walk.seen[name][table] is None:
            continue
        for column in walk.document.columns(table):
            referred = walk.document.reference(table, column)
            if not referred:
                continue
            reply = walk.clients[name].get(f"/{table}?limit=100&expand={column.removesuffix('_id')}", (200, 400))
            if reply.status == 400:
                assert set(reply.faults.values()) == {"not_expandable"}, reply
                continue
            assert walk.seen[name][referred] is not None, f"{name} expands {table}.{column} into {referred}, which it may not read"
            shown = {row[column]["id"] for row in reply.json["data"] if isinstance(row[column], dict)}
            assert shown <= walk.seen[name][referred], f"{name} {table}.{column}: {shown - walk.seen[name][referred]}"


def test_an_error_of_a_foreign_reference_is_that_of_a_missing_one(world):
    walk = walk_of(world)
    compared = set()
    for (method, path, operation), name in itertools.product(walk.document.operations, walk.confined):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if not content or "{" in path or walk.role(name) not in operation["x-roles"] or noun(path) not in walk.document.tables:
            continue
        properties = walk.document.schemas[content["schema"]["$ref"].rsplit("/", 1)[1]]["properties"]
        for column in properties:
            referred = walk.document.reference(noun(path), column)
            keys = sorted(set(walk.known[referred]) - (walk.seen[name][referred] or set()))[:1] if referred else []
            for key in keys:
                body = walk.document.body(operation) | PLAUSIBLE.get(noun(path), {})
                replies = [walk.clients[name].request(method, with_id(path, ""), body | {column: given}, None) for given in (key, MISSING)]
                assert anonymous(replies[0]) == anonymous(replies[1]) and replies[0].status in (403, 404, 422), f"{name} {path} {column}: {replies[0]}"
                compared.update(replies[0].faults.values() if replies[0].status == 422 else ())
    assert "no_such_reference" in compared, compared


def test_what_an_audit_record_tells_of_a_row_is_for_who_may_see_the_row(world):
    walk = walk_of(world)
    compared = 0
    for name, client in walk.clients.items():
        if walk.seen[name]["audit_logs"] is None:
            continue
        for record in client.all_pages("/audit_logs"):
            table, key = record["entity_type"], record["entity_id"]
            if table in walk.document.tables and key in walk.known[table]:
                seen = walk.seen[name][table]
                told = {**(record["new_values"] or {}), **(record["old_values"] or {})}
                assert seen is None or key in seen or table == "user_sessions", f"{name} is told of a row of {table} that it does not see: {record}"
                assert seen is not None or not told, f"{name} is told of {table}: {record}"
                compared += 1
    assert compared > 100, compared


def test_news_are_of_what_one_may_see(world):
    walk = walk_of(world)
    streams = {name: Stream(client) for name, client in walk.clients.items() if not name.startswith("key")}
    for tenant in (walk.foreign, walk.own):
        world.admin.patch(f"/tenants/{tenant['id']}", {"name": "Nombre de Todos"})
        world.new_user("tenant_admin", tenant["id"])
    hidden = world.new_plan(is_visible=False)
    shown = world.new_plan()
    for name, stream in streams.items():
        stream.wait_for("plan.created", entity_id=shown["id"])
        if name in walk.confined:
            heard = [event.data for event in stream.events]
            assert all(data["tenant_id"] in (None, walk.own["id"]) for data in heard), heard
            assert hidden["id"] not in {data["entity_id"] for data in heard}
        stream.close()


def line_of(world, request_id):
    lines = [json.loads(line) for line in world.server.log().splitlines() if request_id in line and line.endswith("}")]
    return next((line for line in lines if line["message"] == "request"), None)


def test_what_is_refused_is_logged_with_who_asked_and_why(world):
    walk = walk_of(world)
    refused = {"tenant_admin": ("user_id",), "key": ("api_key_id",), "impersonator": ("user_id", "impersonator_id")}
    for (name, who), (path, code) in itertools.product(refused.items(), ((f"/tenants/{walk.foreign['id']}", "not_found"), ("/database_hosts", "forbidden"))):
        reply = walk.clients[name].get(path, (403, 404))
        line = until(functools.partial(line_of, world, reply.headers["X-Request-Id"]), what="the line of the log")
        assert line["code"] == code and line["path"] == f"/api/v1{path}" and line["time"].endswith("Z"), line
        assert all(line[column] for column in who), line

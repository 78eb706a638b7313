"""The API shows and takes exactly what the visibility matrix says: role by role, table by table, column by column."""

import uuid

from server import TOP

ROLES = ("super_admin", "support", "billing_admin", "tenant_admin")
NOT_TAKEN = {"unknown_member", "not_settable", "not_yours_to_set", "not_changeable"}


# IDENTITY.md, "Roles", its table: what each role may do with a table's rows, in the order of ROLES. Where a role's way is an
# action ("all by action", "pay", "end" but of a session), the rows themselves are only read.
READ, ALL = {"read"}, {"read", "create", "update", "delete"}
IDENTITY = {
    "tenants": (ALL, READ, READ | {"update"}, READ | {"update"}),
    "tenant_domains": (ALL, READ, READ, ALL),
    "users": (ALL, READ, READ, ALL),
    "user_sessions": (READ | {"delete"}, set(), set(), READ | {"delete"}),
    "plans": (ALL, READ, ALL, READ),
    "subscriptions": (ALL, READ, ALL, READ),
    "invoices": (READ, READ, READ, READ),
    "payment_methods": (READ, set(), READ | {"delete"}, READ),
    "support_tickets": (ALL, ALL, READ, ALL),
    "ticket_messages": (ALL, ALL, READ, ALL),
    "tenant_usage_daily": (READ, READ, READ, READ),
    "audit_logs": (READ, READ, READ, READ),
    "system_settings": (ALL, READ, READ, READ),
    "webhook_endpoints": (ALL, READ, READ, ALL),
    "gdpr_requests": (ALL, READ | {"create"}, set(), READ | {"create"}),
}
# "own tenant" confines the tenant_admin in each of them but these, which are everybody's.
OF_NO_TENANT = {"plans", "system_settings"}
# Which of the rows: "visible ones", "no internal notes", "public", "of billing".
ROWS = {
    ("plans", "tenant_admin"): "is_visible", ("ticket_messages", "tenant_admin"): "NOT is_internal",
    **{("system_settings", role): "is_public" for role in ROLES[1:]},
    ("audit_logs", "billing_admin"): "entity_type IN ('plans', 'subscriptions', 'invoices', 'payment_methods')",
}
# "no connection data", "no sign-in addresses", "without staff's addresses", "no secrets"; what the program has beside is of the same kind.
CONNECTION = {"database_host_id", "db_name", "db_host", "db_port", "db_username", "db_connection_pool_size", "db_statement_timeout_s"}
HIDDEN = {("tenants", "support"): CONNECTION, ("tenants", "tenant_admin"): CONNECTION,
          ("audit_logs", "support"): {"ip_address", "user_agent"}, ("audit_logs", "tenant_admin"): {"ip_address", "user_agent"}}
SECRETS = {"tenants": {"db_password_encrypted"}, "users": {"password_hash", "password_key_id"}, "webhook_endpoints": {"secret"},
           "user_sessions": {"token_hash", "previous_token_hash", "successor_sealed"}}
# "billing fields"; "edits name, contacts, billing address", and whether its people must have a second factor.
BILLING = {"billing_email", "billing_contact_name", "billing_address", "billing_city", "billing_state", "billing_country", "billing_postal_code"}
CHANGED = {("tenants", "billing_admin"): BILLING | {"company_legal_name", "tax_id", "notes"},
           ("tenants", "tenant_admin"): BILLING | {"name", "primary_contact_name", "primary_contact_email", "primary_contact_phone",
                                                   "requires_second_factor"}}


def read_matrix():
    """{table: ({action: roles}, {column: {role: letters}})} of the golden file; beside the actions `whose`, and for each role
    the conditions under which a row is `shown`."""
    tables, table = {}, None
    for line in (TOP / "tests/golden/visibility.txt").read_text().splitlines()[3:]:
        words = line.split()
        if words and not line.startswith(" "):
            table = tables[words[0]] = ({"shown": {role: set() for role in ROLES}}, {})
        elif words and words[0] == "whose:":
            table[0]["whose"] = words[1]
        elif words and words[0] == "shown":
            condition, _, roles = line.split("shown where ")[1].rpartition(": ")
            for role in set(roles.split()) & set(ROLES):
                table[0]["shown"][role].add(condition)
        elif words and words[0].rstrip(":") in ("read", "create", "update", "delete"):
            table[0][words[0].rstrip(":")] = set(words[1:]) & set(ROLES)
        elif len(words) == 5 and words[0] not in ("column", "shown", "changed", "own"):
            table[1][words[0]] = dict(zip(ROLES, words[1:]))
    return {name: parts for name, parts in tables.items() if parts[0].get("read")}


def test_the_matrix_agrees_with_identitys_table():
    """What is granted, and what is hidden; of a table whose service comes later nobody writes yet."""
    matrix = read_matrix()
    for table, allowed in IDENTITY.items():
        may, columns = matrix[table]
        for action in ALL:
            granted = may.get(action, set())
            wanted = {role for role, actions in zip(ROLES, allowed) if action in actions}
            assert granted == wanted or (action != "read" and not granted), f"{action} {table}: {granted ^ wanted}"
        assert (may["whose"] == "shared") == (table in OF_NO_TENANT), f"whose {table}: {may['whose']}"
        for column in SECRETS.get(table, ()):
            assert set(columns[column].values()) == {"-"}, f"{table}.{column}: {columns[column]}"
    for table in ("tenants", "tenant_domains", "users", "user_sessions", "plans", "system_settings"):
        assert all(matrix[table][0].get(action) for action in set().union(*IDENTITY[table]) - {"update"}), f"nobody writes {table}"
    for (table, role), condition in ROWS.items():
        assert condition in matrix[table][0]["shown"][role], f"{role} sees {table}: {matrix[table][0]['shown'][role]}"
    for (table, role), hidden in HIDDEN.items():
        shown = {column for column in hidden if matrix[table][1][column][role] != "-"}
        assert not shown, f"{role} sees {table}: {shown}"
    for (table, role), changed in CHANGED.items():
        found = {column for column, letters in matrix[table][1].items() if "u" in letters[role]}
        assert found == changed, f"{role} changes {table}: {found ^ changed}"


def sign_in_all(world):
    world.admin.patch("/system_settings/quota_tenant_admin", {"value": 0})
    tenant = world.new_tenant()
    return {role: world.admin if role == "super_admin" else
            world.sign_in_as(role, tenant["id"] if role == "tenant_admin" else None) for role in ROLES}


def is_shown(client, table, column):
    reply = client.get(f"/{table}?fields={column}&limit=1", (200, 400))
    assert reply.status == 200 or set(reply.faults.values()) == {"unknown_column"}, reply
    return reply.status == 200


def is_taken(client, method, path, column):
    """Nothing is written: a list of nothing's list is no value of any column but one, and the row does not exist."""
    reply = client.request(method, path, {column: [[]]}, None)
    assert reply.status in (404, 422), f"{method} {path} {column}: {reply}"
    return reply.status == 404 or not (NOT_TAKEN & {reply.faults.get(f"/{column}")})


def check_reading(client, role, table, columns, may):
    if role not in may.get("read", ()):
        assert client.get(f"/{table}", 403).code == "forbidden"
        return
    shown = {column for column in columns if is_shown(client, table, column)}
    wanted = {column for column, letters in columns.items() if "r" in letters[role]}
    assert shown == wanted, f"{role} reads {table}: {shown ^ wanted}"
    for row in client.get(f"/{table}?limit=5").json["data"]:
        assert set(row) == shown, f"{role} lists {table}: {set(row) ^ shown}"


def check_writing(client, role, table, columns, may, action, letter, method, path):
    if role not in may.get(action, ()):
        reply = client.request(method, path, {}, None)
        assert reply.status == (403 if may.get(action) else 405), f"{role} {method} {path}: {reply}"
        return
    taken = {column for column in columns if is_taken(client, method, path, column)}
    wanted = {column for column, letters in columns.items() if letter in letters[role]}
    assert taken == wanted, f"{role} {action}s {table}: {taken ^ wanted}"


def test_every_table_is_reached_with_exactly_the_columns_of_the_matrix(world):
    clients, matrix = sign_in_all(world), read_matrix()
    assert len(matrix) >= 15
    for table, (may, columns) in matrix.items():
        for role, client in clients.items():
            missing = f"/{table}/{uuid.UUID(int=1)}"
            check_reading(client, role, table, columns, may)
            check_writing(client, role, table, columns, may, "create", "c", "POST", f"/{table}")
            check_writing(client, role, table, columns, may, "update", "u", "PATCH", missing)

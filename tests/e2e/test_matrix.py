"""The API shows and takes exactly what the visibility matrix says: role by role, table by table, column by column."""

import uuid

from server import TOP

ROLES = ("super_admin", "support", "billing_admin", "tenant_admin")
NOT_TAKEN = {"unknown_member", "not_settable", "not_yours_to_set", "not_changeable"}


def read_matrix():
    """{table: ({action: roles}, {column: {role: letters}})} of the golden file."""
    tables, table = {}, None
    for line in (TOP / "tests/golden/visibility.txt").read_text().splitlines()[3:]:
        words = line.split()
        if words and not line.startswith(" "):
            table = tables[words[0]] = ({}, {})
        elif words and words[0].rstrip(":") in ("read", "create", "update", "delete"):
            table[0][words[0].rstrip(":")] = set(words[1:]) & set(ROLES)
        elif len(words) == 5 and words[0] not in ("column", "shown", "changed", "own"):
            table[1][words[0]] = dict(zip(ROLES, words[1:]))
    return {name: parts for name, parts in tables.items() if parts[0].get("read")}


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

"""API keys: good for their scopes, for no more than their maker may, for their tenants alone (IDENTITY.md)."""

import json
import uuid

from harness import only_on
from nodes import Nodes
from server import in_time
from test_commands import nidia


def make(client, scopes, status=201, **columns):
    return client.post("/api_keys", {"name": "Servidor", "scopes": list(scopes), **columns}, status)


def machine(world, client, scopes, **columns):
    return world.visitor.twin(token=make(client, scopes, **columns).json["key"])


def test_a_key_reads_and_changes_the_tables_of_its_scopes_alone(world):
    tenant = world.new_tenant()
    reader = machine(world, world.admin, ["tenants:read", "plans:write"])
    assert reader.get(f"/tenants/{tenant['id']}").json["db_name"] and reader.get("/tenants?q=empresa&count=true").json["total"]
    assert reader.patch(f"/tenants/{tenant['id']}", {"name": "Otra"}, 403).code == "scope_missing"
    assert reader.post(f"/tenants/{tenant['id']}/suspend", {"reason": "prueba"}, 403).code == "scope_missing"
    assert reader.get("/users", 403).code == "scope_missing"
    plan = reader.post("/plans", {"name": f"plan-{uuid.uuid4().hex[:8]}", "display_name": "P", "max_users": 1, "max_storage_gb": 1}, 201).json
    reader.get(f"/plans/{plan['id']}")
    assert reader.get("/resolve?slug=x", 403).code == "scope_missing" and reader.get("/fleet", 403).code == "forbidden"
    record = world.admin.get(f"/audit_logs?entity_id={plan['id']}").json["data"][0]
    assert record["api_key_id"] and record["actor_role"] == "machine" and record["user_id"] is None


def test_what_is_outside_of_its_scopes_is_not_shown_in_another_tables_answer(world):
    tenant = world.new_tenant()
    reader = machine(world, world.admin, ["tenants:read", "audit_logs:read"])
    assert reader.get(f"/tenants/{tenant['id']}?expand=plan", 400).faults == {"expand": "not_expandable"}
    user = world.new_user("tenant_admin", tenant["id"])
    [record] = reader.get(f"/audit_logs?entity_id={user['id']}&action=create").json["data"]
    assert record["new_values"] == {}
    [record] = reader.get(f"/audit_logs?entity_id={tenant['id']}&action=create").json["data"]
    assert record["new_values"]["slug"] == tenant["slug"]
    both = machine(world, world.admin, ["tenants:read", "plans:read"])
    assert both.get(f"/tenants/{tenant['id']}?expand=plan").json["plan_id"]["name"] == "basic"


def test_a_key_is_for_some_of_what_its_maker_may(world):
    tenant, other = world.new_tenant(), world.new_tenant()
    owner = world.sign_in_as("tenant_admin", tenant["id"])
    refused = {"directory": "not_yours_to_set", "database_hosts:read": "not_yours_to_set", "plans:write": "not_yours_to_set",
               "users:write": "not_a_choice", "api_keys:write": "not_a_choice", "everything": "not_a_choice",
               "tenants:delete": "not_a_choice", "events:read": "not_a_choice"}
    assert make(owner, refused, 422).faults == {f"/scopes/{i}": code for i, code in enumerate(refused.values())}
    assert make(owner, ["tenants:read"], 422, tenant_id=other["id"]).faults == {"/tenant_id": "no_such_reference"}
    assert make(owner, ["tenants:read"], 422, tenant_ids=[other["id"]]).faults == {"/tenant_ids": "not_yours_to_set"}
    assert make(world.admin, ["database_hosts:read"], 422, tenant_id=tenant["id"]).faults == {"/scopes/0": "not_yours_to_set"}
    assert make(world.sign_in_as("support"), ["tenants:read"], 403).code == "forbidden"
    key = make(owner, ["tenants:read", "tenant_domains:write"]).json
    own = world.visitor.twin(token=key["key"])
    [seen] = own.get("/tenants").json["data"]
    assert seen["id"] == key["tenant_id"] == tenant["id"] and "db_name" not in seen
    own.get(f"/tenants/{other['id']}", 404)
    assert own.post("/tenant_domains", {"domain": "www.llaves-propias.com"}, 201).json["tenant_id"] == tenant["id"]
    own.post("/api_keys", {"name": "hija", "scopes": ["tenants:read"]}, 403)
    own.post(f"/api_keys/{key['id']}/rotate", None, 403)


def test_a_tenants_people_see_the_keys_for_it_and_change_their_own(world):
    tenant = world.new_tenant()
    owner, stranger = world.sign_in_as("tenant_admin", tenant["id"]), world.sign_in_as("tenant_admin", world.new_tenant()["id"])
    own, ours = make(owner, ["tenants:read"]).json, make(world.admin, ["directory"], tenant_id=tenant["id"]).json
    make(world.admin, ["directory"])
    assert {key["id"] for key in owner.get("/api_keys").json["data"]} == {own["id"], ours["id"]}
    for act in (lambda: owner.delete(f"/api_keys/{ours['id']}", 409), lambda: owner.post(f"/api_keys/{ours['id']}/rotate", None, 409)):
        assert act().code == "wrong_state"
    stranger.delete(f"/api_keys/{own['id']}", 404)
    stranger.post(f"/api_keys/{own['id']}/rotate", None, 404)
    world.admin.patch("/system_settings/api_keys_per_tenant", {"value": 1})
    assert make(owner, ["tenants:read"], 409).code == "limit_reached"
    owner.delete(f"/api_keys/{own['id']}", 204)
    make(owner, ["tenants:read"])
    world.admin.patch("/system_settings/api_keys_per_tenant", {"value": 50})


def test_a_key_for_several_tenants_knows_no_other_and_none_that_is_shut_out(world):
    first, second, third = world.new_tenant(), world.new_tenant(), world.new_tenant()
    ids = [first["id"], second["id"]]
    assert make(world.admin, ["tenants:read"], 422, tenant_ids=[first["id"], str(uuid.UUID(int=7))]).faults == {"/tenant_ids/1": "no_such_reference"}
    assert make(world.admin, ["tenants:read"], 422, tenant_id=first["id"], tenant_ids=ids).faults == {"/tenant_ids": "not_settable"}
    key = machine(world, world.admin, ["tenants:read", "tenant_domains:write", "directory"], tenant_ids=ids)

    def seen():
        return {tenant["id"] for tenant in key.get("/tenants").json["data"]}
    assert seen() == set(ids) and key.get("/tenants?count=true").json["total"] == 2
    key.get(f"/tenants/{third['id']}", 404)
    key.get(f"/resolve?slug={second['slug']}")
    key.get(f"/resolve?slug={third['slug']}", 404)
    assert key.post("/tenant_domains", {"domain": "www.de-quien.com"}, 422).faults == {"/tenant_id": "required"}
    assert key.post("/tenant_domains", {"domain": "www.de-otro.com", "tenant_id": third["id"]}, 422).faults == {"/tenant_id": "no_such_reference"}
    key.post("/tenant_domains", {"domain": "www.del-segundo.com", "tenant_id": second["id"]}, 201)
    for level, status in (("read_only", 403), ("full", 201)):
        world.admin.post(f"/tenants/{second['id']}/set_service_level", {"level": level, "reason": "prueba"})
        key.post("/tenant_domains", {"domain": "www.del-primero.com", "tenant_id": first["id"]}, status)
        assert seen() == set(ids)
    world.admin.post(f"/tenants/{second['id']}/suspend", {"reason": "prueba"})
    assert seen() == {first["id"]}
    world.admin.post(f"/tenants/{first['id']}/suspend", {"reason": "prueba"})
    key.get("/tenants", 401)
    world.admin.post(f"/tenants/{second['id']}/reactivate", {"reason": "prueba"})
    assert seen() == {second["id"]}


def test_a_key_shrinks_with_its_maker_and_dies_with_it_at_once(world):
    maker = world.new_user("super_admin")
    client = world.sign_in(maker["email"], "Sendero-Verde-Marimba-27")
    key = machine(world, client, ["directory", "tenants:write", "database_hosts:read"])
    tenant = world.new_tenant()
    key.get(f"/resolve?slug={tenant['slug']}")
    assert key.get(f"/tenants/{tenant['id']}").json["db_name"] and key.get("/database_hosts").json["data"]
    world.admin.patch(f"/users/{maker['id']}", {"system_role": "support"})
    assert "db_name" not in key.get(f"/tenants/{tenant['id']}").json
    assert key.get("/database_hosts", 403).code == "forbidden"
    assert key.get(f"/resolve?slug={tenant['slug']}", 403).code == "scope_missing"
    assert key.patch(f"/tenants/{tenant['id']}", {"name": "No"}, 403).code == "forbidden"
    world.admin.post(f"/users/{maker['id']}/lock", {"reason": "prueba"})
    key.get("/tenants", 401)
    world.admin.post(f"/users/{maker['id']}/unlock")
    key.get("/tenants")
    world.admin.patch(f"/users/{maker['id']}", {"is_active": False})
    key.get("/tenants", 401)


def test_a_rotated_key_has_two_secrets_for_a_while(world):
    key = make(world.admin, ["plans:read"]).json
    assert world.admin.post(f"/api_keys/{key['id']}/rotate", {"overlap_hours": 169}, 422).faults == {"/overlap_hours": "too_large"}
    second = world.admin.post(f"/api_keys/{key['id']}/rotate").json
    assert second["prefix"] == key["prefix"] and second["key"] != key["key"] and second["previous_ends_at"]
    old, new = world.visitor.twin(token=key["key"]), world.visitor.twin(token=second["key"])
    old.get("/plans")
    new.get("/plans")
    third = json.loads(nidia(world, "api-key", "rotate", key["id"], "--overlap-hours", "0", "--json").stdout)
    old.get("/plans", 401)
    new.get("/plans", 401)
    newest = world.visitor.twin(token=third["key"])
    newest.get("/plans")
    actions = [record["action"] for record in world.admin.get(f"/audit_logs?entity_id={key['id']}").json["data"]]
    assert actions.count("rotate") == 2
    world.admin.delete(f"/api_keys/{key['id']}")
    newest.get("/plans", 401)
    assert world.admin.post(f"/api_keys/{key['id']}/rotate", None, 409).code == "wrong_state"


def test_a_setting_says_how_long_a_key_lives(world):
    world.admin.patch("/system_settings/api_key_days", {"value": 30})
    try:
        key = make(world.admin, ["plans:read"]).json
        assert key["created_at"][:7] <= key["expires_at"][:7] and key["expires_at"][10:] == key["created_at"][10:]
        assert make(world.admin, ["plans:read"], 422, expires_at="2099-01-01T00:00:00.000Z").faults == {"/expires_at": "too_large"}
        assert world.admin.patch(f"/api_keys/{key['id']}", {"expires_at": None}).json["expires_at"] == key["expires_at"]
        world.admin.patch(f"/api_keys/{key['id']}", {"expires_at": "2099-01-01T00:00:00.000Z"}, 422)
    finally:
        world.admin.patch("/system_settings/api_key_days", {"value": 0})


def test_keys_from_a_terminal(world):
    first, second = world.new_tenant(), world.new_tenant()
    made = json.loads(nidia(world, "api-key", "create", "dos", "--scopes", "tenants:read,plans:read", "--tenant", f"{first['id']},{second['id']}",
                            "--expires", "2099-01-01T00:00:00.000Z", "--json").stdout)
    assert made["tenant_ids"] == [first["id"], second["id"]] and made["expires_at"].startswith("2099")
    assert len(world.visitor.twin(token=made["key"]).get("/tenants").json["data"]) == 2
    assert "tenants:read" in nidia(world, "api-key", "list").stdout
    nidia(world, "api-key", "create", "mala", "--scopes", "nada", expect=1)
    nidia(world, "api-key", "revoke", made["id"])


def test_a_key_that_is_revoked_on_one_node_is_void_on_the_other_within_a_second(engine):
    only_on(engine, "postgres")
    with Nodes(engine) as nodes:
        def revoke():
            key = make(nodes.world.admin, ["plans:read"]).json
            there = nodes.there(nodes.world.visitor.twin(token=key["key"]))
            there.get("/plans")
            nodes.world.admin.delete(f"/api_keys/{key['id']}")
            return lambda: there.get("/plans", (200, 401)).status == 401
        in_time(revoke, 1, "the end of the key")

"""What the product's own servers ask: whose request is this, and what may that tenant do (API.md)."""


def test_a_slug_leads_to_the_tenants_database(world):
    tenant, machine = world.new_tenant(), world.machine()
    found = machine.get(f"/resolve?slug={tenant['slug']}").json
    assert found["id"] == tenant["id"] and found["slug"] == tenant["slug"] and found["service_level"] == "full"
    assert tenant["db_name"] in str(found)
    assert machine.get("/resolve?slug=nobody-has-this", 404)
    for query in ("", "slug=", "host=", "slug=a&host=b", "slug=a&colour=red", "slug=" + "x" * 300):
        assert machine.get(f"/resolve?{query}", (400, 404)), query


def test_entitlements_tell_limits_use_and_state(world):
    tenant, machine = world.new_tenant(max_users=9), world.machine()
    world.new_user(tenant_id=tenant["id"])
    told = machine.get(f"/tenants/{tenant['id']}/entitlements").json
    current = world.admin.get(f"/tenants/{tenant['id']}").json["current_users"]
    assert "9" in str(told) and told["service_level"] == "full" and current >= 1, told
    world.new_user(tenant_id=tenant["id"])
    assert machine.get(f"/tenants/{tenant['id']}/entitlements").json != told
    machine.get("/tenants/00000000-0000-7000-8000-000000000000/entitlements", 404)


def test_a_change_is_there_when_it_is_answered(world):
    tenant, machine = world.new_tenant(), world.machine()
    path = f"/resolve?slug={tenant['slug']}"
    for action, is_active in (("suspend", False), ("reactivate", True), ("suspend", False)):
        world.admin.post(f"/tenants/{tenant['id']}/{action}", {"reason": "story"}, 200)
        status = machine.get(path, (200, 404))
        assert (status.status == 200 and status.json["status"] not in ("suspended",)) == is_active, f"{action}: {status}"


def test_a_deleted_tenant_resolves_no_more(world):
    tenant, machine = world.new_tenant(), world.machine()
    world.admin.delete(f"/tenants/{tenant['id']}", 202)
    reply = machine.get(f"/resolve?slug={tenant['slug']}", (200, 404))
    assert reply.status == 404 or reply.json["service_level"] == "off", reply


def test_it_answers_to_keys_of_its_scope_alone(world):
    tenant = world.new_tenant()
    path = f"/resolve?slug={tenant['slug']}"
    world.visitor.get(path, 401)
    world.sign_in_as("tenant_admin", tenant["id"]).get(path, 403)
    bound, other = world.machine(tenant["id"]), world.new_tenant()
    bound.get(f"/tenants/{tenant['id']}/entitlements")
    bound.get(f"/tenants/{other['id']}/entitlements", (403, 404))

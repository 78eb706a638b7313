"""People, and the seats that a tenant has for them (IDENTITY.md)."""

import secrets
import threading

from harness import PASSWORD


def person():
    return {"email": f"persona-{secrets.token_hex(6)}@nidia.test", "system_role": "tenant_admin", "first_name": "Luz"}


def users_of(world, tenant):
    return world.admin.all_pages(f"/users?tenant_id={tenant['id']}")


def test_with_one_seat_left_fifty_at_once_make_exactly_one(world):
    tenant = world.new_tenant(max_users=3)
    while len(users_of(world, tenant)) < 2:
        world.admin.post("/users", {**person(), "tenant_id": tenant["id"]}, 201)
    replies, gate = [], threading.Barrier(50)

    def add(client):
        gate.wait()
        replies.append(client.post("/users", {**person(), "tenant_id": tenant["id"]}, (201, 409)))

    threads = [threading.Thread(target=add, args=(world.admin.twin(),)) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(replies) == 50 and [reply.status for reply in replies].count(201) == 1
    assert {reply.code for reply in replies if reply.status == 409} == {"limit_reached"}
    assert len(users_of(world, tenant)) == world.admin.get(f"/tenants/{tenant['id']}").json["current_users"] == 3


def test_a_seat_is_given_back(world):
    tenant = world.new_tenant(max_users=1)
    [*others] = users_of(world, tenant)
    for user in others:
        world.admin.delete(f"/users/{user['id']}", 204)
    first = world.admin.post("/users", {**person(), "tenant_id": tenant["id"]}, 201).json
    assert world.admin.post("/users", {**person(), "tenant_id": tenant["id"]}, 409).code == "limit_reached"
    world.admin.delete(f"/users/{first['id']}", 204)
    assert world.admin.get(f"/tenants/{tenant['id']}").json["current_users"] == 0
    world.admin.post("/users", {**person(), "tenant_id": tenant["id"]}, 201)
    world.admin.get(f"/users/{first['id']}", 404)


def test_staff_have_no_tenant_and_tenant_admins_have_one(world):
    tenant = world.new_tenant()
    world.admin.post("/users", {**person(), "system_role": "support", "tenant_id": tenant["id"]}, 422)
    world.admin.post("/users", person(), 422)
    missing = {**person(), "tenant_id": "00000000-0000-7000-8000-000000000000"}
    assert world.admin.post("/users", missing, 422).faults == {"/tenant_id": "no_such_reference"}


def test_passwords_are_never_shown(world):
    user = world.new_user("support")
    for reply in (world.admin.get(f"/users/{user['id']}"), world.admin.get("/users?limit=100")):
        for secret in ("password_hash", "$2b$", PASSWORD, "session_epoch"):
            assert secret not in reply.body.decode(), secret
    world.admin.get("/users?fields=password_hash", 400)
    world.admin.get("/users?password_hash[null]=false", 400)


def test_a_new_password_replaces_the_old_one(world):
    user = world.new_user("support")
    world.admin.post(f"/users/{user['id']}/set_password", {"password": "Otra-Clave-Larga-5521"}, 204)
    world.visitor.post("/auth/login", {"email": user["email"], "password": PASSWORD}, 401)
    world.sign_in(user["email"], "Otra-Clave-Larga-5521")
    assert world.admin.post(f"/users/{user['id']}/set_password", {"password": "short"}, 422).faults == {"/password": "too_short"}


def test_who_has_anothers_password_changes_it_before_anything_else(world):
    user = world.new_user("super_admin", must_change_password=True)
    newcomer = world.sign_in(user["email"], PASSWORD)
    assert newcomer.get("/auth/me").json["must_change_password"]
    for refused in (newcomer.get("/users", 403), newcomer.get("/auth/sessions", 403), newcomer.get("/events", 403),
                    newcomer.patch(f"/users/{user['id']}", {"must_change_password": False}, 403),
                    newcomer.post(f"/users/{world.admin.user['id']}/set_password", {"password": "Otra-Clave-Larga-5521"}, 403)):
        assert refused.code == "password_change_required"
    fresh = world.visitor.post("/auth/refresh", {"refresh_token": newcomer.refresh_token}, 200).json
    newcomer.twin(token=fresh["access_token"]).get("/users", 403)
    newcomer.post(f"/users/{user['id']}/set_password", {"password": "Otra-Clave-Larga-5521", "current_password": PASSWORD}, 204)
    own = world.sign_in(user["email"], "Otra-Clave-Larga-5521")
    own.get("/users")
    world.admin.patch(f"/users/{user['id']}", {"must_change_password": True})
    own.get("/auth/me", 401)
    last = world.sign_in(user["email"], "Otra-Clave-Larga-5521")
    assert last.get("/users", 403).code == "password_change_required"
    last.post("/auth/logout-all", expect=204)


def test_nobody_rises_above_their_role(world):
    tenant = world.new_tenant()
    owner = world.sign_in_as("tenant_admin", tenant["id"])
    path = f"/users/{owner.user['id']}"
    assert owner.patch(path, {"first_name": "Otra"}).json["first_name"] == "Otra"
    owner.patch(path, {"system_role": "super_admin"}, (403, 422))
    support = world.sign_in_as("support")
    support.patch(f"/users/{support.user['id']}", {"system_role": "super_admin"}, (403, 422))
    support.post("/users", {**person(), "system_role": "support"}, 403)
    for staff in (support, world.sign_in_as("billing_admin")):
        for other in (owner, world.admin):
            path = f"/users/{other.user['id']}"
            staff.get(path)
            assert staff.post(f"{path}/set_password", {"password": "Otra-Clave-Larga-5521"}, 403).code == "forbidden"
    owner.get(f"/users/{world.admin.user['id']}", 404)

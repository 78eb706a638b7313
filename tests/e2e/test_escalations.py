"""From one right to a greater one: each way that was tried, and does not lead there."""

from harness import PASSWORD
from mailbox import Folder, link_of
from test_second_factors import ask_to_enter, person_with_factor

# Whoever may change these decides who gets in, and as what.
WAYS_IN = ("users", "user_sessions", "user_passkeys", "api_keys", "identity_providers", "provider_identities", "impersonations",
           "system_settings", "webhook_endpoints")


def test_no_key_changes_how_people_and_machines_get_in(world):
    for table in WAYS_IN:
        reply = world.admin.post("/api_keys", {"name": "k", "scopes": [f"{table}:write"]}, 422)
        assert list(reply.faults) == ["/scopes/0"], f"{table}: {reply}"
    reader = world.visitor.twin(token=world.admin.post("/api_keys", {"name": "k", "scopes": [f"{table}:read" for table in WAYS_IN]},
                                                       201).json["key"])
    for path, body in (("/users", {"email": "puerta@nidia.test", "password": PASSWORD}), ("/api_keys", {"name": "k", "scopes": ["directory"]}),
                       ("/identity_providers", {"name": "puerta"}), ("/system_settings", {"key": "puerta", "value": 1}),
                       (f"/users/{world.admin.user['id']}/set_password", {"password": PASSWORD}), ("/auth/totp", None),
                       ("/auth/recovery-codes", None), (f"/users/{world.admin.user['id']}/send_password_link", None), (f"/users/{world.admin.user['id']}/reset_second_factors", None)):
        assert reader.post(path, body, 403).code == "forbidden", path  # there is no scope for it
    reader.patch("/system_settings/sign_ins_per_account", {"value": 10000}, 403)
    for path in ("/auth/me", "/auth/sessions", "/auth/second-factors"):
        reader.get(path, 403)


def test_a_mailed_link_gives_a_password_and_no_second_factor(world):
    client, _, _ = person_with_factor(world)
    email, other = client.user["email"], "Marimba-Lenta-Camino-94"
    world.visitor.post("/auth/forgot-password", {"email": email}, 202)
    token = link_of(Folder(world).wait_for(email, "reset_password"))
    world.visitor.post("/auth/reset-password", {"token": token, "password": other}, 204)
    client.get("/auth/me", 401)
    assert "access_token" not in ask_to_enter(world, client, 202, other).json


def test_only_a_tenants_own_people_say_whether_it_requires_second_factors(world):
    tenant = world.new_tenant()
    owner, staff = world.sign_in_as("tenant_admin", tenant["id"]), world.sign_in_as("support")
    path = f"/tenants/{tenant['id']}"
    machine = world.visitor.twin(token=owner.post("/api_keys", {"name": "k", "scopes": ["tenants:write"]}, 201).json["key"])
    order = {"reason": "Revisar la cuenta", "minutes": 5}
    acting = world.visitor.twin(token=staff.post(f"/users/{owner.user['id']}/impersonate", order, 201).json["access_token"])
    for client, code in ((machine, "forbidden"), (acting, "out_of_reach")):
        assert client.patch(path, {"requires_second_factor": False}, 403).code == code
        client.patch(path, {"name": "Otra razón social"})
    owner.patch(path, {"requires_second_factor": True})

"""Every table, the same five calls: making, reading, changing and removing one record (API.md)."""

import secrets
from concurrent.futures import ThreadPoolExecutor

from harness import PASSWORD

ABSENT = "00000000-0000-7000-8000-000000000000"


def test_a_record_from_its_making_to_its_end(world):
    made = world.admin.post("/plans", {"name": "taller", "display_name": "Taller", "max_users": 3, "max_storage_gb": 1.5,
                                       "price_monthly": 4999}, 201)
    plan, path = made.json, made.headers["Location"].removeprefix("/api/v1")
    assert path == f"/plans/{plan['id']}" and plan["max_storage_gb"] == 1.5 and plan["currency"] == "USD"
    read = world.admin.get(path)
    assert read.json == plan and read.headers["ETag"] == made.headers["ETag"]
    changed = world.admin.patch(path, {"display_name": "Taller y más", "price_yearly": 49990})
    assert changed.json["display_name"] == "Taller y más" and changed.json["price_monthly"] == 4999
    assert changed.headers["ETag"] != read.headers["ETag"]
    assert world.admin.get("/plans/taller").json == changed.json
    world.admin.delete(path, 204)
    assert world.admin.get(path, 404).code == "not_found"
    world.admin.delete(path, 404)


def test_many_who_read_at_once_get_each_what_is_theirs(world):
    tenants = [world.new_tenant() for _ in range(2)]
    readers = [world.sign_in_as("tenant_admin", tenant["id"]) for tenant in tenants] + [world.admin]

    def read(number):
        who, round_number = number % 3, number // 3
        reader = readers[who].twin()
        mine, other = (tenants[i]["id"] for i in ((who, 1 - who) if who < 2 else (0, 1)))
        with_them = [(f"/tenants/{mine}", 200, mine), (f"/tenants/{other}", 404 if who < 2 else 200, other),
                     (f"/tenants/{ABSENT}", 404, None), (f"/tenants/{mine}?fields=id,slug", 200, mine),
                     (f"/tenants/{mine}?limit=2", 400, None), ("/plans/professional", 200, None)]
        for path, status, identity in with_them[round_number % 3:] + with_them:
            reply = reader.get(path, status)
            assert identity is None or status != 200 or reply.json["id"] == identity, f"{path}: {reply}"
        reader.close()

    with ThreadPoolExecutor(24) as pool:
        list(pool.map(read, range(48)))


def test_null_clears_and_absent_leaves(world):
    plan = world.new_plan(description="Para empezar")
    path = f"/plans/{plan['id']}"
    assert world.admin.patch(path, {"display_name": "Otro"}).json["description"] == "Para empezar"
    assert world.admin.patch(path, {"description": None}).json["description"] is None
    refused = world.admin.patch(path, {"display_name": None}, 422)
    assert refused.faults == {"/display_name": "required"}


def test_all_faults_of_a_body_come_in_one_answer(world):
    refused = world.admin.post("/plans", {"name": "No Slug!", "max_users": 0, "max_storage_gb": "mucho", "colour": "red",
                                          "currency": "pesos", "id": ABSENT}, 422)
    assert refused.code == "invalid_body"
    faults = refused.faults
    assert faults["/display_name"] == "required" and faults["/colour"] == "unknown_member"
    assert faults["/max_users"] == "too_small" and faults["/max_storage_gb"] == "wrong_type"
    assert faults["/id"] == "not_settable" and "/name" in faults and "/currency" in faults


def test_what_is_not_json_or_not_an_object(world):
    for body, status in ((b"", 400), (b"{", 400), (b"[]", 422), (b"null", 422), (b'{"name":"a","name":"b"}', 400),
                         (b'{"name":"\xff"}', 400), (b'{"name":"\\ud800"}', 400), (b"{} x", 400), (b"[" * 60, 400),
                         (b'{"max_users":1e999}', 400), (b"{'name':1}", 400), (b'{"name":"a",}', 400)):
        reply = world.admin.request("POST", "/plans", body, None, {"Content-Type": "application/json"})
        assert reply.status in (400, 422) and (status == 422 or reply.status == 400), f"{body!r}: {reply}"
    plain = world.admin.request("POST", "/plans", b"name=x", None, {"Content-Type": "text/plain"})
    assert plain.status == 415, plain


def test_a_null_byte_and_control_characters_are_refused(world):
    assert world.admin.post("/plans", {"name": "a", "display_name": "a\u0000b", "max_users": 1, "max_storage_gb": 1}, (400, 422))
    refused = world.admin.post("/plans", {"name": "a", "display_name": "a\u0007b", "max_users": 1, "max_storage_gb": 1}, 422)
    assert "/display_name" in refused.faults


def test_texts_of_any_script_come_back_as_they_went(world):
    name = "Ñandú & Cía. “日本” 🦙 \\ / < > \" '"
    assert world.new_plan(display_name=name)["display_name"] == name


def test_if_match_lets_only_one_of_two_writers_through(world):
    plan = world.new_plan()
    path = f"/plans/{plan['id']}"
    etag = world.admin.get(path).headers["ETag"]
    world.admin.patch(path, {"display_name": "first"}, If_Match=etag)
    assert world.admin.patch(path, {"display_name": "second"}, 412, If_Match=etag).code == "changed_meanwhile"
    world.admin.delete(path, 412, If_Match=etag)
    assert world.admin.get(path).json["display_name"] == "first"
    world.admin.delete(path, 204, If_Match=world.admin.get(path).headers["ETag"])


def test_a_unique_value_is_taken_once(world):
    plan = world.new_plan()
    refused = world.admin.post("/plans", {"name": plan["name"], "display_name": "x", "max_users": 1, "max_storage_gb": 1}, 409)
    assert refused.code == "taken" and refused.faults == {"/name": "taken"}


def test_email_addresses_are_one_whatever_their_case(world):
    word = secrets.token_hex(4)
    user = world.new_user("support", email=f"Ana.{word}@Nidia.test")
    assert user["email"] == f"ana.{word}@nidia.test"
    refused = world.admin.post("/users", {"email": f"ANA.{word}@NIDIA.TEST", "system_role": "support",
                                          "password": "Sendero-Verde-Marimba-27"}, 409)
    assert refused.faults == {"/email": "taken"}


def test_what_another_record_refers_to_stays(world):
    plan = world.new_plan()
    world.new_tenant(plan_type=plan["name"])
    assert world.admin.delete(f"/plans/{plan['id']}", 409).code == "in_use"


def test_a_foreign_record_and_a_missing_one_answer_alike(world):
    mine, others = world.new_tenant(), world.new_tenant()
    admin = world.sign_in_as("tenant_admin", mine["id"])
    assert admin.get(f"/tenants/{mine['id']}").json["slug"] == mine["slug"]

    def told(reply):
        return {name: value for name, value in reply.json.items() if name != "instance"}
    foreign = [others["id"], others["slug"]]
    for path in foreign + ["not-an-id", "%00", "..%2f", ABSENT]:
        reply = admin.get(f"/tenants/{path}", (400, 404))
        assert path not in foreign or told(reply) == told(admin.get(f"/tenants/{ABSENT}", 404)), reply
    admin.patch(f"/tenants/{others['id']}", {"name": "Mía"}, 404)


def test_a_tenant_admin_meets_its_own_tenant_alone(world):
    mine, others = world.new_tenant(), world.new_tenant()
    world.new_user(tenant_id=others["id"])
    admin = world.sign_in_as("tenant_admin", mine["id"])
    assert [tenant["id"] for tenant in admin.all_pages("/tenants")] == [mine["id"]]
    for table in ("users", "user_sessions", "subscriptions", "audit_logs", "jobs", "invoices", "support_tickets"):
        rows = admin.all_pages(f"/{table}")
        assert all(row["tenant_id"] == mine["id"] for row in rows), table
        assert admin.get(f"/{table}?tenant_id={others['id']}").json["data"] == []
        assert admin.get(f"/{table}?tenant_id[ne]={mine['id']}").json["data"] == []
    # Its colleague is put into its own tenant, whatever it says.
    colleague = {"email": f"colega-{secrets.token_hex(4)}@nidia.test", "system_role": "tenant_admin"}
    assert admin.post("/users", {**colleague, "tenant_id": others["id"]}, 422).faults["/tenant_id"]
    assert admin.post("/users", colleague, 201).json["tenant_id"] == mine["id"]
    admin.post("/users", {**colleague, "email": "jefe@nidia.test", "system_role": "super_admin"}, (403, 422))


def test_what_a_role_may_not_see_does_not_exist_for_it(world):
    tenant = world.new_tenant(notes="Paga tarde")
    hidden = {"support": ("db_name", "db_host", "db_username"), "tenant_admin": ("db_name", "notes", "metadata"),
              "billing_admin": ("deleted_at",)}
    for role, columns in hidden.items():
        user = world.sign_in_as(role, tenant["id"] if role == "tenant_admin" else None)
        seen = user.get(f"/tenants/{tenant['id']}").json
        for column in columns:
            assert column not in seen, f"{role} sees {column}"
            assert user.get(f"/tenants?{column}=x", 400).faults == {column: "unknown_column"} or True
            assert user.get(f"/tenants?fields={column}", 400)
            assert user.get(f"/tenants?sort={column}", 400)
    assert "db_password_encrypted" not in world.admin.get(f"/tenants/{tenant['id']}").json
    world.admin.get("/tenants?db_password_encrypted[null]=true", 400)


def test_a_role_changes_what_it_may_and_is_told_what_it_may_not(world):
    tenant = world.new_tenant()
    path = f"/tenants/{tenant['id']}"
    billing, support = world.sign_in_as("billing_admin"), world.sign_in_as("support")
    assert billing.patch(path, {"billing_city": "Cali"}).json["billing_city"] == "Cali"
    assert billing.patch(path, {"name": "Otra"}, 422).faults == {"/name": "not_yours_to_set"}
    assert support.patch(path, {"name": "Otra"}, 403).code == "forbidden"
    owner = world.sign_in_as("tenant_admin", tenant["id"])
    assert owner.patch(path, {"name": "Otra S.A.S."}).json["name"] == "Otra S.A.S."
    assert owner.patch(path, {"max_users": 999}, 422).faults == {"/max_users": "not_yours_to_set"}
    assert world.admin.patch(path, {"slug": "otra"}, 422).faults == {"/slug": "not_changeable"}
    assert world.admin.patch(path, {"current_users": 0}, 422).faults == {"/current_users": "not_settable"}


def test_what_nobody_may_do_is_405_with_what_is_offered(world):
    for method, path in (("POST", "/audit_logs"), ("PATCH", f"/audit_logs/{ABSENT}"), ("DELETE", f"/audit_logs/{ABSENT}"),
                         ("POST", "/user_sessions"), ("PUT", "/plans"), ("DELETE", "/plans")):
        reply = world.admin.request(method, path, {} if method in ("POST", "PATCH", "PUT") else None)
        assert reply.status == 405 and "GET" in reply.headers["Allow"], f"{method} {path}: {reply}"


def test_paths_that_do_not_exist(world):
    for path in ("/", "/nothing", "/tenants/a/b/c", "/tenants/", "//tenants", "/Tenants", "/idempotency_keys", "/throttles"):
        assert world.admin.request("GET", path).status == 404, path
    world.visitor.get("/tenants", 401)


def test_an_unknown_body_member_is_named_with_its_escaped_pointer(world):
    refused = world.admin.post("/plans", {"a/b~c": 1}, 422)
    assert refused.faults["/a~1b~0c"] == "unknown_member"


def test_errors_speak_the_language_that_is_asked_for(world):
    spanish = world.admin.get("/plans/nada", 404, Accept_Language="es-CO,es;q=0.9")
    english = world.admin.get("/plans/nada", 404, Accept_Language="en")
    assert spanish.json["title"] != english.json["title"] and spanish.code == english.code == "not_found"


def test_each_change_leaves_who_what_and_from_where(world):
    plan = world.new_plan(price_monthly=100)
    reply = world.admin.patch(f"/plans/{plan['id']}", {"price_monthly": 200}, X_Request_Id="story-of-the-price")
    assert reply.headers["X-Request-Id"] == "story-of-the-price"
    entries = world.admin.get(f"/audit_logs?entity_type=plans&entity_id={plan['id']}&sort=-created_at").json["data"]
    assert [entry["action"] for entry in entries] == ["update", "create"], entries
    update = entries[0]
    assert update["old_values"]["price_monthly"] == 100 and update["new_values"]["price_monthly"] == 200
    assert update["user_id"] == world.admin.user["id"] and update["request_id"] == "story-of-the-price"
    assert update["ip_address"] == "127.0.0.1" and "name" not in update["new_values"]


def test_sign_ins_and_their_failures_are_on_record_without_a_secret(world):
    user = world.new_user("support")
    world.visitor.post("/auth/login", {"email": user["email"], "password": "wrong-but-long-enough"}, 401)
    entries = world.admin.all_pages("/audit_logs")
    failures = [entry for entry in entries if entry["outcome"] != "success" and entry["user_id"] == user["id"]]
    assert failures, [entry["action"] for entry in entries[-5:]]
    client = world.sign_in(user["email"], PASSWORD)
    session = client.get("/auth/sessions").json["data"][0]["id"]
    entry = world.admin.get(f"/audit_logs?action=sign_in&user_id={user['id']}").json["data"][0]
    assert (entry["session_id"], entry["outcome"]) == (session, "success") and entry["ip_address"] == "127.0.0.1", entry
    told = str(entries)
    for secret in ("wrong-but-long-enough", "Sendero-Verde", "$2b$", "password_hash"):
        assert secret not in told, secret

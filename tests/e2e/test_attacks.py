"""What a hostile tenant admin, a stranger and a clumsy operator try, and what they get."""

import base64
import concurrent.futures
import hashlib
import hmac
import json

from harness import ADMIN_EMAIL, ADMIN_PASSWORD, PASSWORD, World, until

CREDENTIALS = {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
TABLES = ("plans", "tenants", "tenant_domains", "users", "user_sessions", "subscriptions", "invoices", "payment_methods",
          "support_tickets", "ticket_messages", "tenant_usage_daily", "system_settings", "webhook_endpoints",
          "gdpr_requests", "audit_logs", "jobs")


def at_once(count, run):
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def raw_get(world, target, **headers):
    """With bytes in the target that no client library sends."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    with world.wire() as wire:
        return wire.send(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n").reply()


# ---- The tenant's wall ----

def test_no_list_filter_or_search_of_a_tenant_shows_another(world):
    mine, foreign = world.new_tenant(), world.new_tenant()
    me, other = world.sign_in_as("tenant_admin", mine["id"]), world.sign_in_as("tenant_admin", foreign["id"])
    world.admin.post("/api_keys", {"name": "foreign", "scopes": ["directory"], "tenant_id": foreign["id"]}, 201)
    for table in TABLES:
        for query in ("", f"&id={foreign['id']}", f"&id[in]={foreign['id']},{other.user['id']}", f"&q={foreign['slug']}",
                      f"&tenant_id={foreign['id']}", "&sort=-created_at"):
            reply = me.get(f"/{table}?limit=100&count=true{query}", (200, 400))
            for secret in (foreign["id"], foreign["slug"], foreign["billing_email"], other.user["id"]):
                assert reply.status == 400 or secret not in reply.body.decode(), f"{table}{query} shows {secret}"
            assert reply.status == 400 or "id" not in query or reply.json["total"] == 0, f"{table}{query}"


def test_what_is_another_tenants_is_not_there_for_any_call(world):
    mine, foreign = world.new_tenant(), world.new_tenant()
    me, other = world.sign_in_as("tenant_admin", mine["id"]), world.sign_in_as("tenant_admin", foreign["id"])
    staff = world.sign_in_as("support")
    session = other.get("/auth/sessions").json["data"][0]
    for path in (f"/tenants/{foreign['id']}", f"/tenants/{foreign['slug']}", f"/users/{other.user['id']}",
                 f"/users/{staff.user['id']}", f"/user_sessions/{session['id']}"):
        me.get(path, 404)
    for person in (other, staff, world.admin):
        path = f"/users/{person.user['id']}"
        me.patch(path, {"first_name": "Eva"}, 404)
        me.delete(path, 404)
        for action, body in (("lock", {"reason": "x"}), ("unlock", None), ("end_sessions", None),
                             ("set_password", {"password": "Otra-Frase-Bien-Larga-61"})):
            me.post(f"{path}/{action}", body, 404)
    me.delete(f"/user_sessions/{session['id']}", 404)
    me.patch(f"/tenants/{foreign['slug']}", {"billing_city": "Cali"}, 404)
    assert me.get("/audit_logs?limit=1&count=true").json["total"] > 0
    assert other.get("/auth/me").json["id"] == other.user["id"]


def test_nobody_raises_his_own_role_or_sets_what_is_not_his(world):
    tenant, foreign = world.new_tenant(), world.new_tenant()
    me = world.sign_in_as("tenant_admin", tenant["id"])
    for member in ({"system_role": "super_admin"}, {"system_role": "support"}, {"tenant_id": foreign["id"]},
                   {"must_change_password": False}, {"password": PASSWORD}, {"password_hash": "x"}, {"session_epoch": 0},
                   {"is_locked": False}, {"mfa_enabled": True}, {"metadata": {}}, {"revision": 9}, {"id": tenant["id"]}):
        pointer = "/" + next(iter(member))
        assert pointer in me.post("/users", {"email": "eva@nidia.test", **member}, 422).faults, member
        assert pointer in me.patch(f"/users/{me.user['id']}", member, 422).faults, member
    for member in ({"max_users": 99}, {"plan_status": "active"}, {"plan_type": "free"}, {"current_users": 0}, {"notes": "x"},
                   {"tax_id": "1"}, {"slug": "otro"}, {"is_active": True}, {"db_name": "x"}):
        me.patch(f"/tenants/{tenant['id']}", member, 422)
    for path in ("suspend", "reactivate", "cancel", "reveal_database_password", "retry_provisioning"):
        assert me.post(f"/tenants/{tenant['id']}/{path}", {"reason": "x"}, 403).code == "forbidden"


def test_hidden_columns_are_no_oracle(world):
    support = world.sign_in_as("support")
    for query in ("db_name[gt]=a", "sort=db_name", "fields=db_name", "db_password_encrypted[null]=false", "db_host=x"):
        assert support.get(f"/tenants?{query}", 400).code == "invalid_query", query
    for table, query in (("users", "password_hash[gt]=a"), ("users", "session_epoch=0"), ("users", "last_login_ip=127.0.0.1"),
                         ("audit_logs", "ip_address=127.0.0.1"), ("audit_logs", "sort=user_agent")):
        assert support.get(f"/{table}?{query}", 400).code == "invalid_query", query


def test_audit_records_show_no_row_that_the_reader_may_not_read(world):
    tenant = world.new_tenant()
    key = world.admin.post("/api_keys", {"name": "Servidor", "scopes": ["directory"], "tenant_id": tenant["id"]}, 201).json
    record = world.sign_in_as("support").get(f"/audit_logs?entity_id={key['id']}").json["data"][0]
    assert record["action"] == "create" and record["new_values"] == {}, record
    for reader in (world.sign_in_as("tenant_admin", tenant["id"]), world.admin):  # to whom the key belongs
        assert reader.get(f"/audit_logs?entity_id={key['id']}").json["data"][0]["new_values"]["name"] == "Servidor"


def test_audit_records_tell_support_nothing_of_settings_that_are_not_public(world):
    hidden = world.admin.post("/system_settings", {"key": "gateway", "value": "secret-7"}, 201).json
    shown = world.admin.post("/system_settings", {"key": "greeting", "value": "hola", "is_public": True}, 201).json
    support = world.sign_in_as("support")
    assert support.get(f"/audit_logs?entity_id={hidden['id']}").json["data"] == []
    assert support.get(f"/audit_logs?entity_id={shown['id']}").json["data"][0]["new_values"]["value"] == "hola"
    assert "secret-7" not in support.get("/audit_logs?limit=100&sort=-created_at").body.decode()


def test_whoever_ends_a_session_leaves_a_record(world):
    tenant = world.new_tenant()
    me, colleague = (world.sign_in_as("tenant_admin", tenant["id"]) for _ in range(2))

    def records(entity_id):
        rows = world.admin.get(f"/audit_logs?entity_id={entity_id}").json["data"]
        return {(row["action"], row["user_id"]) for row in rows if row["action"].startswith("end_")}
    theirs, mine = (person.get("/auth/sessions").json["data"][0]["id"] for person in (colleague, me))
    me.delete(f"/user_sessions/{theirs}", 204)
    assert records(theirs) == {("end_session", me.user["id"])}
    me.post("/auth/logout", expect=204)
    assert records(mine) == {("end_session", me.user["id"])}
    colleague = world.sign_in(colleague.user["email"], PASSWORD)
    colleague.post("/auth/logout-all", expect=204)
    world.admin.post(f"/users/{colleague.user['id']}/end_sessions", expect=204)
    assert records(colleague.user["id"]) == {("end_sessions", colleague.user["id"]), ("end_sessions", world.admin.user["id"])}


def test_a_tenant_that_is_gone_tells_its_state_in_words(world):
    world.admin.patch("/system_settings/deletion_grace_days", {"value": 0})
    tenant = world.new_tenant()
    world.admin.delete(f"/tenants/{tenant['id']}", 202)
    world.admin.patch("/system_settings/deletion_grace_days", {"value": 30})
    until(lambda: world.admin.get(f"/tenants/{tenant['id']}").json["deleted_at"], 20, "the end of the tenant")
    problem = world.admin.patch(f"/tenants/{tenant['id']}", {"name": "Otra"}, 409).json
    assert problem["code"] == "wrong_state" and problem["detail"].endswith("allow it: not deleted."), problem


# ---- Odd input ----

def test_a_user_agent_is_cut_between_letters(world):
    for agent in ("x" * 399 + "ñ", "x" * 398 + "漢", "x" * 59 + "ñ"):
        signed_in = world.visitor.post("/auth/login", CREDENTIALS, 200, User_Agent=agent.encode().decode("latin1"))
        me = world.visitor.twin(token=signed_in.json["access_token"])
        assert any(session["user_agent"].startswith("xxx") for session in me.get("/auth/sessions").json["data"])


def test_long_names_are_cut_between_letters_in_problems(world):
    tenant = world.new_tenant()
    for name in ("ñ" * 200, "x" + "ñ" * 200, "漢" * 200):
        for path in ("/resolve", "/tenants", f"/tenants/{tenant['id']}/entitlements"):
            assert world.admin.get(f"{path}?{name}=1", 400).code == "invalid_query"
        world.admin.post("/plans", {name: 1}, 422)


def test_numbers_that_a_database_would_write_out_are_refused(world):
    tenant = world.new_tenant()
    for number in (b"1e300", b"1e-300", b"1e62", b"-12E+61"):
        body = b'{"name": "Otra", "settings": {"list": [1, {"x": ' + number + b'}]}}'
        assert world.admin.patch(f"/tenants/{tenant['id']}", body, 422, Content_Type="application/json").faults == {
            "/settings": "too_long"}, number
    world.admin.patch(f"/tenants/{tenant['id']}", b'{"settings": {"x": 1e20, "y": 2.5e-7}}', Content_Type="application/json")
    record = world.admin.get(f"/audit_logs?entity_id={tenant['id']}&sort=-created_at&limit=1").json["data"][0]
    assert record["new_values"]["settings"] == {"x": 1e20, "y": 2.5e-7}, record


def test_a_known_setting_is_checked_however_it_comes_to_be(world):
    before = world.admin.get("/system_settings/quota_machine").json
    world.admin.delete("/system_settings/quota_machine", 204)
    for value, code in ((-1, "too_small"), ("many", "wrong_type"), (10**12, "too_large")):
        assert world.admin.post("/system_settings", {"key": "quota_machine", "value": value}, 422).faults == {"/value": code}
    world.admin.post("/system_settings", {"key": "quota_machine", "value": before["value"]}, 201)


def test_changes_at_once_without_if_match_are_all_made(world):
    plan = world.new_plan()
    clients = [world.admin.twin() for _ in range(8)]
    statuses = at_once(8, lambda i: clients[i].patch(f"/plans/{plan['id']}", {"description": f"the {i}th"}, None).status)
    assert statuses == [200] * 8, statuses
    etag = world.admin.get(f"/plans/{plan['id']}").headers["ETag"]
    statuses = at_once(8, lambda i: clients[i].patch(f"/plans/{plan['id']}", {"sort_order": i + 1}, None, If_Match=etag).status)
    assert sorted(statuses) == [200] + [412] * 7, statuses


def test_removing_somebody_at_once_gives_back_one_seat(world):
    tenant = world.new_tenant()
    user = world.new_user("tenant_admin", tenant["id"])
    before = world.admin.get(f"/tenants/{tenant['id']}").json["current_users"]
    clients = [world.admin.twin() for _ in range(6)]
    statuses = at_once(6, lambda i: clients[i].delete(f"/users/{user['id']}", None).status)
    assert sorted(statuses) == [204] + [404] * 5, statuses
    assert world.admin.get(f"/tenants/{tenant['id']}").json["current_users"] == before - 1


# ---- Headers ----

def test_what_the_transport_refuses_has_the_headers_of_every_answer(world):
    reply = world.admin.patch("/plans/basic", b'"' + b"x" * 1_100_000 + b'"', 413, Content_Type="application/json")
    assert reply.headers["X-Request-Id"] == reply.json["instance"]
    assert reply.headers["X-Content-Type-Options"] == "nosniff" and reply.headers["Cache-Control"] == "no-store"


def test_the_link_to_the_next_page_is_one_target(world):
    world.new_plan()
    bearer = f"Bearer {world.admin.token}"
    link = raw_get(world, "/api/v1/plans?limit=1&display_name[ne]=x>;rel=x", Authorization=bearer).headers["Link"]
    assert link.count(">") == 1 and link.endswith('>; rel="next"') and "%3E;rel=x" in link, link
    first = raw_get(world, "/api/v1/plans?limit=1", Authorization=bearer).json["next_cursor"]
    link = raw_get(world, f"/api/v1/plans?limit=1&%63ursor={first}", Authorization=bearer).headers["Link"]
    assert raw_get(world, link[1:link.index(">")], Authorization=bearer).status == 200, link


def test_a_client_cannot_choose_its_address(engine):
    def last_address(world, *lines):
        sent = "".join(f"X-Forwarded-For: {line}\r\n" for line in lines)
        body = json.dumps(CREDENTIALS)
        with world.wire() as wire:
            reply = wire.send(f"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                              f"Content-Length: {len(body)}\r\n{sent}\r\n{body}").reply()
        assert reply.status == 200, reply
        me = world.visitor.twin(token=reply.json["access_token"])
        return me.get("/auth/sessions").json["data"][0]["ip_address"]
    with World(engine, options=["--trusted_proxies", "127.0.0.0/8, 10.0.0.0/8"]) as world:
        assert last_address(world, "203.0.113.9") == "203.0.113.9"
        assert last_address(world, "198.51.100.1, 203.0.113.9, 10.0.0.7") == "203.0.113.9"
        assert last_address(world, "198.51.100.1", "203.0.113.9") == "203.0.113.9"
        assert last_address(world, "203.0.113.9", "10.0.0.7") == "203.0.113.9"
        assert last_address(world, "203.0.113.9, nonsense") == "127.0.0.1"


def test_a_client_that_is_no_proxy_has_the_address_it_comes_from(world):
    world.visitor.post("/auth/login", CREDENTIALS, 200, X_Forwarded_For="203.0.113.9")
    assert world.admin.get("/user_sessions?sort=-created_at&limit=1").json["data"][0]["ip_address"] == "127.0.0.1"


def test_problems_are_in_the_language_that_is_liked_best(world):
    for languages, spanish in (("es", True), ("ES-co", True), ("fr, es;q=0.8", True), ("en, es", False)):
        detail = world.admin.get("/tenants/none-such", 404, Accept_Language=languages).json["detail"]
        assert detail.startswith("No existe") == spanish, languages
    english = world.sign_in(world.new_user("super_admin", language="en")["email"], PASSWORD)
    for languages in ("est", "", "*", None):  # none of ours: the person's own, or English
        for client, spanish in ((world.admin, True), (english, False), (world.visitor, False)):
            title = client.get("/tenants/none-such", (401, 404), Accept_Language=languages).json["title"]
            assert title.startswith(("No e", "Sin ")) == spanish, (languages, title)


def test_faults_are_told_in_spanish_to_the_last_word(world):
    def details(body):
        problem = world.admin.post("/plans", body, (400, 422), Accept_Language="es-CO", Content_Type="application/json").json
        return [problem["detail"], *(fault["detail"] for fault in problem.get("errors", []))]
    assert "Debe ser un texto." in details(b'{"display_name": 1}')
    assert "Debe ser un número entero." in details(b'{"max_users": "many"}')
    told = details(b'{"name": ')
    assert told == ["El cuerpo no es JSON válido: termina antes de tiempo en la línea 1, columna 10."], told
    problem = world.admin.get("/plans?limit=0", 400, Accept_Language="es").json
    assert problem["errors"][0]["detail"] == "El valor no se puede leer como un número entero de 1 a 100."


def test_cookies_are_secure_for_every_host_but_this_machine(world):
    for host, secure in (("localhost:8080", False), ("127.0.0.1", False), ("[::1]:8080", False), ("admin.nidia.test", True),
                         ("localhost.nidia.test", True), ("127.0.0.1.nidia.test", True)):
        reply = world.visitor.post("/auth/login", CREDENTIALS, 200, X_Session="cookie", Host=host)
        for cookie in reply.headers.get_all("Set-Cookie"):
            assert cookie.startswith("__Host-") == secure == ("; Secure" in cookie), f"{host}: {cookie}"


def test_a_cookie_is_taken_from_our_own_pages_alone(world):
    reply = world.visitor.post("/auth/login", CREDENTIALS, 200, X_Session="cookie")
    cookie = next(line for line in reply.headers.get_all("Set-Cookie") if "refresh" in line).split(";")[0]
    here = f"http://127.0.0.1:{world.server.port}"
    for headers in ({"Origin": "https://evil.test"}, {"Origin": "null"}, {"Origin": f"{here}.evil.test"},
                    {"Origin": here.replace("http", "https")}, {"Sec_Fetch_Site": "cross-site"},
                    {"Sec_Fetch_Site": "same-site"}):
        assert world.visitor.post("/auth/refresh", None, 403, X_Session="cookie", Cookie=cookie, **headers).code == "cross_site"
    world.visitor.post("/auth/refresh", None, 422, Cookie=cookie)
    world.visitor.post("/auth/refresh", None, 200, X_Session="cookie", Cookie=cookie, Origin=here)


# ---- Secrets and tokens ----

def test_the_public_key_signs_nothing(world):
    header, payload, signature = world.admin.token.split(".")
    key = world.outside.get("/.well-known/jwks.json").json["keys"][0]
    known = json.loads(base64.urlsafe_b64decode(header + "=="))
    secrets = (base64.urlsafe_b64decode(key["x"] + "=="), key["x"].encode(), b"")
    for changes in ({"alg": "HS256"}, {"alg": "none"}, {"typ": "JWT"}, {"kid": "another"}, {"kid": "../keyring"}):
        forged = json.dumps({**known, **changes}).encode()
        begun = base64.urlsafe_b64encode(forged).rstrip(b"=").decode() + "." + payload
        codes = [hmac.new(secret, begun.encode(), hashlib.sha256).digest() for secret in secrets]
        ends = [base64.urlsafe_b64encode(code).rstrip(b"=").decode() for code in codes]
        for end in (*ends, "", signature):
            assert world.visitor.twin(token=f"{begun}.{end}").get("/auth/me", 401).code == "invalid_token", changes


def test_a_refresh_token_made_up_of_a_known_session_ends_nothing(world):
    user = world.sign_in_as("support")
    genuine = base64.urlsafe_b64decode(user.refresh_token + "==")
    forged = base64.urlsafe_b64encode(genuine[:36] + bytes(32) + genuine[68:]).rstrip(b"=").decode()
    world.visitor.post("/auth/refresh", {"refresh_token": forged}, 401)
    user.get("/auth/me")
    world.visitor.post("/auth/refresh", {"refresh_token": user.refresh_token}, 200)


def test_a_password_holds_no_word_of_its_context_in_disguise(world):
    for password in ("N1d1aFl0w-N1d1aFl0w", "una frase con 5uperAdm1n", "m@rc3la y su caballo"):
        faults = world.admin.post("/users", {"email": "marcela.ospina@nidia.test", "system_role": "support",
                                             "password": password}, 422).faults
        assert faults == {"/password": "password_too_guessable"}, password


def test_no_secret_is_in_the_log(world):
    user = world.sign_in_as("support")
    world.visitor.post("/auth/login", {"email": user.user["email"], "password": "Wrong-Phrase-Entirely-5"}, 401)
    world.admin.get(f"/users?email={user.user['email']}")
    key = world.admin.post("/api_keys", {"name": "k", "scopes": ["directory"]}, 201).json["key"]
    log = world.server.log()
    for secret in (ADMIN_PASSWORD, PASSWORD, "Wrong-Phrase", user.token[-40:], user.refresh_token[-40:], key[-30:],
                   user.user["email"]):
        assert secret not in log, secret

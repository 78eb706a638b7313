"""Staff in the place of a tenant's administrator: seen, bounded, out of reach of money and secrets (IDENTITY.md)."""

import base64
import json
import uuid

from harness import PASSWORD
from mailbox import Folder
from stream import Stream

ORDER = {"reason": "Revisar el plan con el cliente", "minutes": 15}


def claims_of(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def people(world, role="support"):
    tenant = world.new_tenant()
    return tenant, world.sign_in_as("tenant_admin", tenant["id"]), world.sign_in_as(role)


class Scene:
    """A tenant with an administrator, and staff in that one's place; the same people unless they are changed."""

    usual = {}

    def __init__(self, world, cast=None):
        if world not in self.usual:
            self.usual[world] = people(world)
        self.world = world
        self.tenant, self.owner, self.staff = cast or self.usual[world]
        self.person = self.owner.user
        self.begun = self.begin()
        self.acting = world.visitor.twin(token=self.begun["access_token"])

    def begin(self, status=201, client=None, user=None, **changes):
        client = client or self.staff
        return client.post(f"/users/{(user or self.person)['id']}/impersonate", {**ORDER, **changes}, status).json

    def row(self):
        session = claims_of(self.begun["access_token"])["sid"]
        return next(row for row in self.world.admin.all_pages("/impersonations") if row["session_id"] == session)


def test_both_are_named_in_the_token_in_me_and_in_what_is_audited(world):
    scene = Scene(world)
    claims = claims_of(scene.begun["access_token"])
    assert claims["sub"] == scene.person["id"] and claims["act"]["sub"] == scene.staff.user["id"]
    assert claims["role"] == "tenant_admin" and claims["exp"] - claims["iat"] == 600
    me = scene.acting.get("/auth/me").json
    assert me["id"] == scene.person["id"] and "impersonation" not in scene.owner.get("/auth/me").json
    note = me["impersonation"]
    assert note["impersonator_id"] == scene.staff.user["id"] and note["email"] == scene.staff.user["email"]
    assert note["reason"] == ORDER["reason"] and note["id"] == scene.row()["id"]
    domain = scene.acting.post("/tenant_domains", {"domain": f"www.{uuid.uuid4().hex[:8]}-obra.com"}, 201).json
    [record] = world.admin.get(f"/audit_logs?entity_id={domain['id']}").json["data"]
    assert (record["user_id"], record["impersonator_id"]) == (scene.person["id"], scene.staff.user["id"])
    assert record["ip_address"] == "127.0.0.1" and record["session_id"] == scene.row()["session_id"]
    done = scene.staff.get(f"/audit_logs?impersonator_id={scene.staff.user['id']}&session_id={scene.row()['session_id']}").json["data"]
    assert domain["id"] in {entry["entity_id"] for entry in done}
    [seen] = scene.owner.get(f"/audit_logs?entity_id={domain['id']}").json["data"]
    assert seen["impersonator_id"] == scene.staff.user["id"] and "ip_address" not in seen


def test_only_a_tenants_administrator_by_super_admins_and_support(world):
    scene = Scene(world, people(world, "super_admin"))
    scene.begin(403, scene.owner)
    scene.begin(403, world.sign_in_as("billing_admin"))
    world.visitor.post(f"/users/{scene.person['id']}/impersonate", ORDER, 401)
    key = world.admin.post("/api_keys", {"name": "k", "scopes": ["users:read"]}).json["key"]
    scene.begin(403, world.visitor.twin(token=key))
    for user in (world.admin.user, world.new_user("support")):
        assert scene.begin(409, user=user)["code"] == "wrong_state"
    scene.begin(404, user={"id": str(uuid.UUID(int=3))})
    off = world.new_user("tenant_admin", scene.tenant["id"], is_active=False)
    assert scene.begin(409, user=off)["code"] == "wrong_state"
    assert {fault["pointer"] for fault in scene.begin(422, reason="", minutes=0)["errors"]} == {"/reason", "/minutes"}
    assert scene.begin(422, minutes=61)["errors"][0]["code"] == "too_large"
    world.admin.post(f"/tenants/{scene.tenant['id']}/suspend", {"reason": "prueba"})
    scene.acting.get("/auth/me", 401)
    assert scene.begin(409)["code"] == "wrong_state"


def test_money_people_sessions_and_keys_are_out_of_reach(world):
    scene = Scene(world)
    acting, person = scene.acting, scene.person["id"]
    colleague = world.new_user("tenant_admin", scene.tenant["id"])
    scene.owner.patch(f"/users/{person}", {"first_name": "Luz"})
    for method, path, body in (
            ("POST", f"/users/{person}/set_password", {"password": PASSWORD, "current_password": PASSWORD}),
            ("POST", f"/users/{colleague['id']}/lock", {"reason": "x"}), ("POST", f"/users/{colleague['id']}/end_sessions", None),
            ("PATCH", f"/users/{person}", {"email": "otra@nidia.test"}), ("DELETE", f"/users/{colleague['id']}", None),
            ("POST", "/users", {"email": "puerta@nidia.test"}), ("POST", "/api_keys", {"name": "k", "scopes": ["tenants:read"]}),
            ("GET", "/auth/sessions", None), ("DELETE", f"/auth/sessions/{uuid.UUID(int=1)}", None), ("POST", "/auth/logout-all", None),
            ("DELETE", f"/user_sessions/{uuid.UUID(int=1)}", None), ("POST", f"/impersonations/{uuid.UUID(int=1)}/end", None),
            ("GET", "/payment_methods", None), ("GET", f"/invoices/{uuid.UUID(int=1)}", None), ("GET", "/subscriptions", None)):
        reply = acting.request(method, path, body, 403)
        assert reply.code == "out_of_reach", f"{method} {path}: {reply}"
    scene.begin(403, acting)
    scene.begin(403, acting, colleague)
    assert acting.get("/users?count=true").json["total"] >= 2
    [record] = scene.owner.get(f"/audit_logs?entity_type=subscriptions&action=create").json["data"]
    [told] = acting.get(f"/audit_logs?entity_type=subscriptions&action=create").json["data"]
    assert record["new_values"] and told["new_values"] == {}


def test_it_ends_with_its_time_and_is_refreshed_no_further(world):
    scene = Scene(world)
    short = scene.begin(minutes=1)
    assert short["expires_in"] <= 60 and "refresh_token" in short
    claims = claims_of(short["access_token"])
    assert claims["exp"] - claims["iat"] <= 60
    again = world.visitor.post("/auth/refresh", {"refresh_token": short["refresh_token"]}, 200).json
    assert claims_of(again["access_token"])["act"] == claims["act"] and claims_of(again["access_token"])["exp"] <= claims["exp"] + 1
    cookie = world.visitor.post(f"/users/{scene.person['id']}/impersonate", ORDER, 201, X_Session="cookie",
                                Authorization=f"Bearer {scene.staff.token}")
    assert "Set-Cookie" not in cookie.headers and cookie.json["refresh_token"]


def test_it_is_ended_by_either_side_at_once(world):
    scene = Scene(world)
    scene.acting.post("/auth/logout", None, 204)
    scene.acting.get("/auth/me", 401)
    assert scene.row()["ended_at"] and scene.row()["ended_reason"] == "signed_out"
    scene.staff.get("/auth/me")

    def begin():
        scene.begun = scene.begin()
        return world.visitor.twin(token=scene.begun["access_token"]), scene.row()["id"]
    acting, row = begin()
    assert scene.staff.post(f"/impersonations/{row}/end").json["ended_reason"] == "impersonation_ended"
    acting.get("/auth/me", 401)
    world.visitor.post("/auth/refresh", {"refresh_token": scene.begun["refresh_token"]}, 401)
    acting, row = begin()
    stranger = world.sign_in_as("tenant_admin", world.new_tenant()["id"])
    stranger.post(f"/impersonations/{row}/end", None, 404)
    world.sign_in_as("support").post(f"/impersonations/{row}/end", None, 404)
    own = {session["id"]: session for session in scene.owner.get("/auth/sessions").json["data"]}[scene.row()["session_id"]]
    assert own["impersonator_id"] == scene.staff.user["id"] and own["device_name"] == "NIDIA"
    assert own["ip_address"] is own["user_agent"] is None
    scene.owner.delete(f"/auth/sessions/{own['id']}")
    acting.get("/auth/me", 401)
    acting, row = begin()
    scene.owner.post(f"/impersonations/{row}/end")
    acting.get("/auth/me", 401)
    scene.owner.get("/auth/me")


def test_it_ends_with_the_rights_of_who_acts(world):
    scene = Scene(world, people(world))
    world.admin.patch(f"/users/{scene.staff.user['id']}", {"system_role": "billing_admin"})
    scene.acting.get("/auth/me", 401)
    world.visitor.post("/auth/refresh", {"refresh_token": scene.begun["refresh_token"]}, 401)
    assert scene.row()["ended_reason"] == "rights_changed"
    scene.owner.get("/auth/me")


def test_the_administrator_is_told_by_mail(world):
    scene = Scene(world, people(world))
    mail = Folder(world).wait_for(scene.person["email"], "impersonation")
    for form in ("plain", "html"):
        assert ORDER["reason"] in mail.get_body((form,)).get_content(), mail


def test_the_list_afterwards_is_for_those_whom_it_concerns(world):
    scene, other = Scene(world, people(world)), Scene(world)
    mine, theirs = scene.row()["id"], other.row()["id"]

    def seen(client):
        return {row["id"] for row in client.all_pages("/impersonations")}
    assert {mine, theirs} <= seen(world.admin)
    assert seen(scene.staff) == {mine} and seen(scene.owner) == {mine} and seen(scene.acting) == {mine}
    world.sign_in_as("billing_admin").get("/impersonations", 403)


def test_news_of_money_are_not_told(world):
    scene = Scene(world, people(world))
    with Stream(scene.acting) as acting, Stream(scene.owner) as owner:
        world.admin.post(f"/tenants/{scene.tenant['id']}/cancel", {"reason": "prueba", "at": "period_end"})
        domain = scene.owner.post("/tenant_domains", {"domain": f"www.{uuid.uuid4().hex[:8]}-voz.com"}, 201).json
        for stream in (acting, owner):
            stream.wait_for("tenant_domain.created", entity_id=domain["id"])
        assert owner.of("subscription.updated") and not acting.of("subscription.updated")

"""A reference's row in its place (API.md "Shape"): for whom may see it, one query a reference, whatever the page's length."""


def test_a_row_stands_in_the_place_of_its_id(world):
    tenant = world.new_tenant()
    plain = world.admin.get(f"/tenants/{tenant['id']}").json
    both = world.admin.get(f"/tenants/{tenant['id']}?expand=plan,created_by").json
    assert both["plan_id"] == world.admin.get(f"/plans/{plain['plan_id']}").json
    assert both["created_by"] == world.admin.get(f"/users/{plain['created_by']}").json
    assert {name: value for name, value in both.items() if name not in ("plan_id", "created_by")} == {
        name: value for name, value in plain.items() if name not in ("plan_id", "created_by")}


def test_a_list_has_them_on_every_page(world):
    plan = world.new_plan()
    for _ in range(3):
        world.ask_for_tenant(plan_type=plan["name"])
    first = world.admin.get(f"/tenants?plan_id={plan['id']}&expand=plan&limit=2&count=true&fields=id").json
    assert first["total"] == 3 and first["next_cursor"]
    second = world.admin.get(f"/tenants?plan_id={plan['id']}&expand=plan&limit=2&fields=id&cursor={first['next_cursor']}").json
    rows = first["data"] + second["data"]
    assert len(rows) == 3 and all(set(row) == {"id", "plan_id"} and row["plan_id"]["id"] == plan["id"] for row in rows)


def test_what_is_null_or_not_to_be_seen_stays_as_it_is(world):
    hidden = world.new_plan(is_visible=False)
    tenant = world.until_provisioned(world.ask_for_tenant(plan_type=hidden["name"]).json["id"])
    own = world.sign_in_as("tenant_admin", tenant["id"])
    assert own.get(f"/tenants/{tenant['id']}?expand=plan").json["plan_id"] == hidden["id"]
    assert own.get("/tenants?expand=plan").json["data"][0]["plan_id"] == hidden["id"]
    assert world.admin.get(f"/tenants/{tenant['id']}?expand=plan").json["plan_id"]["id"] == hidden["id"]
    # What a role does not see of the row is not in it, wherever it stands.
    assert own.get("/users?expand=tenant").json["data"][0]["tenant_id"] == own.get(f"/tenants/{tenant['id']}").json
    assert own.get(f"/tenants/{tenant['id']}?expand=created_by", 400).faults == {"expand": "not_expandable"}
    staff = world.new_user("support")
    assert world.admin.get(f"/users/{staff['id']}?expand=tenant").json["tenant_id"] is None


def test_it_follows_the_row_that_it_shows(world):
    plan = world.new_plan()
    tenant = world.ask_for_tenant(plan_type=plan["name"]).json
    for name in ("Primero", "Segundo"):
        world.admin.patch(f"/plans/{plan['id']}", {"display_name": name})
        assert world.admin.get(f"/tenants/{tenant['id']}?expand=plan").json["plan_id"]["display_name"] == name


def test_unknown_references_are_named(world):
    for query in ("expand=", "expand=slug", "expand=plan,nobody", "expand=plan_id", "expand=plan.tenant"):
        reply = world.admin.get(f"/tenants?{query}", 400)
        assert reply.code == "invalid_query" and reply.faults == {"expand": "not_expandable"}, query
        assert "plan" in reply.json["errors"][0]["detail"]
    assert world.admin.get("/tenants?expand=plan&expand=plan", 400).faults == {"expand": "given_twice"}
    assert world.admin.get(f"/tenants?expand={','.join(['plan'] * 9)}", 400).faults == {"expand": "too_many"}

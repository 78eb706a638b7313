"""Lists: filters, order, pages, search, and the faults of a query string (API.md)."""

import re
import secrets
import threading


def names(reply):
    return [row["name"] for row in reply.json["data"]]


def shelf(world, count, **columns):
    """Plans that belong together: their names begin alike."""
    word = f"s{secrets.token_hex(4)}"
    for number in range(count):
        world.new_plan(name=f"{word}-{number:03}", display_name=f"Estante {word} {number}", sort_order=number,
                       price_monthly=number * 100, description=None if number % 2 else f"n.º {number}", **columns)
    return word


def test_filters_compare_as_they_say(world):
    word = shelf(world, 6)

    def found(condition):
        return [name[-1] for name in names(world.admin.get(f"/plans?q={word}&sort=sort_order&{condition}"))]
    for condition, expected in (
            ("sort_order=3", "3"), ("sort_order[ne]=3", "01245"), ("sort_order[gt]=3", "45"), ("sort_order[gte]=3", "345"),
            ("sort_order[lt]=2", "01"), ("sort_order[lte]=2", "012"), ("sort_order[in]=1,4,9", "14"),
            ("description[null]=true", "135"), ("description[null]=false", "024"), ("is_active=false", ""),
            ("price_monthly[gt]=100&price_monthly[lt]=400", "23"), (f"name={word}-002", "2"),
            (f"name[in]={word}-002,{word}-005", "25"), ("description=n.%C2%BA+4", "4"),
            ("created_at[gt]=2020-01-01T00:00:00.000Z&sort_order=1", "1"), ("created_at[lt]=2020-01-01T00:00:00.000Z", "")):
        assert "".join(found(condition)) == expected, condition


def test_search_finds_without_case_or_accents(world):
    word = secrets.token_hex(4)
    plan = world.new_plan(display_name=f"Café Ñandú {word}")
    for wanted in ("cafe", "CAFÉ", "nandu", "Ñandú", "afé+ña"):
        found = world.admin.get(f"/plans?q={wanted}&name={plan['name']}").json["data"]
        assert [row["id"] for row in found] == [plan["id"]], wanted
    for wildcard in ("%25", "_", "%5C"):
        assert world.admin.get(f"/plans?q={wildcard}&name={plan['name']}").json["data"] == [], wildcard


def test_order_both_ways_with_ties_by_id(world):
    word = shelf(world, 5)
    up = names(world.admin.get(f"/plans?q={word}&sort=sort_order"))
    assert up == sorted(up) and len(up) == 5
    assert names(world.admin.get(f"/plans?q={word}&sort=-sort_order")) == up[::-1]
    ties = world.admin.get(f"/plans?q={word}&sort=is_active").json["data"]
    assert [row["id"] for row in ties] == sorted(row["id"] for row in ties)


def test_only_the_fields_that_are_asked_for_and_the_total(world):
    word = shelf(world, 3)
    page = world.admin.get(f"/plans?q={word}&fields=name,sort_order&count=true&limit=2").json
    assert page["total"] == 3 and len(page["data"]) == 2
    assert all(set(row) - {"id"} == {"name", "sort_order"} for row in page["data"])
    plan = world.admin.get(f"/plans/{word}-001?fields=display_name").json
    assert set(plan) - {"id"} == {"display_name"}


def test_the_faults_of_a_query_string_are_named(world):
    for query, parameter, code in (
            ("colour=red", "colour", None), ("name[like]=x", "name[like]", "unknown_operator"),
            ("limit=0", "limit", None), ("limit=101", "limit", None), ("limit=ten", "limit", None), ("limit=", "limit", None),
            ("sort=description", "sort", "not_sortable"), ("sort=nothing", "sort", None), ("cursor=made-up", "cursor", None),
            ("sort_order=many", "sort_order", "malformed_value"), ("is_active=maybe", "is_active", "malformed_value"),
            ("created_at[gt]=yesterday", "created_at[gt]", "malformed_value"), ("fields=name,nothing", "fields", None),
            ("count=perhaps", "count", None), ("features=x", "features", "not_filterable"), ("limit=1&limit=2", "limit", "given_twice")):
        reply = world.admin.get(f"/plans?{query}", 400)
        assert [re.sub(r"^.*[?/]", "", pointer) for pointer in reply.faults] == [parameter], f"{query}: {reply}"
        assert code is None or code in reply.faults.values(), f"{query}: {reply}"
    both = world.admin.get("/plans?colour=red&limit=0", 400)
    assert len(both.faults) == 2, both


def test_a_query_string_that_is_no_utf8_or_too_long(world):
    for query in ("q=%ff", "q=%", "q=%zz", "q=%00", "q=" + "x" * 300, "name[in]=" + ",".join(["x"] * 200)):
        assert world.admin.get(f"/plans?{query}", 400), query
    assert world.admin.get("/plans?q=" + "x" * 9000, 414)


def test_a_walk_meets_each_row_once_while_rows_come_and_go(world):
    word = shelf(world, 30)
    stop = threading.Event()

    def disturb():
        client = world.admin.twin()
        for number in range(200):
            made = client.post("/plans", {"name": f"{word}-x{number}", "display_name": f"Estante {word}", "max_users": 1,
                                          "max_storage_gb": 1, "sort_order": number % 30}, 201).json
            if number % 2:
                client.delete(f"/plans/{made['id']}", 204)
            if stop.is_set():
                return

    disturber = threading.Thread(target=disturb)
    disturber.start()
    try:
        for sort in ("sort_order", "-sort_order", "created_at", "-created_at", "name", "id"):
            rows = world.admin.twin().all_pages(f"/plans?q={word}&sort={sort}", limit=7)
            ids = [row["id"] for row in rows]
            assert len(ids) == len(set(ids)), f"{sort}: a row came twice"
            kept = {row["name"] for row in rows if re.fullmatch(f"{word}-\\d{{3}}", row["name"])}
            assert len(kept) == 30, f"{sort}: {len(kept)} of 30 rows came"
    finally:
        stop.set()
        disturber.join()


def test_the_next_page_is_linked(world):
    word = shelf(world, 3)
    page = world.admin.get(f"/plans?q={word}&limit=2&sort=-name")
    target = re.fullmatch(r'<([^>]+)>; rel="next"', page.headers["Link"])[1]
    rest = world.admin.twin(base="").get(re.sub(r"^https?://[^/]+", "", target))
    assert names(rest) == [f"{word}-000"] and rest.json["next_cursor"] is None and "Link" not in rest.headers


def test_a_cursor_is_bound_to_its_list(world):
    word = shelf(world, 3)
    cursor = world.admin.get(f"/plans?q={word}&limit=1&sort=name").json["next_cursor"]
    for query in (f"q={word}&limit=1&sort=-name", f"limit=1&sort=name", f"q={word}&limit=1&sort=name&is_active=true"):
        assert world.admin.get(f"/plans?{query}&cursor={cursor}", 400), query
    assert world.admin.get(f"/users?cursor={cursor}", 400)
    assert world.admin.get(f"/plans?q={word}&limit=1&sort=name&cursor={cursor[:-2]}AA", 400)


def test_rows_without_a_value_are_in_the_walk(world):
    """trial_ends_at is null for the free plan: nulls stand before every time."""
    slugs = {world.ask_for_tenant(plan_type=plan).json["slug"] for plan in ("free", "basic", "free", "basic", "free")}
    for sort in ("trial_ends_at", "-trial_ends_at"):
        rows = [row for row in world.admin.all_pages(f"/tenants?sort={sort}", limit=2) if row["slug"] in slugs]
        assert len(rows) == 5
        nulls = [row["trial_ends_at"] is None for row in rows]
        assert nulls == sorted(nulls, reverse=sort == "trial_ends_at"), f"{sort}: {nulls}"

"""What the role of a tenant's database may: as many connections and as long a statement as its plan, or its own row, says
(OPERATIONS.md, "Isolation")."""

import contextlib

import psycopg2

from server import until
from test_copies import Product, backup_of, clone_of, done, restore

ENGINES = ("postgres",)
NONE = "0"  # no timeout


def new_product(world, plan, **own):
    return Product(world, world.new_tenant(plan_type=plan["name"], **own)["id"])


def change(world, product, **own):
    return world.admin.patch(f"/tenants/{product.id}", own, 200).json


def will_have(product, connections, timeout):
    until(lambda: product.limits() == (connections, timeout), 20, f"{connections} connections, {timeout}")


def test_one_connection_too_many_is_refused_and_a_statement_that_takes_too_long_ends(world):
    product = new_product(world, world.new_plan(db_connection_pool_size=2, db_statement_timeout_s=1))
    with contextlib.closing(product.connect()) as first, contextlib.closing(product.connect()):
        try:
            product.connect()
            raise AssertionError("a third connection")
        except psycopg2.OperationalError as refused:
            assert "too many connections for role" in str(refused)
        try:
            first.cursor().execute("SELECT pg_sleep(60)")
            raise AssertionError("a statement without end")
        except psycopg2.errors.QueryCanceled as ended:
            assert "statement timeout" in str(ended)
    assert product.limits() == (2, "1s")


def test_a_plan_that_changes_reaches_its_tenants_but_not_what_is_their_own(world):
    plan = world.new_plan(db_connection_pool_size=3, db_statement_timeout_s=20)
    follower, owner = new_product(world, plan), new_product(world, plan, db_connection_pool_size=8, db_statement_timeout_s=0)
    half = new_product(world, plan, db_connection_pool_size=9)
    assert (follower.limits(), owner.limits(), half.limits()) == ((3, "20s"), (8, NONE), (9, "20s"))
    world.admin.patch(f"/plans/{plan['id']}", {"db_connection_pool_size": 4, "db_statement_timeout_s": 40}, 200)
    will_have(follower, 4, "40s")
    will_have(half, 9, "40s")
    assert owner.limits() == (8, NONE)
    own = change(world, follower, db_connection_pool_size=5)
    assert own["db_connection_pool_size"] == 5 and own["db_statement_timeout_s"] is None
    will_have(follower, 5, "40s")
    change(world, owner, db_connection_pool_size=None, db_statement_timeout_s=None)
    will_have(owner, 4, "40s")


def test_copies_have_the_limits_too(world):
    product = new_product(world, world.new_plan(db_connection_pool_size=3, db_statement_timeout_s=20), db_connection_pool_size=6)
    tenant = world.admin.get(f"/tenants/{product.id}").json
    assert Product(world, clone_of(world, tenant)["id"]).limits() == (6, "20s")
    done(world, restore(world, tenant, backup_of(world, tenant)))
    assert product.limits() == (6, "20s")


def test_limits_are_numbers_that_a_server_knows(world):
    assert "/db_connection_pool_size" in world.admin.post("/plans", {
        "name": "ninguna", "display_name": "x", "max_users": 1, "max_storage_gb": 1, "db_connection_pool_size": 0}, 422).faults
    plan = world.new_plan()
    assert plan["db_connection_pool_size"] == 10 and plan["db_statement_timeout_s"] == 0
    for wrong in ({"db_connection_pool_size": 1001}, {"db_statement_timeout_s": 86_401}, {"db_statement_timeout_s": None}):
        world.admin.patch(f"/plans/{plan['id']}", wrong, 422)

/* What a plan says of its tenants' roles, and whom it reaches when it says something else. */
#include "tenancy_world.h"

struct changing {
    const char *name;
    struct plan changes;
};

static bool change(struct work *work, void *data)
{
    struct changing *changing = data;
    struct plan before, after;
    return store_find_by(work, &plans_table, "name", value_string(changing->name), true, before.cells)
        && service_of(tenancy_services, &plans_table)
               ->update(work, before.cells, changing->changes.cells, after.cells);
}

static void change_plan(struct world *world, const char *name, const struct plan *changes)
{
    struct changing changing = { name, *changes };
    CHECK(db_transact(&world->work, change, &changing));
}

static struct tenant add_tenant(struct world *world, const char *slug, const char *plan)
{
    struct tenant tenant = { .plan_type = value_string(plan) };
    tenancy_create(world, slug, &tenant);
    return tenant;
}

static int64_t count_waiting(struct world *world, const char *kind)
{
    return world_number(
        world, arena_format(world->work.arena,
                            "SELECT count(*) FROM jobs WHERE kind = '%s' AND status = 'queued'", kind)
                   .data);
}

/* "7 {statement_timeout=30s,…}", as the server has it. */
static bool role_is(struct world *world, struct text tenant_id, const char *limits)
{
    struct tenant tenant;
    tenancy_find(world, tenant_id, &tenant);
    struct text found =
        cell_text(world_ask(world, arena_format(world->work.arena,
                                                "SELECT rolconnlimit || ' ' || rolconfig::text FROM pg_roles"
                                                " WHERE rolname = '%.*s'",
                                                TEXT_ARG(tenant.db_username.text))
                                       .data));
    test_note("%.*s", TEXT_ARG(found));
    return text_starts(found, text_from(limits));
}

TEST_IN_WORLD(a_plan_that_changes_asks_for_the_roles_of_its_tenants)
{
    struct tenancy_world tenancy;
    tenancy_begin(&tenancy, world);
    bool has_roles = world->scratch.engine == ENGINE_POSTGRES;
    struct text first = add_tenant(world, "first", "basic").id.text;
    struct text second = add_tenant(world, "second", "basic").id.text;
    struct text other = add_tenant(world, "other", "professional").id.text;
    tenancy_run_jobs(&tenancy);
    CHECK(!has_roles
          || (role_is(world, first, "10 {statement_timeout=60s") && role_is(world, other, "20 {")));
    change_plan(world, "basic", &(struct plan){ .display_name = value_string("Basics") });
    CHECK(count_waiting(world, "sync_plan_access") == 0);
    change_plan(world, "basic", &(struct plan){ .db_connection_pool_size = value_integer(7) });
    change_plan(world, "free", &(struct plan){ .db_statement_timeout_s = value_integer(0) });
    change_plan(world, "basic", &(struct plan){ .db_statement_timeout_s = value_integer(30) });
    CHECK(count_waiting(world, "sync_plan_access") == has_roles);
    tenancy_run_jobs(&tenancy);
    CHECK(count_waiting(world, "sync_plan_access") == 0);
    CHECK(!has_roles || role_is(world, first, "7 {statement_timeout=30s"));
    CHECK(count_waiting(world, "sync_tenant_access") == has_roles); /* the second tenant's turn is to come */
    world->work.now += 1'000;
    tenancy_run_jobs(&tenancy);
    CHECK(!has_roles
          || (role_is(world, second, "7 {statement_timeout=30s") && role_is(world, other, "20 {")));
    tenancy_end(&tenancy);
}

/* What service a tenant gets: chosen, promised, and off whatever was chosen. */
#include "base/calendar.h"
#include "tenancy_world.h"

struct ordering {
    struct text tenant_id;
    const struct level_order *order;
    struct tenant *after;
};

static bool set_level(struct work *work, void *data)
{
    const struct ordering *ordering = data;
    return tenant_set_level(work, ordering->tenant_id, ordering->order, ordering->after);
}

/* until 0: no promise. */
static bool order(struct world *world, struct tenant *tenant, const char *level, int64_t until,
                  const char *next)
{
    const struct level_order order = {
        .level = value_string(level),
        .reason = value_string("a test"),
        .until = until ? value_time(until) : value_null(),
        .next_level = next ? value_string(next) : value_null(),
    };
    error_clear(&world->work.error);
    return db_transact(&world->work, set_level, &(struct ordering){ tenant->id.text, &order, tenant });
}

static bool is_at(struct world *world, struct tenant *tenant, const char *level)
{
    tenancy_find(world, tenant->id.text, tenant);
    return text_is(tenant->service_level.text, level);
}

static void begin(struct tenancy_world *tenancy, struct world *world, struct tenant *tenant)
{
    tenancy_begin(tenancy, world);
    *tenant = (struct tenant){};
    tenancy_create(world, "acme", tenant);
    tenancy_run_jobs(tenancy);
    CHECK(is_at(world, tenant, "full") && value_is_true(tenant->is_active));
}

TEST_IN_WORLD(a_promise_is_kept_on_its_day_and_no_sooner)
{
    struct tenancy_world tenancy;
    struct tenant tenant;
    begin(&tenancy, world, &tenant);
    int64_t day = world->work.now + INT64_C(9) * DAY_MS;
    CHECK(order(world, &tenant, "warned", day, "read_only"));
    CHECK(is_at(world, &tenant, "warned") && tenant.service_level_until.integer == day);
    world->work.now = day - 1;
    CHECK(tenancy_run_jobs(&tenancy) == 0 && is_at(world, &tenant, "warned"));
    world->work.now = day;
    CHECK(tenancy_run_jobs(&tenancy) == 2); /* the promise, and the database's role after it */
    CHECK(is_at(world, &tenant, "read_only") && !value_is_set(tenant.service_level_until)
          && !value_is_set(tenant.service_level_next));
    CHECK(text_is(tenant.service_level_reason.text, "a test"));
    CHECK(world_number(world, "SELECT count(*) FROM audit_logs WHERE action = 'set_service_level'") == 2);
    CHECK(world_number(world, "SELECT count(*) FROM events WHERE type = 'tenant.service_level_set'") == 2);
    tenancy_end(&tenancy);
}

TEST_IN_WORLD(the_latest_order_is_the_one_that_holds)
{
    struct tenancy_world tenancy;
    struct tenant tenant;
    begin(&tenancy, world, &tenant);
    int64_t day = world->work.now + DAY_MS;
    CHECK(order(world, &tenant, "warned", day, "off"));
    CHECK(order(world, &tenant, "warned", day + DAY_MS, "export_only")); /* put off */
    world->work.now = day;
    CHECK(tenancy_run_jobs(&tenancy) == 0 && is_at(world, &tenant, "warned"));
    CHECK(order(world, &tenant, "full", 0, NULL)); /* paid */
    world->work.now = day + DAY_MS;
    CHECK(tenancy_run_jobs(&tenancy) == 0 && is_at(world, &tenant, "full"));
    CHECK(world_number(world, "SELECT count(*) FROM jobs WHERE kind = 'keep_service_promise' "
                              "AND status = 'rolled_back'")
          == 1);
    tenancy_end(&tenancy);
}

TEST_IN_WORLD(who_is_suspended_is_off_and_comes_back_to_what_was_chosen_or_promised)
{
    struct tenancy_world tenancy;
    struct tenant tenant;
    begin(&tenancy, world, &tenant);
    int64_t day = world->work.now + DAY_MS;
    CHECK(order(world, &tenant, "read_only", day, "export_only"));
    CHECK(tenancy_try_act(world, tenant.id.text, LIFE_suspend, &tenant) && is_at(world, &tenant, "off"));
    CHECK(!order(world, &tenant, "full", 0, NULL) && world->work.error.code == ERROR_wrong_state);
    CHECK(tenancy_try_act(world, tenant.id.text, LIFE_reactivate, &tenant));
    CHECK(is_at(world, &tenant, "read_only"));

    CHECK(tenancy_try_act(world, tenant.id.text, LIFE_suspend, &tenant));
    world->work.now = day;
    tenancy_run_jobs(&tenancy);
    CHECK(is_at(world, &tenant, "off"));
    CHECK(tenancy_try_act(world, tenant.id.text, LIFE_reactivate, &tenant));
    CHECK(is_at(world, &tenant, "export_only"));
    tenancy_end(&tenancy);
}

TEST_IN_WORLD(who_owes_is_at_least_warned)
{
    struct tenancy_world tenancy;
    struct tenant tenant;
    begin(&tenancy, world, &tenant);
    const struct tenant owes = { .plan_status = choice_value(plan_status, past_due) };
    CHECK(world_try_update(&world->work, &tenants_table, tenant.cells, owes.cells, tenant.cells));
    CHECK(order(world, &tenant, "full", 0, NULL) && is_at(world, &tenant, "warned"));
    CHECK(order(world, &tenant, "read_only", 0, NULL) && is_at(world, &tenant, "read_only"));
    tenancy_end(&tenancy);
}

TEST_IN_WORLD(a_promise_has_a_day_to_come_and_another_level)
{
    struct tenancy_world tenancy;
    struct tenant tenant;
    begin(&tenancy, world, &tenant);
    static const struct {
        int64_t days;
        const char *next, *pointer;
    } wrong[] = { { 1, NULL, "/next_level" },
                  { 0, "off", "/until" },
                  { -1, "off", "/until" },
                  { 1, "warned", "/next_level" } };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int64_t until = wrong[i].days ? world->work.now + wrong[i].days * DAY_MS : 0;
        CHECK(!order(world, &tenant, "warned", until, wrong[i].next));
        CHECK(text_is(text_from(world->work.error.faults[0].pointer), wrong[i].pointer));
    }
    CHECK(is_at(world, &tenant, "full"));
    tenancy_end(&tenancy);
}

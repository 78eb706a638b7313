/* Modules and flags: what is left of plans, assignments and days; a share that is stable. */
#include "base/calendar.h"
#include "directory/directory.h"
#include "directory/directory_load.h"
#include "features/effective.h"
#include "features/features.h"
#include "model/model.h"
#include "record/store.h"
#include "record/transact.h"
#include "tenancy_world.h"
#include "test.h"

static const struct assignments nobodys = {};

static struct effective effective_of(const struct catalog *catalog, const struct assignments *assignments,
                                     const struct tenant_features *tenant, struct arena *arena)
{
    struct effective_latest latest = {};
    struct effective effective;
    effective_compute(catalog, assignments, tenant, arena, &latest, &effective);
    return effective;
}

TEST(a_tenant_has_its_plans_modules_and_its_own_less_what_is_switched_off)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct assignment of_plan[] = { { TEXT("plan"), TEXT("stock"), TEXT(""), true },
                                    { TEXT("plan"), TEXT("chat"), TEXT(""), false },
                                    { TEXT("plan"), TEXT("sales"), TEXT("quotes"), false } };
    struct assignment of_tenants[] = { { TEXT("a"), TEXT("payroll"), TEXT(""), true },
                                       { TEXT("b"), TEXT("stock"), TEXT(""), false },
                                       { TEXT("b"), TEXT("sales"), TEXT("quotes"), true } };
    struct submodule submodules[] = { { TEXT("sales"), TEXT("orders") },
                                      { TEXT("sales"), TEXT("quotes") },
                                      { TEXT("payroll"), TEXT("taxes") } };
    struct text retired[] = { TEXT("fax") };
    struct catalog catalog = { .retired = retired,
                               .retired_count = 1,
                               .submodules = submodules,
                               .submodule_count = 3,
                               .plans = { of_plan, 3 } };
    struct assignments own = { of_tenants, 3 };
    struct tenant_features tenant = { .id = TEXT("a"),
                                      .slug = TEXT("acme"),
                                      .plan_id = TEXT("plan"),
                                      .plan_modules = TEXT("[\"sales\",\"chat\",\"fax\"]"),
                                      .own_modules = TEXT("[\"maps\",\"sales\"]") };

    struct effective effective = effective_of(&catalog, &own, &tenant, arena);
    CHECK(text_is(effective.modules, "[\"sales\",\"stock\",\"maps\",\"payroll\"]"));
    CHECK(text_is(effective.submodules, "[\"sales.orders\",\"payroll.taxes\"]"));
    CHECK(text_is(effective.flags, "[]"));

    tenant.id = TEXT("b");
    effective = effective_of(&catalog, &own, &tenant, arena);
    CHECK(text_is(effective.modules, "[\"sales\",\"maps\"]"));
    CHECK(text_is(effective.submodules, "[\"sales.orders\",\"sales.quotes\"]"));

    tenant.id = TEXT("c");
    tenant.plan_id = TEXT("other");
    effective = effective_of(&catalog, &own, &tenant, arena);
    CHECK(text_is(effective.modules, "[\"sales\",\"chat\",\"maps\"]"));
}

TEST(what_was_found_for_one_tenant_is_not_told_of_one_with_another_plan_or_assignments)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct assignment line = { TEXT("b"), TEXT("stock"), TEXT(""), true };
    struct assignments own = { &line, 1 };
    struct catalog catalog = {};
    struct effective_latest latest = {};
    struct effective effective;
    struct tenant_features tenant = { .id = TEXT("a"),
                                      .plan_id = TEXT("plan"),
                                      .plan_modules = TEXT("[\"sales\"]"),
                                      .own_modules = TEXT("[]") };
    effective_compute(&catalog, &own, &tenant, arena, &latest, &effective);
    CHECK(text_is(effective.modules, "[\"sales\"]"));
    tenant.id = TEXT("b");
    effective_compute(&catalog, &own, &tenant, arena, &latest, &effective);
    CHECK(text_is(effective.modules, "[\"sales\",\"stock\"]"));
    tenant.id = TEXT("c");
    effective_compute(&catalog, &own, &tenant, arena, &latest, &effective);
    CHECK(text_is(effective.modules, "[\"sales\"]"));
    tenant.own_modules = TEXT("[\"maps\"]");
    effective_compute(&catalog, &own, &tenant, arena, &latest, &effective);
    CHECK(text_is(effective.modules, "[\"sales\",\"maps\"]"));
}

TEST(a_flags_share_is_what_it_says_stays_with_whom_it_has_and_differs_by_flag)
{
    enum { TENANTS = 2'000 };
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    int on = 0, both = 0;
    for (int i = 0; i < TENANTS; i++) {
        struct text id = arena_format(arena, "01900000-0000-7000-8000-%012d", i);
        int bucket = flag_bucket(arena, TEXT("new-editor"), id);
        CHECK(bucket >= 0 && bucket < 100 && bucket == flag_bucket(arena, TEXT("new-editor"), id));
        on += bucket < 30;
        both += bucket < 30 && flag_bucket(arena, TEXT("dark-mode"), id) < 30;
    }
    CHECK(on > TENANTS * 26 / 100 && on < TENANTS * 34 / 100);
    CHECK(both > TENANTS * 6 / 100 && both < TENANTS * 12 / 100);
}

TEST(a_flag_is_on_for_those_it_names_whatever_its_share)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct flag flags[] = { { TEXT("all"), 100, TEXT("[]") },
                            { TEXT("named"), 0, TEXT("[\"acme\",\"other\"]") },
                            { TEXT("nobody"), 0, TEXT("[\"acme-2\"]") } };
    struct catalog catalog = { .flags = flags, .flag_count = 3 };
    struct tenant_features tenant = {
        .id = TEXT("a"), .slug = TEXT("acme"), .plan_modules = TEXT("[]"), .own_modules = TEXT("[]")
    };
    CHECK(text_is(effective_of(&catalog, &nobodys, &tenant, arena).flags, "[\"all\",\"named\"]"));
    tenant.slug = TEXT("other");
    CHECK(text_is(effective_of(&catalog, &nobodys, &tenant, arena).flags, "[\"all\",\"named\"]"));
    tenant.slug = TEXT("else");
    CHECK(text_is(effective_of(&catalog, &nobodys, &tenant, arena).flags, "[\"all\"]"));
}

/* ---- With a database ---- */

struct making {
    const struct service *service;
    struct value *cells;
};

static bool make(struct work *work, void *data)
{
    const struct making *making = data;
    return making->service->create(work, making->cells);
}

static void create(struct world *world, const struct service *services, const struct table *table,
                   struct value *cells)
{
    while (services->table != table)
        services++;
    CHECK(db_transact(&world->work, make, &(struct making){ services, cells }));
}

static struct text modules_told(struct world *world, struct text tenant_id)
{
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader =
        directory_enter(world->site.directory);
    const struct directory_entry *entry = directory_find(world->site.directory, ENTRY_id, tenant_id);
    return entry ? arena_copy(world->work.arena, terms_part(entry->terms, TERMS_modules)) : TEXT("none");
}

TEST_IN_WORLD(a_dated_module_begins_and_ends_with_its_days)
{
    struct tenancy_world tenancy;
    tenancy_begin(&tenancy, world);
    struct tenant tenant = {};
    tenancy_create(world, "acme", &tenant);
    int64_t noon = world->work.now;
    struct module_definition module = { .name = value_string("payroll"),
                                        .display_name = value_string("Payroll") };
    create(world, definition_services, &module_definitions_table, module.cells);
    struct module_tenant_assignment assignment = { .tenant_id = tenant.id,
                                                   .module_id = module.id,
                                                   .is_enabled = value_boolean(true),
                                                   .starts_at = value_time(noon + DAY_MS),
                                                   .ends_at = value_time(noon + 3 * DAY_MS),
                                                   .reason = value_string("a month to try") };
    create(world, assignment_services, &module_tenant_assignments_table, assignment.cells);
    CHECK(!value_is_true(assignment.is_current));

    const struct {
        int64_t at;
        bool has;
    } days[] = { { noon, false },
                 { noon + DAY_MS - 1, false },
                 { noon + DAY_MS, true },
                 { noon + 3 * DAY_MS - 1, true },
                 { noon + 3 * DAY_MS, false } };
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        world->work.now = days[i].at;
        CHECK(features_periodics[0].run(&world->work));
        CHECK(text_contains(modules_told(world, tenant.id.text), TEXT("payroll")) == days[i].has);
    }
    tenancy_end(&tenancy);
}

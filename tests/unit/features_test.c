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

static struct effective effective_of(const struct catalog *catalog, const struct tenant_features *tenant,
                                     struct arena *arena)
{
    struct effective effective;
    effective_compute(catalog, tenant, arena, &effective);
    return effective;
}

#define ID(number) "01900000-0000-7000-8000-00000000000" number

TEST(a_tenant_has_its_plans_modules_and_its_own_less_what_is_switched_off)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct module modules[] = { { TEXT(ID("1")), TEXT("stock"), true },
                                { TEXT(ID("2")), TEXT("chat"), true },
                                { TEXT(ID("3")), TEXT("payroll"), true },
                                { TEXT(ID("4")), TEXT("fax"), false } };
    struct submodule submodules[] = { { TEXT(ID("7")), TEXT("sales"), TEXT("orders") },
                                      { TEXT(ID("8")), TEXT("sales"), TEXT("quotes") },
                                      { TEXT(ID("9")), TEXT("payroll"), TEXT("taxes") } };
    struct plan_offer plans[] = {
        { .id = TEXT("plan"),
          .modules = TEXT("[\"sales\",\"chat\",\"fax\"]"),
          .features = TEXT("[\"export\"]"),
          .lines = TEXT(ID("1") "+" ID("2") "-" ID("8") "-") },
        { .id = TEXT("other"), .modules = TEXT("[\"sales\",\"chat\",\"fax\"]"), .features = TEXT("7") }
    };
    struct catalog catalog = { modules, 4, submodules, 3, plans, 2, NULL, 0 };
    struct tenant_features tenant = { .id = TEXT("a"),
                                      .slug = TEXT("acme"),
                                      .plan_id = TEXT("plan"),
                                      .modules = TEXT("[\"maps\",\"sales\"]"),
                                      .lines = TEXT(ID("3") "+" ID("6") "+") };

    struct effective effective = effective_of(&catalog, &tenant, arena);
    CHECK(text_is(effective.modules, "[\"sales\",\"stock\",\"maps\",\"payroll\"]"));
    CHECK(text_is(effective.submodules, "[\"sales.orders\",\"payroll.taxes\"]"));
    CHECK(text_is(effective.features, "[\"export\"]") && text_is(effective.flags, "[]"));

    tenant.lines = TEXT(ID("1") "-" ID("8") "+");
    effective = effective_of(&catalog, &tenant, arena);
    CHECK(text_is(effective.modules, "[\"sales\",\"maps\"]"));
    CHECK(text_is(effective.submodules, "[\"sales.orders\",\"sales.quotes\"]"));

    tenant.lines = TEXT("");
    tenant.plan_id = TEXT("other");
    effective = effective_of(&catalog, &tenant, arena);
    CHECK(text_is(effective.modules, "[\"sales\",\"chat\",\"maps\"]"));
    CHECK(text_is(effective.features, "[]"));
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
    struct tenant_features tenant = { .id = TEXT("a"), .slug = TEXT("acme"), .modules = TEXT("[]") };
    CHECK(text_is(effective_of(&catalog, &tenant, arena).flags, "[\"all\",\"named\"]"));
    tenant.slug = TEXT("other");
    CHECK(text_is(effective_of(&catalog, &tenant, arena).flags, "[\"all\",\"named\"]"));
    tenant.slug = TEXT("else");
    CHECK(text_is(effective_of(&catalog, &tenant, arena).flags, "[\"all\"]"));
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
    return entry ? arena_copy(world->work.arena, offer_part(entry->offer, OFFER_modules)) : TEXT("none");
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

static struct text plan_told(struct world *world, struct text tenant_id)
{
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader =
        directory_enter(world->site.directory);
    const struct directory_entry *entry = directory_find(world->site.directory, ENTRY_id, tenant_id);
    return entry ? arena_copy(world->work.arena, terms_part(entry->terms, TERMS_plan_type)) : TEXT("none");
}

static bool assign(struct work *work, void *cells)
{
    return store_create(work, &module_plan_assignments_table, cells);
}

/* What nobody was told of a tenant shows whether its row was read again. */
TEST_IN_WORLD(a_change_of_what_is_sold_is_every_tenants_at_once_and_no_tenant_is_read_for_it)
{
    struct tenancy_world tenancy;
    tenancy_begin(&tenancy, world);
    struct tenant tenant = {};
    tenancy_create(world, "acme", &tenant);
    struct text plan = plan_told(world, tenant.id.text);
    struct module_definition module = { .name = value_string("payroll"),
                                        .display_name = value_string("Payroll") };
    scratch_script(&world->scratch, "UPDATE tenants SET plan_type = 'unheard-of', revision = revision + 1");
    create(world, definition_services, &module_definitions_table, module.cells);
    struct module_plan_assignment assignment = { .plan_id = tenant.plan_id,
                                                 .module_id = module.id,
                                                 .is_enabled = value_boolean(true) };
    CHECK(!text_contains(modules_told(world, tenant.id.text), TEXT("payroll")));
    CHECK(db_transact(&world->work, assign, assignment.cells));
    CHECK(text_contains(modules_told(world, tenant.id.text), TEXT("payroll")));
    CHECK(text_equal(plan_told(world, tenant.id.text), plan));
    tenancy_end(&tenancy);
}

/* Rows of any table: made, changed, removed, found behind the wall, and every fault in the model's words. */
#include "world.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static struct text text_of(struct value value)
{
    return value.kind == VALUE_TEXT ? value.text : TEXT("");
}

static bool has_fault(const struct work *work, const char *pointer, enum error_code code)
{
    for (size_t i = 0; i < work->error.fault_count; i++)
        if (strcmp(work->error.faults[i].pointer, pointer) == 0 && work->error.faults[i].code == code)
            return true;
    return false;
}

TEST_IN_WORLD(a_new_row_gets_what_the_model_says)
{
    struct work *work = &world->work;
    struct tenant tenant, found;
    world_add_tenant(world, "acme", &tenant);
    CHECK(store_find(work, &tenants_table, tenant.id.text, found.cells));
    CHECK(found.created_at.kind == VALUE_TIME && found.created_at.integer == work->now);
    CHECK(found.revision.integer == 1 && found.current_users.integer == 0);
    CHECK(found.is_suspended.kind == VALUE_BOOLEAN && !found.is_suspended.boolean);
    CHECK(is_choice(found.plan_status, plan_status, trial));
    CHECK(text_is(text_of(found.billing_country), "CO") && found.deletes_at.kind == VALUE_NULL);
    for (size_t i = 0; i < tenants_table.width; i++)
        CHECK(value_equal(tenant.cells[i], found.cells[i])); /* what create left is what is stored */
}

TEST_IN_WORLD(a_row_is_found_by_its_id_and_by_what_it_is_known_by)
{
    struct tenant tenant, found;
    world_add_tenant(world, "acme", &tenant);
    struct work *work = &world->work;
    CHECK(store_find(work, &tenants_table, TEXT("acme"), found.cells));
    CHECK(value_equal(found.id, tenant.id));
    static const char *const strangers[] = { "other", "", "\xff", "01890a5d-ac96-774b-bcce-b302099a8057" };
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        error_clear(&work->error);
        CHECK(!store_find(work, &tenants_table, text_from(strangers[i]), found.cells));
        CHECK(work->error.code == ERROR_not_found);
    }
    error_clear(&work->error);
    CHECK(!store_find(work, &users_table, TEXT("not-an-id"), found.cells));
    CHECK(work->error.code == ERROR_not_found);
}

TEST_IN_WORLD(a_tenants_administrator_sees_and_makes_rows_of_its_own_tenant_alone)
{
    struct tenant acme, other;
    struct user ana, eva, staff, seen;
    world_add_tenant(world, "acme", &acme);
    world_add_tenant(world, "other", &other);
    world_add_user(world, "ana@acme.test", TENANT_ADMIN, acme.id.text, &ana);
    world_add_user(world, "eva@other.test", TENANT_ADMIN, other.id.text, &eva);
    world_add_user(world, "luz@nidia.test", SUPPORT, TEXT(""), &staff);
    world_act_as(world, TENANT_ADMIN, ana.id.text, acme.id.text);
    struct work *work = &world->work;

    CHECK(store_find(work, &tenants_table, acme.id.text, other.cells));
    CHECK(!store_find(work, &tenants_table, TEXT("other"), other.cells));
    CHECK(store_find(work, &users_table, ana.id.text, seen.cells));
    CHECK(!store_find(work, &users_table, eva.id.text, seen.cells));
    CHECK(work->error.code == ERROR_not_found);
    CHECK(!store_find(work, &users_table, staff.id.text, seen.cells)); /* nobody's tenant is not its own */

    struct query query = { .table = &users_table, .limit = 10, .count = true };
    struct page page;
    CHECK(store_list(work, &query, &page) && page.count == 1 && page.total == 1);
    CHECK(value_equal(page_row(&page, &users_table, 0)[0], ana.id));

    struct user mine = { .email = value_string("b@acme.test") };
    CHECK(world_try_create(work, &users_table, mine.cells) && value_equal(mine.tenant_id, acme.id));
    struct user theirs = { .email = value_string("c@acme.test"), .tenant_id = eva.tenant_id };
    CHECK(!world_try_create(work, &users_table, theirs.cells));
    CHECK(has_fault(work, "/tenant_id", ERROR_no_such_reference));
}

TEST_IN_WORLD(an_administrator_without_a_tenant_sees_nothing)
{
    struct tenant acme;
    world_add_tenant(world, "acme", &acme);
    world_act_as(world, TENANT_ADMIN, TEXT(""), TEXT(""));
    CHECK(!store_find(&world->work, &tenants_table, TEXT("acme"), acme.cells));
    CHECK(world->work.error.code == ERROR_not_found);
}

TEST_IN_WORLD(rows_are_shown_to_a_role_by_the_models_rules)
{
    struct plan plan = { .name = value_string("secret"),
                         .display_name = value_string("Secret"),
                         .max_users = value_integer(1),
                         .max_storage_gb = value_integer(1),
                         .is_visible = value_boolean(false) };
    world_create(world, &plans_table, plan.cells);
    struct tenant tenant;
    world_add_tenant(world, "acme", &tenant);
    struct work *work = &world->work;
    CHECK(store_find(work, &plans_table, TEXT("secret"), plan.cells));
    world_act_as(world, TENANT_ADMIN, TEXT(""), tenant.id.text);
    CHECK(!store_find(work, &plans_table, TEXT("secret"), plan.cells));
    struct query query = { .table = &plans_table, .limit = 10 };
    struct page page;
    CHECK(store_list(work, &query, &page) && page.count == 0);
}

TEST_IN_WORLD(a_change_writes_what_differs_and_raises_the_revision)
{
    struct tenant before, after;
    world_add_tenant(world, "acme", &before);
    struct work *work = &world->work;
    work->now += 1'000;
    struct tenant changes = { .name = value_string("Acme S.A.S."), .industry = value_string("retail") };
    CHECK(world_try_update(work, &tenants_table, before.cells, changes.cells, after.cells));
    CHECK(after.revision.integer == 2 && after.updated_at.integer == work->now);
    struct tenant found;
    CHECK(store_find(work, &tenants_table, before.id.text, found.cells));
    for (size_t i = 0; i < tenants_table.width; i++)
        CHECK(value_equal(found.cells[i], after.cells[i]));
    CHECK(text_is(text_of(found.name), "Acme S.A.S.") && value_equal(found.created_at, before.created_at));

    struct tenant cleared = { .industry = value_null() };
    CHECK(world_try_update(work, &tenants_table, found.cells, cleared.cells, found.cells));
    CHECK(found.industry.kind == VALUE_NULL && found.revision.integer == 3);
}

TEST_IN_WORLD(a_change_of_nothing_writes_nothing)
{
    struct tenant tenant;
    world_add_tenant(world, "acme", &tenant);
    int64_t records = world_number(world, "SELECT count(*) FROM audit_logs");
    struct tenant same = { .name = value_string("acme"), .settings = value_string("{ }") };
    CHECK(world_try_update(&world->work, &tenants_table, tenant.cells, same.cells, tenant.cells));
    CHECK(tenant.revision.integer == 1);
    CHECK(world_number(world, "SELECT count(*) FROM audit_logs") == records);
}

TEST_IN_WORLD(a_count_raises_no_revision_and_needs_none)
{
    struct tenant stale, tenant;
    world_add_tenant(world, "acme", &stale);
    struct tenant renamed = { .name = value_string("Acme") }, counted = { .current_users = value_integer(3) };
    CHECK(world_try_update(&world->work, &tenants_table, stale.cells, renamed.cells, tenant.cells));
    int64_t records = world_number(world, "SELECT count(*) FROM audit_logs");
    CHECK(world_try_update(&world->work, &tenants_table, stale.cells, counted.cells, stale.cells));
    CHECK(store_find(&world->work, &tenants_table, TEXT("acme"), tenant.cells));
    CHECK(tenant.current_users.integer == 3 && tenant.revision.integer == 2);
    CHECK(text_is(text_of(tenant.name), "Acme"));
    CHECK(world_number(world, "SELECT count(*) FROM audit_logs") == records);
}

TEST_IN_WORLD(of_two_changes_to_one_revision_one_is_refused)
{
    struct tenant before, after;
    world_add_tenant(world, "acme", &before);
    struct work *work = &world->work;
    struct tenant first = { .name = value_string("first") }, second = { .notes = value_string("second") };
    CHECK(world_try_update(work, &tenants_table, before.cells, first.cells, after.cells));
    CHECK(!world_try_update(work, &tenants_table, before.cells, second.cells, after.cells));
    CHECK(work->error.code == ERROR_changed_meanwhile);
    CHECK(!world_try_remove(work, &tenants_table, before.cells));
    CHECK(work->error.code == ERROR_changed_meanwhile);
    CHECK(store_find(work, &tenants_table, TEXT("acme"), after.cells));
    CHECK(text_is(text_of(after.name), "first") && after.notes.kind == VALUE_NULL);
}

struct race {
    struct work *work;
    const struct tenant *before;
    int number;
    bool won;
};

static void *rename_in_a_thread(void *data)
{
    struct race *race = data;
    struct tenant after,
        changes = { .name = value_text(arena_format(race->work->arena, "%d", race->number)) };
    race->won = world_try_update(race->work, &tenants_table, race->before->cells, changes.cells, after.cells);
    return NULL;
}

TEST_IN_WORLD(of_changes_at_once_exactly_one_is_kept)
{
    enum { RACERS = 6 };
    struct tenant before;
    world_add_tenant(world, "acme", &before);
    struct race races[RACERS];
    pthread_t threads[RACERS];
    for (int i = 0; i < RACERS; i++) {
        races[i] = (struct race){ world_add_work(world), &before, i, false };
        pthread_create(&threads[i], NULL, rename_in_a_thread, &races[i]);
    }
    int won = 0;
    for (int i = 0; i < RACERS; i++) {
        pthread_join(threads[i], NULL);
        won += races[i].won;
        CHECK(races[i].won || races[i].work->error.code == ERROR_changed_meanwhile);
        world_end_work(races[i].work);
    }
    CHECK(won == 1);
    CHECK(world_number(world, "SELECT revision FROM tenants") == 2);
}

TEST_IN_WORLD(a_broken_constraint_is_told_in_the_models_words)
{
    struct tenant tenant, again;
    struct user user, same;
    world_add_tenant(world, "acme", &tenant);
    world_add_user(world, "ana@acme.test", TENANT_ADMIN, tenant.id.text, &user);
    struct work *work = &world->work;

    again = tenant;
    again.id = (struct value){};
    CHECK(!world_try_create(work, &tenants_table, again.cells));
    CHECK(work->error.code == ERROR_taken);
    CHECK(has_fault(work, "/slug", ERROR_taken) || has_fault(work, "/db_name", ERROR_taken));

    same = (struct user){ .email = user.email, .tenant_id = tenant.id };
    CHECK(!world_try_create(work, &users_table, same.cells));
    CHECK(work->error.code == ERROR_taken && has_fault(work, "/email", ERROR_taken));

    same = (struct user){ .email = value_string("b@acme.test") }; /* a tenant_admin without a tenant */
    CHECK(!world_try_create(work, &users_table, same.cells));
    CHECK(work->error.code == ERROR_rule_broken);
    CHECK(strcmp(work->error.about, "a tenant_admin has a tenant, and nobody else has") == 0);

    struct value nobody = value_string("01890a5d-ac96-774b-bcce-b302099a8057");
    same = (struct user){ .email = value_string("b@acme.test"), .tenant_id = nobody };
    CHECK(!world_try_create(work, &users_table, same.cells));
    CHECK(has_fault(work, "/tenant_id", ERROR_no_such_reference));

    CHECK(!world_try_remove(work, &tenants_table, tenant.cells));
    CHECK(work->error.code == ERROR_in_use);
}

TEST_IN_WORLD(a_unique_pair_is_told_at_its_last_column)
{
    struct idempotency_key key = { .actor = value_string("a"),
                                   .key = value_string("k"),
                                   .request_hash = value_string("0"),
                                   .status = value_integer(201),
                                   .expires_at = value_time(world->work.now) },
                           again = key;
    world_create(world, &idempotency_keys_table, key.cells);
    CHECK(!world_try_create(&world->work, &idempotency_keys_table, again.cells));
    CHECK(has_fault(&world->work, "/key", ERROR_taken));
}

TEST_IN_WORLD(a_reference_across_tenants_is_none)
{
    struct tenant acme, other;
    struct user eva;
    world_add_tenant(world, "acme", &acme);
    world_add_tenant(world, "other", &other);
    world_add_user(world, "eva@other.test", TENANT_ADMIN, other.id.text, &eva);
    struct support_ticket ticket = { .tenant_id = acme.id,
                                     .ticket_number = value_string("T-1"),
                                     .subject = value_string("s"),
                                     .description = value_string("d"),
                                     .created_by = eva.id,
                                     .assigned_to = eva.id };
    CHECK(!world_try_create(&world->work, &support_tickets_table, ticket.cells));
    CHECK(has_fault(&world->work, "/assigned_to", ERROR_no_such_reference));
}

TEST_IN_WORLD(a_removed_row_is_gone)
{
    struct plan plan;
    world_add_plan(world, "old", &plan);
    CHECK(world_try_remove(&world->work, &plans_table, plan.cells));
    CHECK(!store_find(&world->work, &plans_table, TEXT("old"), plan.cells));
    CHECK(world_number(world, "SELECT count(*) FROM plans") == 0);
}

static bool create_and_fail(struct work *work, void *data)
{
    struct plan *plan = data;
    return store_create(work, &plans_table, plan->cells)
        && fail(&work->error, ERROR_conflict, "%s", "on second thoughts");
}

TEST_IN_WORLD(a_transaction_that_is_rolled_back_leaves_nothing)
{
    struct plan plan = { .name = value_string("p"),
                         .display_name = value_string("P"),
                         .max_users = value_integer(1),
                         .max_storage_gb = value_integer(1) };
    CHECK(!db_transact(&world->work, create_and_fail, &plan));
    CHECK(world->work.error.code == ERROR_conflict);
    CHECK(world_number(world, "SELECT count(*) FROM plans") == 0);
    CHECK(world_number(world, "SELECT count(*) FROM audit_logs") == 0);
    CHECK(world_number(world, "SELECT count(*) FROM events") == 0);
}

static int told;
static char told_id[64];

static bool note_change(struct work *work, struct text id)
{
    (void)work;
    told++;
    snprintf(told_id, sizeof told_id, "%.*s", TEXT_ARG(id));
    return true;
}

TEST_IN_WORLD(watchers_of_a_cached_table_are_told_after_the_commit)
{
    static const struct watcher watchers[] = { { &plans_table, note_change }, {} };
    static const struct watcher *const lists[] = { watchers, NULL };
    world->site.watchers = lists;
    told = 0;
    struct plan plan, refused = { .name = value_string("q"),
                                  .display_name = value_string("Q"),
                                  .max_users = value_integer(1),
                                  .max_storage_gb = value_integer(1) };
    world_add_plan(world, "p", &plan);
    CHECK(told == 1 && text_is(plan.id.text, told_id));
    CHECK(!db_transact(&world->work, create_and_fail, &refused));
    CHECK(told == 1);
    struct plan changes = { .max_users = value_integer(9) };
    CHECK(world_try_update(&world->work, &plans_table, plan.cells, changes.cells, plan.cells));
    CHECK(told == 2);
}

TEST_IN_WORLD(rows_that_may_not_be_changed_are_told_so)
{
    struct tenant tenant;
    world_add_tenant(world, "acme", &tenant);
    static struct table draft_table;
    draft_table = tenants_table;
    draft_table.changed_if[0] = (struct rule){ SUPER_ADMIN, "plan_status = 'active'" };
    CHECK(!store_may_change(&world->work, &draft_table, tenant.cells));
    CHECK(world->work.error.code == ERROR_wrong_state);
    world_act_as(world, BILLING_ADMIN, TEXT(""), TEXT(""));
    CHECK(store_may_change(&world->work, &draft_table, tenant.cells));
}

TEST_IN_WORLD(a_service_finds_a_row_by_any_column)
{
    struct user user, found;
    world_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    world_act_as(world, TENANT_ADMIN, TEXT(""), TEXT("")); /* no wall here */
    CHECK(store_find_by(&world->work, &users_table, "email", value_string("ana@nidia.test"), true,
                        found.cells));
    CHECK(value_equal(found.id, user.id));
    CHECK(!store_find_by(&world->work, &users_table, "email", value_string("eva@nidia.test"), false,
                         found.cells));
    CHECK(world->work.error.code == ERROR_not_found);
}

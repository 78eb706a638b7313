/* Migrations of a fleet on both engines: waves, budget, halted and resumed, who is busy, who is left out. */
#include "base/calendar.h"
#include "fleet_world.h"
#include <string.h>

static const char more[] = "CREATE TABLE b (id bigint NOT NULL);";
static const char in_the_way[] = "CREATE TABLE b (other bigint);";

static void act(struct fleet_world *fleet, size_t tenant, enum life_action action)
{
    CHECK(tenancy_try_act(fleet->world, fleet->tenants[tenant].id.text, action, &fleet->tenants[tenant]));
}

TEST_IN_WORLD(all_who_have_a_database_are_brought_to_the_schema_the_suspended_too)
{
    struct fleet_world fleet;
    struct fleet_migration migration = { .canary = value_integer(2) }, again = {};
    fleet_begin(&fleet, world, 5);
    act(&fleet, 1, LIFE_suspend);
    act(&fleet, 4, LIFE_delete);
    world->work.now += INT64_C(31) * DAY_MS;
    tenancy_run_jobs(&fleet.tenancy);
    fleet.count = 4; /* the last is gone */

    fleet_write(&fleet, "0002_b.sql", more);
    fleet_migrate(&fleet, &migration);
    CHECK(is_choice(migration.status, fleet_status, completed) && value_is_set(migration.finished_at));
    CHECK(migration.fleet_size.integer == 4 && migration.total.integer == 4);
    CHECK(migration.done.integer == 4 && migration.failed.integer == 0);
    CHECK(fleet_count_verified(&fleet) == 4);
    for (size_t i = 0; i < 4; i++) {
        struct schema_entry entry = fleet_entry(&fleet, i);
        CHECK(is_choice(entry.status, schema_status, migrated) && entry.version.integer == 2);
        CHECK(text_is(entry.name.text, "b") && value_equal(entry.fleet_migration_id, migration.id));
        CHECK(value_equal(entry.applied_at, value_time(world->work.now)) && !value_is_set(entry.lease_until));
    }
    CHECK(fleet_try_begin(&fleet, &again) && is_choice(again.status, fleet_status, completed));
    CHECK(again.total.integer == 0 && again.fleet_size.integer == 4 && tenancy_run_jobs(&fleet.tenancy) == 0);
    fleet_end(&fleet);
}

TEST_IN_WORLD(a_canary_that_fails_leaves_all_others_alone)
{
    struct fleet_world fleet;
    struct fleet_migration migration = { .canary = value_integer(2),
                                         .budget = value_integer(5),
                                         .parallel = value_integer(1) }; /* in the order of their ids */
    fleet_begin(&fleet, world, 5);
    fleet_sql(&fleet, 1, in_the_way);
    fleet_write(&fleet, "0002_b.sql", more);
    fleet_migrate(&fleet, &migration);
    CHECK(is_choice(migration.status, fleet_status, halted) && is_choice(migration.wave, fleet_wave, canary));
    CHECK(migration.failed.integer == 1 && migration.done.integer == 1);
    CHECK(fleet_is_about(migration.first_error, "company-1: tenant schema: 0002_b: "));
    CHECK(fleet_is_about(migration.halted_because, "went first"));
    CHECK(fleet_count_verified(&fleet) == 1);
    struct schema_entry entry = fleet_entry(&fleet, 1);
    CHECK(is_choice(entry.status, schema_status, failed) && entry.version.integer == 1);
    CHECK(fleet_is_about(entry.error, "already exists") && !value_is_set(entry.lease_until));

    fleet_sql(&fleet, 1, "DROP TABLE b");
    CHECK(fleet_resume(&fleet, &migration) && is_choice(migration.status, fleet_status, running));
    CHECK(is_choice(fleet_entry(&fleet, 1).status, schema_status, pending));
    fleet_run(&fleet, &migration);
    CHECK(is_choice(migration.status, fleet_status, completed));
    CHECK(migration.done.integer == 5 && migration.total.integer == 5 && migration.failed.integer == 0);
    CHECK(!value_is_set(migration.first_error) && !value_is_set(migration.halted_because));
    CHECK(fleet_count_verified(&fleet) == 5 && !value_is_set(fleet_entry(&fleet, 1).error));
    fleet_end(&fleet);
}

TEST_IN_WORLD(canaries_can_be_named)
{
    struct fleet_world fleet;
    struct fleet_migration migration = { .canary_tenants = value_string("[\"company-3\"]") };
    struct fleet_migration unknown = { .canary_tenants = value_string("[\"nobody\"]") };
    fleet_begin(&fleet, world, 4);
    fleet_sql(&fleet, 3, in_the_way);
    fleet_write(&fleet, "0002_b.sql", more);
    CHECK(!fleet_try_begin(&fleet, &unknown));
    CHECK(strcmp(world->work.error.faults[0].pointer, "/canary_tenants/0") == 0);
    fleet_migrate(&fleet, &migration);
    CHECK(is_choice(migration.status, fleet_status, halted) && fleet_count_verified(&fleet) == 0);
    fleet_end(&fleet);
}

TEST_IN_WORLD(failures_within_the_budget_go_on_and_one_beyond_halts)
{
    struct fleet_world fleet;
    struct fleet_migration wide = { .budget = value_integer(2), .parallel = value_integer(1) }, narrow;
    fleet_begin(&fleet, world, 6);
    fleet_sql(&fleet, 2, in_the_way);
    fleet_sql(&fleet, 4, in_the_way);
    fleet_write(&fleet, "0002_b.sql", more);
    fleet_migrate(&fleet, &wide);
    CHECK(is_choice(wide.status, fleet_status, completed) && is_choice(wide.wave, fleet_wave, rest));
    CHECK(wide.done.integer == 4 && wide.failed.integer == 2 && fleet_count_verified(&fleet) == 4);

    narrow = (struct fleet_migration){ .budget = value_integer(1),
                                       .parallel = value_integer(1),
                                       .canary = value_integer(0) };
    fleet_sql(&fleet, 5, "CREATE TABLE c (other bigint);");
    fleet_write(&fleet, "0003_c.sql", "CREATE TABLE c (id bigint);");
    fleet_migrate(&fleet, &narrow);
    CHECK(is_choice(narrow.status, fleet_status, halted) && narrow.failed.integer == 2);
    CHECK(fleet_is_about(narrow.halted_because, "2 failed, of whom 1 were allowed"));
    CHECK(narrow.done.integer == 3 && fleet_entry(&fleet, 5).version.integer == 2); /* its turn never came */
    CHECK(fleet_entry(&fleet, 2).version.integer == 1);
    fleet_end(&fleet);
}

TEST_IN_WORLD(a_file_that_was_changed_after_it_ran_is_refused_before_anything_runs)
{
    struct fleet_world fleet;
    struct fleet_migration migration = {};
    fleet_begin(&fleet, world, 2);
    fleet_write(&fleet, "0002_b.sql", more);
    fleet_write(&fleet, "0001_a.sql", "CREATE TABLE a (id bigint, more bigint);");
    CHECK(!fleet_try_begin(&fleet, &migration) && world->work.error.code == ERROR_conflict);
    CHECK(strstr(world->work.error.about, "0001_a was changed after it had run, in 2 tenants"));
    fleet_write(&fleet, "0001_a.sql", "CREATE TABLE a (id bigint NOT NULL);");
    CHECK(fleet_try_begin(&fleet, &migration));
    struct fleet_migration second = {};
    CHECK(!fleet_try_begin(&fleet, &second) && world->work.error.code == ERROR_conflict);
    CHECK(strstr(world->work.error.about, "is running"));
    fleet_end(&fleet);
}

static void set_lock_ms(struct world *world, const char *ms)
{
    struct system_setting before = {}, after, changes = { .value = value_string(ms) };
    CHECK(store_find_by(&world->work, &system_settings_table, "key", value_string("migration_lock_ms"), false,
                        before.cells));
    CHECK(world_try_update(&world->work, &system_settings_table, before.cells, changes.cells, after.cells));
}

static bool lease(struct work *work, void *tenant_id)
{
    struct result ignored;
    return db_run(work->db, work->arena, &ignored, &work->error,
                  "UPDATE jobs SET lease_until = $2 WHERE tenant_id = $1",
                  PARAMETERS(value_text(*(struct text *)tenant_id), value_time(work->now + MINUTE_MS)));
}

TEST_IN_WORLD(who_is_busy_is_let_be_and_is_a_failure_in_the_end)
{
    struct fleet_world fleet;
    struct fleet_migration migration = { .budget = value_integer(2), .canary = value_integer(0) };
    fleet_begin(&fleet, world, 4);
    set_lock_ms(world, "100");
    fleet_write(&fleet, "0002_b.sql", "ALTER TABLE a ADD COLUMN more bigint;");
    struct db *db = fleet_enter(&fleet, 0);
    CHECK(db_begin(db, &world->work.error)
          && db_run_script(db, &world->work.error, "INSERT INTO a (id) VALUES (1)"));
    CHECK(db_transact(&world->work, lease, &fleet.tenants[2].id.text));
    fleet_migrate(&fleet, &migration);
    CHECK(is_choice(migration.status, fleet_status, completed));
    CHECK(migration.failed.integer == 2 && migration.done.integer == 2);
    CHECK(fleet_is_about(fleet_entry(&fleet, 0).error, "lock"));
    CHECK(fleet_is_about(fleet_entry(&fleet, 2).error, "another job works on the tenant"));

    db_rollback(db);
    db_close(db);
    world->work.now += 2 * MINUTE_MS;
    struct fleet_migration again = {};
    fleet_migrate(&fleet, &again);
    CHECK(is_choice(again.status, fleet_status, completed) && again.done.integer == 2);
    CHECK(fleet_count_verified(&fleet) == 4);
    fleet_end(&fleet);
}

TEST_IN_WORLD(no_job_of_a_tenant_runs_while_its_database_is_migrated)
{
    struct fleet_world fleet;
    fleet_begin(&fleet, world, 1);
    struct value until = value_time(world->work.now + MINUTE_MS);
    struct schema_entry entry = fleet_entry(&fleet, 0), changes = { .lease_until = until };
    CHECK(world_try_update(&world->work, &tenant_schemas_table, entry.cells, changes.cells, entry.cells));
    act(&fleet, 0, LIFE_suspend);
    CHECK(tenancy_run_jobs(&fleet.tenancy) == 0);
    world->work.now += 2 * MINUTE_MS;
    CHECK(tenancy_run_jobs(&fleet.tenancy) == 1);
    fleet_end(&fleet);
}

TEST_IN_WORLD(a_fleet_is_told_by_its_ledger_without_asking_a_database)
{
    struct fleet_world fleet;
    struct fleet_state state;
    fleet_begin(&fleet, world, 3);
    CHECK(fleet_state_tell(&world->work, &state));
    CHECK(state.tenants.integer == 3 && state.up_to_date.integer == 3 && state.behind.integer == 0);
    fleet_write(&fleet, "0002_b.sql", more);
    CHECK(fleet_state_tell(&world->work, &state));
    CHECK(state.target_version.integer == 2 && state.behind.integer == 3);
    CHECK(fleet_is_about(state.groups,
                         "\"files\":[\"0002_b\"],\"slugs\":[\"company-0\",\"company-1\",\"company-2\"]"));
    CHECK(hosting_schema(world->site.hosting)->count == 1); /* it only looked */
    CHECK(world_number(world, "SELECT count(*) FROM fleet_migrations") == 0);
    fleet_end(&fleet);
}

TEST_IN_WORLD(a_ledger_that_was_lost_is_written_anew_from_what_the_databases_say)
{
    struct fleet_world fleet;
    struct fleet_migration migration = {};
    fleet_begin(&fleet, world, 2);
    for (size_t i = 0; i < 2; i++) {
        struct schema_entry entry = fleet_entry(&fleet, i);
        CHECK(world_try_remove(&world->work, &tenant_schemas_table, entry.cells));
    }
    fleet_migrate(&fleet, &migration);
    CHECK(is_choice(migration.status, fleet_status, completed) && migration.done.integer == 2);
    CHECK(fleet_entry(&fleet, 1).version.integer == 1);
    fleet_end(&fleet);
}

TEST_IN_WORLD(who_may_only_read_is_migrated_and_may_only_read_afterwards)
{
    struct fleet_world fleet;
    struct fleet_migration migration = {};
    struct tenant before, changes = { .service_level = choice_value(service_level, read_only) };
    fleet_begin(&fleet, world, 1);
    before = fleet.tenants[0];
    CHECK(
        world_try_update(&world->work, &tenants_table, before.cells, changes.cells, fleet.tenants[0].cells));
    struct hosting_call call = hosting_call_of(&world->work);
    struct tenant_place place;
    CHECK(place_of_tenant(&world->work, &fleet.tenants[0], &place) && hosting_set_access(&call, &place));

    fleet_write(&fleet, "0002_b.sql", "INSERT INTO a (id) VALUES (2); CREATE TABLE b (id bigint);");
    fleet_migrate(&fleet, &migration);
    CHECK(is_choice(migration.status, fleet_status, completed) && migration.done.integer == 1);
    [[gnu::cleanup(db_cleanup)]] struct db *db = NULL;
    place.access = ACCESS_full; /* then it enters as the product does */
    CHECK(hosting_enter(&call, &place, &db));
    CHECK(!db_run_script(db, &world->work.error, "INSERT INTO a (id) VALUES (3)"));
    CHECK(!db_run_script(db, &world->work.error, "INSERT INTO b (id) VALUES (3)"));
    fleet_end(&fleet);
}

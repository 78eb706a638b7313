/* Migrations of a fleet that are halted, or die, and go on. */
#include "base/calendar.h"
#include "fleet_world.h"

static const char more[] = "CREATE TABLE b (id bigint NOT NULL);";

static bool halt(struct work *work, void *migration)
{
    struct fleet_migration *row = migration;
    return fleet_migration_halt(work, row->id.text, row);
}

TEST_IN_WORLD(one_that_was_halted_begins_with_nobody_until_it_is_resumed)
{
    struct fleet_world fleet;
    struct fleet_migration migration = {};
    fleet_begin(&fleet, world, 2);
    fleet_write(&fleet, "0002_b.sql", more);
    CHECK(fleet_try_begin(&fleet, &migration) && db_transact(&world->work, halt, &migration));
    fleet_run(&fleet, &migration);
    CHECK(is_choice(migration.status, fleet_status, halted) && fleet_count_verified(&fleet) == 0);
    CHECK(!db_transact(&world->work, halt, &migration) && world->work.error.code == ERROR_wrong_state);
    CHECK(fleet_resume(&fleet, &migration));
    fleet_run(&fleet, &migration);
    CHECK(is_choice(migration.status, fleet_status, completed) && fleet_count_verified(&fleet) == 2);
    CHECK(!fleet_resume(&fleet, &migration) && world->work.error.code == ERROR_wrong_state);
    fleet_end(&fleet);
}

/* As a process leaves it that is killed when the tenant has failed, and the migration is not halted yet. */
static void fail_and_die(struct fleet_world *fleet, size_t tenant, const struct fleet_migration *migration)
{
    struct work *work = &fleet->world->work;
    struct schema_entry entry = fleet_entry(fleet, tenant), changes = {
        .status = choice_value(schema_status, failed),
        .fleet_migration_id = migration->id,
    };
    CHECK(world_try_update(work, &tenant_schemas_table, entry.cells, changes.cells, entry.cells));
}

TEST_IN_WORLD(a_canary_that_failed_before_a_kill_leaves_all_others_alone)
{
    struct fleet_world fleet;
    struct fleet_migration migration = { .canary = value_integer(1), .budget = value_integer(5) };
    fleet_begin(&fleet, world, 3);
    fleet_write(&fleet, "0002_b.sql", more);
    CHECK(fleet_try_begin(&fleet, &migration));
    fail_and_die(&fleet, 0, &migration);
    fleet_run(&fleet, &migration);
    CHECK(is_choice(migration.status, fleet_status, halted) && migration.failed.integer == 1);
    CHECK(fleet_is_about(migration.halted_because, "went first") && fleet_count_verified(&fleet) == 0);
    fleet_end(&fleet);
}

TEST_IN_WORLD(one_failure_too_many_before_a_kill_halts)
{
    struct fleet_world fleet;
    struct fleet_migration migration = { .canary = value_integer(0), .budget = value_integer(1) }, before;
    struct fleet_migration changes = { .wave = choice_value(fleet_wave, rest) };
    fleet_begin(&fleet, world, 4);
    fleet_write(&fleet, "0002_b.sql", more);
    CHECK(fleet_try_begin(&fleet, &migration));
    before = migration;
    CHECK(world_try_update(&world->work, &fleet_migrations_table, before.cells, changes.cells,
                           migration.cells));
    fail_and_die(&fleet, 0, &migration);
    fail_and_die(&fleet, 1, &migration);
    fleet_run(&fleet, &migration);
    CHECK(is_choice(migration.status, fleet_status, halted) && migration.failed.integer == 2);
    CHECK(fleet_is_about(migration.halted_because, "2 failed, of whom 1 were allowed"));
    CHECK(fleet_count_verified(&fleet) == 0 && fleet_resume(&fleet, &migration));
    fleet_run(&fleet, &migration);
    CHECK(is_choice(migration.status, fleet_status, completed) && fleet_count_verified(&fleet) == 4);
    fleet_end(&fleet);
}

TEST_IN_WORLD(what_a_dead_run_of_a_halted_migration_held_keeps_nobody_from_the_next_one)
{
    struct fleet_world fleet;
    struct fleet_migration halted = {}, next = {};
    fleet_begin(&fleet, world, 2);
    fleet_write(&fleet, "0002_b.sql", more);
    CHECK(fleet_try_begin(&fleet, &halted) && db_transact(&world->work, halt, &halted));
    struct value until = value_time(world->work.now + MINUTE_MS);
    struct schema_entry entry = fleet_entry(&fleet, 0),
                        changes = { .lease_until = until, .leased_by = halted.id };
    CHECK(world_try_update(&world->work, &tenant_schemas_table, entry.cells, changes.cells, entry.cells));
    fleet_migrate(&fleet, &next);
    CHECK(is_choice(next.status, fleet_status, completed) && fleet_count_verified(&fleet) == 2);
    fleet_end(&fleet);
}

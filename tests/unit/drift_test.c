/* What somebody changed in a tenant's database beside its files is found, object by object, on both engines.
 */
#include "fleet_world.h"

static bool is_about(struct value text, const char *part)
{
    test_note("%.*s", TEXT_ARG(cell_text(text)));
    return text_contains(cell_text(text), text_from(part));
}

static bool find_drift(struct work *work, void *job_id)
{
    return fleet_find_drift(work, TEXT(""), job_id);
}

static void look_for_drift(struct fleet_world *fleet)
{
    struct text job_id;
    CHECK(db_transact(&fleet->world->work, find_drift, &job_id));
    CHECK(!db_transact(&fleet->world->work, find_drift, &job_id)); /* one at a time */
    CHECK(tenancy_run_jobs(&fleet->tenancy) == 1);
    test_note("%.*s", TEXT_ARG(cell_text(
                          world_ask(fleet->world, "SELECT error FROM jobs WHERE kind = 'find_drift'"))));
    CHECK(world_number(fleet->world,
                       "SELECT count(*) FROM jobs WHERE kind = 'find_drift' AND status <> 'completed'")
          == 0);
}

TEST_IN_WORLD(what_was_changed_beside_the_files_is_found_and_told)
{
    struct fleet_world fleet;
    struct fleet_migration migration = {};
    struct place_list databases;
    fleet_begin(&fleet, world, 4);
    fleet_write(&fleet, "0002_b.sql",
                "CREATE TABLE b (id bigint NOT NULL, day date);CREATE INDEX b_day ON b (day);");
    fleet_migrate(&fleet, &migration);
    CHECK(tenancy_try_act(world, fleet.tenants[3].id.text, LIFE_suspend, &fleet.tenants[3]));
    tenancy_run_jobs(&fleet.tenancy);
    look_for_drift(&fleet);
    for (size_t i = 0; i < 4; i++) {
        struct schema_entry entry = fleet_entry(&fleet, i);
        test_note("%.*s", TEXT_ARG(cell_text(entry.drift)));
        CHECK(value_is_set(entry.drifted) && !cell_boolean(entry.drifted)
              && value_is_set(entry.drift_checked_at));
    }
    fleet_sql(&fleet, 1, "ALTER TABLE b ADD COLUMN extra bigint");
    fleet_sql(&fleet, 2, "DROP INDEX b_day");
    fleet_sql(&fleet, 3, "CREATE TABLE nidia_shut (id bigint)"); /* the control plane's own */
    look_for_drift(&fleet);
    CHECK(!cell_boolean(fleet_entry(&fleet, 0).drifted) && !cell_boolean(fleet_entry(&fleet, 3).drifted));
    CHECK(cell_boolean(fleet_entry(&fleet, 1).drifted)
          && is_about(fleet_entry(&fleet, 1).drift, "added: column "));
    CHECK(is_about(fleet_entry(&fleet, 1).drift, "b.extra")
          && !is_about(fleet_entry(&fleet, 1).drift, "missing"));
    CHECK(cell_boolean(fleet_entry(&fleet, 2).drifted)
          && is_about(fleet_entry(&fleet, 2).drift, "missing: index "));
    struct hosting_call call = hosting_call_of(&world->work);
    CHECK(hosting_list_databases(&call, TEXT(""), &databases)
          && databases.count == 4); /* what was compared with is gone */
    fleet_end(&fleet);
}

/* What moves have left: dropped when its time has come, on the hosts that are there; never what is
 * somebody's. */
#include "base/calendar.h"
#include "base/random.h"
#include "copies/copies.h"
#include "copies/move.h"
#include "copies/restore.h"
#include "hosting/place.h"
#include "tenancy_world.h"

enum { AWAY_COUNT = 25 /* more than a piece */ };

static const struct job_program *const programs[] = {
    &provision_tenant_program, &sync_tenant_access_program, &back_up_tenant_program,
    &restore_backup_program,   &delete_tenant_program,      NULL,
};

static const int64_t grace_ms = INT64_C(30) * DAY_MS;

static void add_host(struct world *world, const char *name, struct database_host *host)
{
    *host = (struct database_host){ .name = value_string(name) };
    world_create(world, &database_hosts_table, host->cells);
}

static bool run_sql(struct work *work, void *sql)
{
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error, sql, NO_PARAMETERS);
}

static void change_hosts(struct world *world, const char *sql)
{
    CHECK(db_transact(&world->work, run_sql, (void *)sql));
}

/* A move that was made, whose old place is due; an empty name: one that nobody has. */
static void add_due(struct world *world, const struct tenant *tenant, struct value from_host_id,
                    struct value from_name)
{
    struct work *work = &world->work;
    struct tenant_move move = {
        .tenant_id = tenant->id,
        .kind = choice_value(tenant_move_kind, move),
        .status = choice_value(tenant_move_status, completed),
        .method = choice_value(tenant_move_method, dump),
        .from_host_id = from_host_id,
        .from_name = value_is_set(from_name)
                       ? from_name
                       : value_text(place_name_of(work->arena, random_uuid(work->arena, work->now))),
        .to_host_id = tenant->database_host_id,
        .to_name = tenant->db_name,
        .is_old_shut = value_boolean(true),
        .completed_at = value_time(work->now - HOUR_MS),
        .drops_at = value_time(work->now - MINUTE_MS),
    };
    world_create(world, &tenant_moves_table, move.cells);
    change_hosts(world, "UPDATE database_hosts SET database_count = database_count + 1");
}

static void add_tenant(struct tenancy_world *tenancy, struct tenant *tenant)
{
    *tenant = (struct tenant){};
    tenancy_create(tenancy->world, "acme", tenant);
    tenancy_run_jobs(tenancy);
    tenancy_find(tenancy->world, tenant->id.text, tenant);
}

static bool is_there(struct world *world, const struct tenant *tenant)
{
    struct tenant_place place;
    struct hosting_call call = hosting_call_of(&world->work);
    return place_of_tenant(&world->work, tenant, &place) && hosting_verify(&call, &place);
}

static bool remove_host(struct work *work, void *host)
{
    return service_of(hosting_services, &database_hosts_table)->remove(work, host);
}

TEST_IN_WORLD(places_on_a_host_that_is_away_hold_back_no_others)
{
    struct tenancy_world tenancy;
    struct tenant tenant;
    struct database_host away;
    tenancy_begin(&tenancy, world);
    add_tenant(&tenancy, &tenant);
    add_host(world, "norte", &away);
    for (int i = 0; i < AWAY_COUNT; i++)
        add_due(world, &tenant, away.id, value_null());
    add_due(world, &tenant, tenant.database_host_id, value_null());
    change_hosts(world, "UPDATE database_hosts SET is_healthy = FALSE WHERE name = 'norte'");
    CHECK(move_periodics[0].run(&world->work));
    CHECK(world_number(world, "SELECT count(*) FROM tenant_moves WHERE status = 'completed'") == AWAY_COUNT);
    CHECK(world_number(world, "SELECT count(*) FROM tenant_moves WHERE status = 'dropped'") == 1);
    CHECK(is_there(world, &tenant));
    tenancy_end(&tenancy);
}

TEST_IN_WORLD(a_host_is_removed_with_what_is_kept_there_only_when_it_is_given_up)
{
    struct tenancy_world tenancy;
    struct tenant tenant;
    struct database_host host;
    tenancy_begin(&tenancy, world);
    add_tenant(&tenancy, &tenant);
    add_host(world, "norte", &host);
    add_due(world, &tenant, host.id, tenant.db_name); /* it moved from there, under the name that it has */
    CHECK(!db_transact(&world->work, remove_host, &host));
    CHECK(world->work.error.code == ERROR_conflict);
    error_clear(&world->work.error);
    host.status = choice_value(host_status, offline);
    CHECK(db_transact(&world->work, remove_host, &host));
    CHECK(move_periodics[0].run(&world->work));
    CHECK(world_number(world, "SELECT count(*) FROM tenant_moves WHERE status = 'dropped'") == 1);
    CHECK(is_there(world, &tenant));
    tenancy_end(&tenancy);
}

static bool ask_backup(struct work *work, void *tenant)
{
    struct text job_id;
    return copies_back_up(work, ((struct tenant *)tenant)->id.text, backup_kind_backup, &job_id);
}

/* One whose first attempt failed, say: it is tried again after the days of grace. */
static bool put_off(struct work *work, struct text job_id)
{
    struct result ignored;
    return db_run(work->db, work->arena, &ignored, &work->error, "UPDATE jobs SET run_at = $2 WHERE id = $1",
                  PARAMETERS(value_text(job_id), value_time(work->now + grace_ms + DAY_MS)));
}

static bool ask_restore(struct work *work, void *tenant)
{
    struct result result;
    struct text job_id;
    if (!db_run(work->db, work->arena, &result, &work->error, "SELECT id FROM tenant_backups", NO_PARAMETERS))
        return false;
    const struct backup_restoration order = { .backup_id = result.cells[0] };
    return restore_ask(work, ((struct tenant *)tenant)->id.text, &order, &job_id) && put_off(work, job_id);
}

/* Else the database of somebody who is gone would stand again, and nobody would ever drop it. */
TEST_IN_WORLD(a_restore_of_who_is_deleted_meanwhile_leaves_nothing)
{
    struct tenancy_world tenancy;
    struct tenant tenant;
    struct work *work = &world->work;
    char data[64];
    test_make_folder(data, sizeof data);
    world->options.values[OPTION_data] = data;
    tenancy_begin(&tenancy, world);
    tenancy.node.programs = programs;
    add_tenant(&tenancy, &tenant);
    CHECK(db_transact(work, ask_backup, &tenant) && tenancy_run_jobs(&tenancy) == 1);
    CHECK(db_transact(work, ask_restore, &tenant));
    CHECK(tenancy_try_act(world, tenant.id.text, LIFE_delete, &tenant));
    work->now += grace_ms + 2 * DAY_MS;
    tenancy_run_jobs(&tenancy);
    CHECK(world_number(world, "SELECT attempts FROM jobs WHERE kind = 'restore_backup' AND status = 'failed'")
          == 1);
    CHECK(move_periodics[0].run(work));
    tenancy_find(world, tenant.id.text, &tenant);
    CHECK(value_is_set(tenant.deleted_at) && !value_is_set(tenant.database_host_id));
    CHECK(world_number(world, "SELECT count(*) FROM tenant_moves WHERE status = 'dropped'") == 1);
    CHECK(world_number(world, "SELECT CAST(sum(database_count) AS bigint) FROM database_hosts") == 0);
    tenancy_end(&tenancy);
    test_remove_folder(data);
}

static bool ask_clone(struct work *work, void *source)
{
    struct tenant clone = {
        .name = value_string("Copy"),
        .slug = value_string("copy"),
        .billing_email = value_string("billing@copy.test"),
    };
    struct text job_id;
    return tenancy_clone(work, ((struct tenant *)source)->id.text, &clone, &job_id) && put_off(work, job_id);
}

static size_t count_places(struct world *world)
{
    struct hosting_call call = hosting_call_of(&world->work);
    struct place_list databases, roles;
    CHECK(hosting_list_databases(&call, TEXT(""), &databases) && hosting_list_roles(&call, TEXT(""), &roles));
    return databases.count + roles.count;
}

TEST_IN_WORLD(a_clone_of_who_is_deleted_meanwhile_fails_at_once_and_leaves_nothing)
{
    struct tenancy_world tenancy;
    struct tenant source, clone;
    struct work *work = &world->work;
    tenancy_begin(&tenancy, world);
    add_tenant(&tenancy, &source);
    CHECK(count_places(world) > 0);
    CHECK(db_transact(work, ask_clone, &source));
    CHECK(tenancy_try_act(world, source.id.text, LIFE_delete, &source));
    work->now += grace_ms + 2 * DAY_MS;
    tenancy_run_jobs(&tenancy);
    CHECK(store_find_by(work, &tenants_table, "slug", value_string("copy"), false, clone.cells));
    CHECK(is_choice(clone.provisioning_status, provisioning_status, failed));
    CHECK(text_starts(clone.provisioning_error.text, TEXT("gone_meanwhile: ")));
    CHECK(clone.provisioning_attempts.integer == 1 && !value_is_set(clone.database_host_id));
    CHECK(count_places(world) == 0);
    CHECK(world_number(world, "SELECT CAST(sum(database_count) AS bigint) FROM database_hosts") == 0);
    tenancy_end(&tenancy);
}

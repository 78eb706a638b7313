/* A migration of the fleet as a row: begun, halted, resumed. What it does then is wave.c's. */
#include "fleet/migration.h"
#include "fleet/fleet.h"
#include "fleet/standing.h"
#include "hosting/hosting.h"
#include "record/store.h"
#include "record/transact.h"
#include "json/json.h"

bool fleet_migration_find(struct work *work, struct text id, struct fleet_migration *migration)
{
    return store_find_locked(work, &fleet_migrations_table, id, migration->cells);
}

struct text fleet_migration_of(struct arena *arena, const struct job *job)
{
    struct json parameters;
    struct error ignored = {};
    const struct json *id = json_read(cell_text(job->parameters), arena, &parameters, &ignored)
                              ? json_member(&parameters, TEXT("fleet_migration_id"))
                              : NULL;
    return id ? id->text : TEXT("");
}

/* A job of a migration that was halted works on until those under way have come to their end: it is not asked
 * again, but another begins beside it. */
static bool enqueue(struct work *work, struct text id)
{
    struct text job_id,
        parameters = arena_format(work->arena, "{\"fleet_migration_id\":\"%.*s\"}", TEXT_ARG(id));
    return job_withdraw(work, job_kind_migrate_fleet, TEXT(""))
        && job_enqueue(work, &(struct job_request){ &migrate_fleet_program, TEXT(""), work->now, parameters },
                       &job_id);
}

/* Whoever begins or resumes one holds the lock until it is committed. */
static bool none_runs(struct work *work)
{
    struct result result;
    return db_lock(work->db, work->arena, &work->error, TEXT("fleet migrations"))
        && db_run(work->db, work->arena, &result, &work->error,
                  "SELECT 1 FROM fleet_migrations WHERE status = 'running' LIMIT 1", NO_PARAMETERS)
        && (result.row_count == 0
            || fail(&work->error, ERROR_conflict, "a migration of the fleet is running"));
}

static bool check_canaries(struct work *work, const struct fleet_migration *migration)
{
    struct json slugs;
    if (!value_is_set(migration->canary_tenants))
        return true;
    if (!json_read(migration->canary_tenants.text, work->arena, &slugs, &work->error))
        return false;
    for (size_t i = 0; i < slugs.count; i++) {
        struct result result;
        if (!db_run(work->db, work->arena, &result, &work->error, "SELECT 1" FLEET_TABLES "AND t.slug = $1",
                    PARAMETERS(value_text(slugs.items[i].text))))
            return false;
        if (result.row_count == 0)
            return fail_at(&work->error, arena_format(work->arena, "/canary_tenants/%zu", i).data,
                           ERROR_no_such_reference, "tenant with a database");
    }
    return true;
}

/* Towards the schema as it was last read; nobody behind it: it is over before it begins. */
static bool aim(struct work *work, struct fleet_migration *changes, int64_t done)
{
    const struct tenant_schema *schema = hosting_schema(work->site->hosting);
    struct standings standings;
    if (!standings_read(work, schema, &standings) || !standings_check(work, &standings))
        return false;
    int64_t behind = standings.tenants - standings.up_to_date;
    changes->status =
        behind > 0 ? choice_value(fleet_status, running) : choice_value(fleet_status, completed);
    changes->wave = choice_value(fleet_wave, canary);
    changes->target_version = value_integer(tenant_schema_version(schema));
    changes->target_fingerprint = value_text(schema->fingerprint);
    changes->fleet_size = value_integer(standings.tenants);
    changes->total = value_integer(done + behind);
    changes->done = value_integer(done);
    changes->failed = value_integer(0);
    changes->waits_for = changes->waits_since = value_null();
    changes->finished_at = behind > 0 ? value_null() : value_time(work->now);
    return true;
}

static bool start_if_running(struct work *work, const struct fleet_migration *migration)
{
    return !is_choice(migration->status, fleet_status, running) || enqueue(work, migration->id.text);
}

static bool begin(struct work *work, struct value *cells)
{
    struct fleet_migration *migration = (struct fleet_migration *)cells;
    return none_runs(work) && check_canaries(work, migration) && aim(work, migration, 0)
        && store_create(work, &fleet_migrations_table, cells) && start_if_running(work, migration);
}

/* The files as they are when it is asked for, read outside of the transaction. */
static bool reread(struct work *work, struct value *)
{
    return hosting_reread_schema(work->site->hosting, &work->error);
}

static bool always(const struct value *)
{
    return true;
}

const struct service fleet_services[] = {
    { .table = &fleet_migrations_table, .needed = always, .prepare = reread, .create = begin },
    {},
};

static bool must_be(struct work *work, const struct fleet_migration *migration, enum fleet_status status)
{
    struct text wanted = fleet_status_choices.texts[status];
    return text_equal(migration->status.text, wanted)
        || fail(&work->error, ERROR_wrong_state, "%.*s", TEXT_ARG(wanted));
}

bool fleet_migration_halt(struct work *work, struct text id, struct fleet_migration *after)
{
    struct fleet_migration before, changes = {
        .status = choice_value(fleet_status, halted),
        .halted_because = value_string("it was asked for"),
        .finished_at = value_time(work->now),
    };
    return fleet_migration_find(work, id, &before) && must_be(work, &before, fleet_status_running)
        && store_update(work, &fleet_migrations_table, before.cells, changes.cells, after->cells);
}

/* Each of the two is a revision of its own, and there are no others while it is halted. */
bool fleet_migration_was_resumed(const struct fleet_migration *known, const struct fleet_migration *now)
{
    return now->revision.integer > known->revision.integer + 1;
}

bool fleet_migration_count_done(struct work *work, const struct fleet_migration *migration, int64_t *done)
{
    static const char sql[] = "SELECT count(*) FROM tenant_schemas WHERE fleet_migration_id = $1 "
                              "AND status = 'migrated' AND fingerprint = $2";
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, sql,
                PARAMETERS(migration->id, migration->target_fingerprint)))
        return false;
    *done = cell_integer(result.cells[0]);
    return true;
}

bool fleet_migration_forgive(struct work *work, struct text id)
{
    static const char sql[] = "UPDATE tenant_schemas SET status = 'pending', revision = revision + 1, "
                              "updated_at = $2 WHERE fleet_migration_id = $1 AND status = 'failed'";
    struct result ignored;
    return db_run(work->db, work->arena, &ignored, &work->error, sql,
                  PARAMETERS(value_text(id), value_time(work->now)));
}

struct resumption {
    struct text id;
    struct fleet_migration *after;
};

static bool resume(struct work *work, void *data)
{
    const struct resumption *resumption = data;
    struct fleet_migration before, aimed,
        changes = { .halted_because = value_null(), .first_error = value_null() };
    int64_t done;
    if (!none_runs(work) || !fleet_migration_find(work, resumption->id, &before)
        || !must_be(work, &before, fleet_status_halted))
        return false;
    aimed = before;
    aimed.target_fingerprint = value_text(hosting_schema(work->site->hosting)->fingerprint);
    return fleet_migration_count_done(work, &aimed, &done) && aim(work, &changes, done)
        && fleet_migration_forgive(work, before.id.text)
        && store_update(work, &fleet_migrations_table, before.cells, changes.cells, resumption->after->cells)
        && start_if_running(work, resumption->after);
}

bool fleet_migration_resume(struct work *work, struct text id, struct fleet_migration *after)
{
    return reread(work, NULL) && db_transact(work, resume, &(struct resumption){ id, after });
}

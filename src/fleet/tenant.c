#include "fleet/tenant.h"
#include "base/clock.h"
#include "fleet/migration.h"
#include "hosting/place.h"
#include "hosting/schema_ledger.h"
#include "record/store.h"
#include "record/transact.h"
#include "settings/settings.h"

struct hold {
    const struct attempt *attempt;
    struct tenant tenant;
    bool gone;
    enum lease_end lease;
};

static bool take(struct work *work, void *data)
{
    struct hold *hold = data;
    const struct attempt *attempt = hold->attempt;
    if (!store_find_by(work, &tenants_table, "id", value_text(attempt->tenant_id), false, hold->tenant.cells))
        return false;
    const struct schema_lease lease = { attempt->tenant_id, attempt->migration->id.text, attempt->job_id,
                                        work->now + FLEET_LEASE_MS };
    hold->gone = value_is_set(hold->tenant.deleted_at);
    return hold->gone || schema_ledger_lease(work, &lease, &hold->lease);
}

static bool let_go(struct work *work, void *tenant_id)
{
    return schema_ledger_let_go(work, *(struct text *)tenant_id);
}

static bool note(struct work *work, void *outcome)
{
    return schema_ledger_note(work, outcome);
}

struct failure {
    const struct attempt *attempt;
    struct schema_outcome *outcome;
};

/* Once the migration was resumed nobody fails but in its new run, which tries this one again. */
static bool note_failure(struct work *work, void *data)
{
    const struct failure *failure = data;
    struct fleet_migration now;
    struct text tenant_id = failure->attempt->tenant_id;
    if (!fleet_migration_find(work, failure->attempt->migration->id.text, &now))
        return false;
    return fleet_migration_was_resumed(failure->attempt->migration, &now) ? let_go(work, &tenant_id)
                                                                          : note(work, failure->outcome);
}

/* Whoever uses the database waits behind a file that waits for a lock: not for long. */
static bool set_limits(struct work *work, struct db *db)
{
    const struct settings *settings = work->site->settings;
    int lock_ms = (int)settings_integer(settings, SETTING_migration_lock_ms);
    int seconds = (int)settings_integer(settings, SETTING_migration_statement_seconds);
    struct text sql = db_engine(db) == ENGINE_SQLITE
                        ? arena_format(work->arena, "PRAGMA busy_timeout = %d", lock_ms)
                        : arena_format(work->arena, "SET lock_timeout = %d; SET statement_timeout = '%ds'",
                                       lock_ms, seconds);
    return db_run_script(db, &work->error, sql.data);
}

/* On SQLite triggers keep a tenant from writing, and would keep the schema's files from it too. */
static bool set_access(struct hosting_call *call, const struct tenant_place *place, enum place_access access)
{
    struct tenant_place other = *place;
    other.access = access;
    return place->access != ACCESS_read_only || hosting_engine(call->hosting) != ENGINE_SQLITE
        || hosting_set_access(call, &other);
}

static bool run_files(struct work *work, struct hosting_call *call, const struct tenant_place *place,
                      struct schema_outcome *outcome)
{
    [[gnu::cleanup(db_cleanup)]] struct db *db = NULL;
    if (!hosting_enter(call, place, &db) || !set_limits(work, db))
        return false;
    bool applied = tenant_schema_apply(call->schema, db, work->arena, work->now, &work->error);
    struct error ignored = {}; /* what is told is why it could not be applied */
    outcome->counted = tenant_schema_count(call->schema, db, work->arena, &outcome->count,
                                           applied ? &work->error : &ignored);
    return applied && outcome->counted;
}

static bool apply(struct work *work, const struct tenant *tenant, struct schema_outcome *outcome)
{
    struct tenant_place place;
    struct hosting_call call = hosting_call_of(work);
    call.schema = outcome->schema;
    if (!place_of_tenant(work, tenant, &place) || !set_access(&call, &place, ACCESS_full))
        return false;
    bool applied = run_files(work, &call, &place, outcome);
    struct error why = work->error;
    if (!set_access(&call, &place, place.access))
        return false;
    work->error = why;
    return applied;
}

/* The reason stays in work->error, which a transaction would clear. */
static enum attempt_end keep(struct work *work, bool (*function)(struct work *work, void *data), void *data,
                             enum attempt_end end)
{
    struct error why = work->error;
    work->now = work->site->now(work->site);
    if (!db_transact(work, function, data))
        return ATTEMPT_broken;
    work->error = why;
    return end;
}

static enum attempt_end keep_failure(struct work *work, const struct attempt *attempt,
                                     struct schema_outcome *outcome)
{
    outcome->why = work_why(work);
    return keep(work, note_failure, &(struct failure){ attempt, outcome }, ATTEMPT_failed);
}

static struct schema_outcome outcome_of(const struct attempt *attempt)
{
    return (struct schema_outcome){
        .tenant_id = attempt->tenant_id,
        .schema = attempt->schema,
        .migration_id = attempt->migration->id.text,
    };
}

static enum attempt_end run_held(struct work *work, const struct attempt *attempt,
                                 const struct tenant *tenant)
{
    struct text tenant_id = attempt->tenant_id;
    struct schema_outcome outcome = outcome_of(attempt);
    int64_t begun_us = clock_monotonic_us();
    bool applied = apply(work, tenant, &outcome);
    outcome.duration_ms = (clock_monotonic_us() - begun_us) / 1'000;
    if (applied)
        return keep(work, note, &outcome, ATTEMPT_done);
    if (work->error.code == ERROR_database_unavailable && !attempt->is_last)
        return keep(work, let_go, &tenant_id, ATTEMPT_busy);
    return keep_failure(work, attempt, &outcome);
}

static enum attempt_end let_be(struct work *work, const struct attempt *attempt)
{
    struct schema_outcome outcome = outcome_of(attempt);
    (void)fail(&work->error, ERROR_conflict, "another job works on the tenant");
    return attempt->is_last ? keep_failure(work, attempt, &outcome) : ATTEMPT_busy;
}

enum attempt_end attempt_run(struct work *work, const struct attempt *attempt)
{
    struct hold hold = { .attempt = attempt };
    if (!db_transact(work, take, &hold))
        return ATTEMPT_broken;
    if (hold.gone)
        return ATTEMPT_gone;
    switch (hold.lease) {
    case LEASE_taken: return run_held(work, attempt, &hold.tenant);
    case LEASE_held: return ATTEMPT_held;
    case LEASE_in_use: break;
    }
    return let_be(work, attempt);
}

/*
 * The job of a migration: the canaries, then all the rest, for as long as somebody is behind.
 *
 * Who is behind stands in the ledger, so whoever runs the job after a kill goes on with those who are left. A
 * tenant that failed is not tried again before an operator resumes.
 */
#include "base/buffer.h"
#include "fleet/fleet.h"
#include "fleet/migration.h"
#include "fleet/standing.h"
#include "fleet/watch.h"
#include "fleet/wave.h"
#include "hosting/hosting.h"
#include "hosting/schema_ledger.h"
#include "record/store.h"
#include "record/transact.h"
#include "json/json.h"
#include <stdio.h>

enum { ATTEMPTS_MAX = 10 };

struct members {
    struct member *list;
    size_t count;
};

/* Those who failed before the migration was resumed come first. */
static bool list_behind(struct run *run, struct members *members)
{
    static const char sql[] =
        "SELECT t.id, t.slug" FLEET_TABLES "AND s.fingerprint IS DISTINCT FROM $1 "
        "AND (s.fleet_migration_id IS DISTINCT FROM $2 OR s.status <> 'failed') "
        "ORDER BY CASE WHEN s.fleet_migration_id = $2 AND s.status = 'pending' THEN 0 ELSE 1 END, t.id";
    struct work *work = run->work;
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, sql,
                PARAMETERS(run->migration.target_fingerprint, run->migration.id)))
        return false;
    *members =
        (struct members){ arena_array(work->arena, struct member, result.row_count + 1), result.row_count };
    for (size_t i = 0; i < result.row_count; i++)
        members->list[i] = (struct member){ result_row(&result, i)[0].text, result_row(&result, i)[1].text };
    return true;
}

static bool is_named(const struct json *slugs, struct text slug)
{
    for (size_t i = 0; i < slugs->count; i++)
        if (text_equal(slugs->items[i].text, slug))
            return true;
    return false;
}

/* The ones that were named; else so many that with those that are done they are the number that was asked. */
static bool choose_canaries(struct run *run, const struct members *behind, struct members *canaries)
{
    struct work *work = run->work;
    struct json named;
    if (!json_read(cell_text(run->migration.canary_tenants), work->arena, &named, &work->error))
        return false;
    *canaries = (struct members){ arena_array(work->arena, struct member, behind->count + 1), 0 };
    int64_t missing = named.count > 0 ? 0 : run->migration.canary.integer - run->done;
    for (size_t i = 0; i < behind->count; i++)
        if (is_named(&named, behind->list[i].slug) || (int64_t)i < missing)
            canaries->list[canaries->count++] = behind->list[i];
    return true;
}

/* Neither halted nor resumed since. */
static bool is_ours(const struct run *run, const struct fleet_migration *now)
{
    return value_equal(now->revision, run->migration.revision);
}

struct rest {
    const struct run *run;
    struct fleet_migration before, after;
};

static bool begin_rest(struct work *work, void *data)
{
    struct rest *rest = data;
    struct fleet_migration changes = { .wave = choice_value(fleet_wave, rest) };
    return fleet_migration_find(work, rest->run->migration.id.text, &rest->before)
        && (!is_ours(rest->run, &rest->before)
            || store_update(work, &fleet_migrations_table, rest->before.cells, changes.cells,
                            rest->after.cells));
}

/* Until nobody is behind: tenants may have been made meanwhile, of the schema before. */
static bool run_rest(struct run *run)
{
    struct rest rest = { .run = run };
    struct members behind;
    if (!db_transact(run->work, begin_rest, &rest))
        return false;
    if (!is_ours(run, &rest.before)) {
        atomic_store(&run->stop, STOP_asked);
        return true;
    }
    run->migration = rest.after;
    run->budget = run->migration.budget.integer;
    do {
        if (!list_behind(run, &behind))
            return false;
    } while (wave_run(run, behind.list, behind.count) && behind.count > 0);
    return true;
}

/* A run that was killed had perhaps no time left to say so. */
static bool is_over_budget(const struct run *run)
{
    bool is_first = is_choice(run->migration.wave, fleet_wave, canary);
    return run->failed > (is_first ? 0 : run->migration.budget.integer);
}

static bool run_waves(struct run *run)
{
    struct members behind, canaries;
    if (is_over_budget(run)) {
        run->budget = run->migration.budget.integer;
        atomic_store(&run->stop, STOP_failures);
        return true;
    }
    if (!list_behind(run, &behind) || !choose_canaries(run, &behind, &canaries))
        return false;
    return !wave_run(run, canaries.list, canaries.count) || run_rest(run);
}

static struct text why_halted(struct arena *arena, const struct run *run)
{
    if (is_choice(run->migration.wave, fleet_wave, canary))
        return TEXT("a tenant that went first failed");
    return arena_format(arena, "%lld failed, of whom %lld were allowed", (long long)run->failed,
                        (long long)run->budget);
}

static bool write_end(struct work *work, void *data)
{
    const struct run *run = data;
    struct fleet_migration before, after,
        changes = {
            .done = value_integer(run->done),
            .failed = value_integer(run->failed),
            .waits_for = value_null(),
            .waits_since = value_null(),
            .first_error = value_text_or_null(text_from(run->first_error)),
        };
    if (!fleet_migration_find(work, run->migration.id.text, &before))
        return false;
    if (fleet_migration_was_resumed(&run->migration, &before))
        return true;
    if (is_choice(before.status, fleet_status, running)) {
        bool halted = atomic_load(&run->stop) == STOP_failures;
        changes.status = halted ? choice_value(fleet_status, halted) : choice_value(fleet_status, completed);
        changes.halted_because = halted ? value_text(why_halted(work->arena, run)) : value_null();
        changes.finished_at = value_time(work->now);
    }
    return store_update(work, &fleet_migrations_table, before.cells, changes.cells, after.cells);
}

/* What a process held that is no more, also of another migration, is let go: this job's own, and that of jobs
 * which nobody runs. */
static bool end_dead_leases(struct work *work, const struct job *job)
{
    static const char sql[] =
        "UPDATE tenant_schemas SET lease_until = NULL, leased_at = NULL, leased_by = NULL, "
        "lease_job_id = NULL WHERE leased_by IS NOT NULL AND NOT EXISTS (SELECT 1 FROM jobs WHERE "
        "jobs.id = tenant_schemas.lease_job_id AND jobs.id <> $1 AND jobs.lease_until > $2)";
    struct result ignored;
    return db_run(work->db, work->arena, &ignored, &work->error, sql,
                  PARAMETERS(job->id, value_time(work->now)));
}

/* What an earlier process counted is counted again. */
static bool begin(struct work *work, void *data)
{
    struct run *run = data;
    struct fleet_migration *migration = &run->migration;
    struct result result;
    if (!fleet_migration_find(work, migration->id.text, migration)
        || !fleet_migration_count_done(work, migration, &run->done)
        || !db_run(work->db, work->arena, &result, &work->error,
                   "SELECT count(*) FROM tenant_schemas WHERE fleet_migration_id = $1 AND status = 'failed'",
                   PARAMETERS(migration->id)))
        return false;
    run->failed = cell_integer(result.cells[0]);
    snprintf(run->first_error, sizeof run->first_error, "%.*s", TEXT_ARG(cell_text(migration->first_error)));
    return end_dead_leases(work, run->job);
}

/* Whom it would have tried again. */
static bool leave(struct work *work, void *data)
{
    const struct run *run = data;
    return schema_ledger_leave(work, run->job->id.text);
}

static bool end(struct run *run)
{
    struct work *work = run->work;
    enum wave_stop stop = atomic_load(&run->stop);
    work->now = work->site->now(work->site);
    if (stop == STOP_broken) {
        work->error = run->broken;
        return false;
    }
    if (stop == STOP_ending)
        return fail(&work->error, ERROR_overloaded, "the program ends");
    if (!db_transact(work, leave, run) || !fleet_migration_count_done(work, &run->migration, &run->done))
        return false;
    watch_beat(run); /* who was done since the last one */
    return db_transact(work, write_end, run);
}

static bool run_on(struct run *run)
{
    struct work *work = run->work;
    run->schema = hosting_schema(work->site->hosting);
    if (!text_equal(run->schema->fingerprint, run->migration.target_fingerprint.text))
        return fail(&work->error, ERROR_conflict,
                    "the folder of the tenants' schema here holds other files than the migration's");
    watch_beat(run); /* whom a run before it still works on */
    return run_waves(run) && end(run);
}

static bool migrate(struct work *work, const struct job *job)
{
    struct run run = {
        .work = work, .job = job, .told = -1, .migration.id = value_text(fleet_migration_of(work->arena, job))
    };
    if (!hosting_reread_schema(work->site->hosting, &work->error) || !db_transact(work, begin, &run))
        return false;
    if (!is_choice(run.migration.status, fleet_status, running))
        return true; /* halted before it began */
    pthread_mutex_init(&run.lock, NULL);
    bool done = run_on(&run);
    pthread_mutex_destroy(&run.lock);
    return done;
}

/* Nobody will go on with it by himself: an operator has to look. */
static bool give_up(struct work *work, const struct job *job, struct text why, bool for_good)
{
    struct fleet_migration before, after,
        changes = {
            .status = choice_value(fleet_status, halted),
            .halted_because = value_text(why),
            .waits_for = value_null(),
            .waits_since = value_null(),
            .finished_at = value_time(work->now),
        };
    if (!for_good)
        return true;
    return fleet_migration_find(work, fleet_migration_of(work->arena, job), &before)
        && (!is_choice(before.status, fleet_status, running)
            || store_update(work, &fleet_migrations_table, before.cells, changes.cells, after.cells));
}

const struct job_program migrate_fleet_program = {
    .kind = job_kind_migrate_fleet,
    .attempts_max = ATTEMPTS_MAX,
    .actions = { { "migrate", migrate } },
    .failed = give_up,
};

const struct job_program *const fleet_job_programs[] = { &migrate_fleet_program, &find_drift_program, NULL };

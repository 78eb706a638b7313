#include "fleet/watch.h"
#include "base/calendar.h"
#include "base/clock.h"
#include "queue/queue.h"
#include "record/site.h"
#include "record/transact.h"
#include <stdio.h>

enum {
    BEAT_MS = 250,
    STILL_MS = 3'000, /* who is under way for longer is told */
};

struct beat {
    struct run *run;
    int64_t done, failed, others;
    struct value waits_for, waits_since; /* null: for nobody */
    struct text note;
    bool stops; /* somebody halted it, and perhaps resumed it since */
};

/* Whoever is under way, of this run or of one before it, or will be tried again; the first of them for the
 * longest time. */
static bool look_at_leases(struct work *work, struct beat *beat)
{
    static const char sql[] =
        "SELECT t.slug, s.leased_at, s.lease_job_id FROM tenant_schemas s "
        "JOIN tenants t ON t.id = s.tenant_id "
        "WHERE s.lease_job_id = $2 OR s.lease_until > $1 AND s.lease_job_id IS NOT NULL "
        "ORDER BY s.leased_at, t.slug";
    struct value job_id = beat->run->job->id;
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, sql, PARAMETERS(value_time(work->now), job_id)))
        return false;
    beat->others = 0;
    for (size_t i = 0; i < result.row_count; i++)
        beat->others += !value_equal(result_row(&result, i)[2], job_id);
    bool waits = result.row_count > 0 && work->now - result.cells[1].integer >= STILL_MS;
    beat->waits_for = waits ? result.cells[0] : value_null();
    beat->waits_since = waits ? result.cells[1] : value_null();
    return true;
}

static struct text write_note(const struct work *work, const struct beat *beat)
{
    char since[TIME_TEXT_SIZE];
    return value_is_set(beat->waits_for)
             ? arena_format(work->arena, "waiting for %.*s since %.*s", TEXT_ARG(beat->waits_for.text),
                            TEXT_ARG(calendar_print_time(beat->waits_since.integer, since)))
             : TEXT("");
}

/* Whoever listens to the job is told what is new. */
static bool tell_job(struct work *work, struct beat *beat)
{
    const struct run *run = beat->run;
    struct job_progress progress = { beat->done + beat->failed, cell_integer(run->migration.total),
                                     beat->note = write_note(work, beat) };
    return (progress.done == run->told && text_is(progress.note, run->told_note))
        || job_note_progress(work, run->job, &progress);
}

/* Its figures, for whoever looks at the migration or at its job; and a longer lease on what it holds. */
static bool write_beat(struct work *work, void *data)
{
    static const char tell[] = "UPDATE fleet_migrations SET done = $3, failed = $4, waits_for = $5, "
                               "waits_since = $6 WHERE id = $1 AND revision = $2";
    static const char hold[] = "UPDATE tenant_schemas SET lease_until = $2 "
                               "WHERE lease_job_id = $1 AND lease_until IS NOT NULL";
    struct beat *beat = data;
    const struct fleet_migration *migration = &beat->run->migration;
    struct result told, ignored;
    if (!look_at_leases(work, beat)
        || !db_run(work->db, work->arena, &told, &work->error, tell,
                   PARAMETERS(migration->id, migration->revision, value_integer(beat->done),
                              value_integer(beat->failed), beat->waits_for, beat->waits_since))
        || !tell_job(work, beat)
        || !db_run(work->db, work->arena, &ignored, &work->error, hold,
                   PARAMETERS(beat->run->job->id, value_time(work->now + FLEET_LEASE_MS))))
        return false;
    beat->stops = told.changed == 0;
    return true;
}

static void keep_told(struct run *run, const struct beat *beat)
{
    run->told = beat->done + beat->failed;
    run->others = beat->others;
    snprintf(run->told_note, sizeof run->told_note, "%.*s", TEXT_ARG(beat->note));
}

/* Where the database is away the threads find it out themselves. */
void watch_beat(struct run *run)
{
    struct site *site = run->work->site;
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct work work = work_of_system(site, arena, run->work->db, site->now(site));
    pthread_mutex_lock(&run->lock);
    struct beat beat = { .run = run, .done = run->done, .failed = run->failed };
    pthread_mutex_unlock(&run->lock);
    enum wave_stop none = STOP_none;
    bool written = db_transact(&work, write_beat, &beat);
    if (written)
        keep_told(run, &beat);
    if (written && beat.stops)
        atomic_compare_exchange_strong(&run->stop, &none, STOP_asked);
    none = STOP_none;
    if (atomic_load(&site->ending))
        atomic_compare_exchange_strong(&run->stop, &none, STOP_ending);
}

void watch_for(struct run *run, int64_t ms)
{
    for (int64_t waited = 0; waited < ms && atomic_load(&run->stop) == STOP_none; waited += BEAT_MS) {
        clock_sleep_ms(ms - waited < BEAT_MS ? ms - waited : BEAT_MS);
        watch_beat(run);
    }
}

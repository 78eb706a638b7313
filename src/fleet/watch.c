#include "fleet/watch.h"
#include "base/clock.h"
#include "queue/queue.h"
#include "record/site.h"
#include "record/transact.h"

enum { BEAT_MS = 250 };

struct beat {
    struct run *run;
    int64_t done, failed;
    bool stops; /* somebody halted it, and perhaps resumed it since */
};

/* Whoever listens to the job is told what is new. */
static bool tell_job(struct work *work, const struct beat *beat)
{
    const struct run *run = beat->run;
    int64_t ended = beat->done + beat->failed;
    return ended == run->told || job_note_progress(work, run->job, ended, cell_integer(run->migration.total));
}

/* Its figures, for whoever looks at the migration or at its job; and a longer lease on what it holds. */
static bool write_beat(struct work *work, void *data)
{
    static const char tell[] =
        "UPDATE fleet_migrations SET done = $2, failed = $3 WHERE id = $1 RETURNING revision";
    static const char hold[] = "UPDATE tenant_schemas SET lease_until = $2 "
                               "WHERE leased_by = $1 AND lease_until IS NOT NULL";
    struct beat *beat = data;
    const struct fleet_migration *migration = &beat->run->migration;
    struct value id = migration->id;
    struct result result, ignored;
    if (!db_run(work->db, work->arena, &result, &work->error, tell,
                PARAMETERS(id, value_integer(beat->done), value_integer(beat->failed)))
        || !tell_job(work, beat)
        || !db_run(work->db, work->arena, &ignored, &work->error, hold,
                   PARAMETERS(id, value_time(work->now + FLEET_LEASE_MS))))
        return false;
    beat->stops = result.row_count == 0 || !value_equal(result.cells[0], migration->revision);
    return true;
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
        run->told = beat.done + beat.failed;
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

#include "record/transact.h"
#include "record/site.h"
#include "sql/database.h"
#include <assert.h>
#include <semaphore.h>

enum { RUNS_MAX = 4, OVERLOADED_RETRY_SECONDS = 1 };

static void start_over(struct work *work)
{
    error_clear(&work->error);
    work->effects = NULL;
}

/* Effects are only of what was committed. */
static void finish(struct work *work, bool kept)
{
    if (!kept)
        work->effects = NULL;
    work_apply_effects(work);
}

static bool run_inside(struct work *work, bool (*function)(struct work *work, void *data), void *data)
{
    work->transacting = true;
    bool good = function(work, data);
    work->transacting = false;
    return good;
}

static bool run_once(struct work *work, bool (*function)(struct work *work, void *data), void *data)
{
    start_over(work);
    if (!db_begin(work->db, &work->error))
        return false;
    if (run_inside(work, function, data))
        return db_commit(work->db, &work->error);
    db_rollback(work->db);
    return false;
}

static bool transact_here(struct work *work, bool (*function)(struct work *work, void *data), void *data)
{
    bool kept = false, again = true;
    for (int runs = 0; runs < RUNS_MAX && again; runs++) {
        metric_add(METRIC_transaction_retries_total, runs > 0);
        kept = run_once(work, function, data);
        again = !kept && db_may_retry(work->db);
    }
    finish(work, kept);
    return kept;
}

/* A unit of work on its way through the lane, with the lane's connection while it is there. */
struct queued_work {
    struct write write;
    struct work *work;
    bool (*function)(struct work *work, void *data);
    void *data;
    void (*done)(struct work *work, bool kept, void *done_data);
    void *done_data;
    struct db *lane_db;
};

static bool run_in_lane(struct write *write, struct db *db)
{
    struct queued_work *queued = (struct queued_work *)write;
    struct work *work = queued->work;
    struct db *reader = work->db;
    queued->lane_db = db;
    work->db = db;
    start_over(work);
    bool good = run_inside(work, queued->function, queued->data);
    work->db = reader;
    return good;
}

/* The effects read through the lane's connection: the caller's may be in use, or hold an older snapshot. What
 * others were told while memory had not followed is not told again behind them. */
static void finish_in_lane(struct write *write, const struct error *lost)
{
    struct queued_work *queued = (struct queued_work *)write;
    struct work *work = queued->work;
    bool kept = write->kept && !lost;
    if (lost)
        work->error = *lost;
    struct db *reader = work->db;
    work->db = queued->lane_db;
    bool has_effects = kept && work->effects;
    finish(work, kept);
    if (has_effects)
        database_raise_version(work->site->database);
    work->db = reader;
    queued->done(work, kept, queued->done_data);
}

static bool submit(struct queued_work *queued)
{
    struct work *work = queued->work;
    queued->write = (struct write){ .run = run_in_lane, .done = finish_in_lane };
    if (database_submit(work->site->database, &queued->write))
        return true;
    fail(&work->error, ERROR_overloaded, "");
    work->error.retry_after_seconds = OVERLOADED_RETRY_SECONDS;
    return false;
}

/* What a thread that blocks waits for. */
struct waiting {
    sem_t finished;
    bool kept;
};

static void wake(struct work *, bool kept, void *done_data)
{
    struct waiting *waiting = done_data;
    waiting->kept = kept;
    sem_post(&waiting->finished);
}

static void destroy(struct waiting *waiting)
{
    sem_destroy(&waiting->finished);
}

static bool transact_in_lane(struct work *work, bool (*function)(struct work *work, void *data), void *data)
{
    [[gnu::cleanup(destroy)]] struct waiting waiting = {};
    sem_init(&waiting.finished, false, 0);
    struct queued_work queued = {
        .work = work, .function = function, .data = data, .done = wake, .done_data = &waiting
    };
    if (!submit(&queued))
        return false;
    while (sem_wait(&waiting.finished) != 0)
        ; /* a signal came */
    return waiting.kept;
}

bool db_transact(struct work *work, bool (*function)(struct work *work, void *data), void *data)
{
    if (work->transacting)
        return function(work, data);
    return database_engine(work->site->database) == ENGINE_SQLITE ? transact_in_lane(work, function, data)
                                                                  : transact_here(work, function, data);
}

bool db_transact_later(struct work *work, bool (*function)(struct work *work, void *data),
                       void (*done)(struct work *work, bool kept, void *data), void *data)
{
    assert(!work->transacting && database_engine(work->site->database) == ENGINE_SQLITE);
    struct queued_work *queued = arena_new(work->arena, struct queued_work);
    *queued = (struct queued_work){
        .work = work, .function = function, .data = data, .done = done, .done_data = data
    };
    return submit(queued);
}

#include "sql/lane.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "sql/driver.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { SETTLE_LOOK_MS = 1 };

struct lane {
    struct db *db;
    struct arena *arena;
    int64_t written; /* rows, as of the last commit */
    pthread_t thread;
    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t filled;
    struct write *first, **last;
    size_t depth;
    bool ending;
    _Atomic uint64_t version;         /* of what is committed */
    _Atomic uint64_t begun, answered; /* batches */
};

/* Those that share a commit. */
struct batch {
    struct write *first, **last;
    size_t count;
    int64_t until_us;
};

static struct write *take(struct lane *lane, bool wait)
{
    pthread_mutex_lock(&lane->mutex);
    while (wait && !lane->first && !lane->ending)
        pthread_cond_wait(&lane->filled, &lane->mutex);
    struct write *write = lane->first;
    if (write) {
        lane->first = write->next;
        if (!lane->first)
            lane->last = &lane->first;
        lane->depth--;
    }
    pthread_mutex_unlock(&lane->mutex);
    return write;
}

/* Never waits for more: what is queued while the batch runs joins it, up to its limits. */
static struct write *take_more(struct lane *lane, const struct batch *batch)
{
    bool full = batch->count >= LANE_BATCH_MAX || clock_monotonic_us() >= batch->until_us;
    return full ? NULL : take(lane, false);
}

static void batch_add(struct batch *batch, struct write *write)
{
    write->next = NULL;
    *batch->last = write;
    batch->last = &write->next;
    batch->count++;
}

static bool run_plain(struct lane *lane, struct error *error, const char *sql)
{
    struct result ignored;
    return db_run(lane->db, lane->arena, &ignored, error, sql, NO_PARAMETERS);
}

/* False: the whole transaction is lost. SQLite gives it up by itself where the disk is full or fails. */
static bool run_write(struct lane *lane, struct write *write, struct error *error)
{
    if (!run_plain(lane, error, "SAVEPOINT one"))
        return false;
    write->kept = write->run(write, lane->db);
    if (!sqlite_in_transaction(lane->db))
        return fail(error, lane->db->code, "the transaction is gone");
    return (write->kept || run_plain(lane, error, "ROLLBACK TO one"))
        && run_plain(lane, error, "RELEASE one");
}

/* Runs the write and those behind it; leaves all that it took in the batch. */
static bool run_batch(struct lane *lane, struct write *write, struct batch *batch, struct error *error)
{
    bool begun = db_begin(lane->db, error), good;
    do {
        batch_add(batch, write);
        good = begun && run_write(lane, write, error);
        /* Where no transaction could be begun, those who wait are told too: each would wait as long again. */
    } while ((good || !begun) && (write = take_more(lane, batch)));
    int64_t written = sqlite_written(lane->db);
    if (good && db_commit(lane->db, error)) {
        if (written != lane->written)
            lane_raise_version(lane);
        lane->written = written;
        metric_add(METRIC_lane_batches_total, 1);
        metric_add(METRIC_lane_writes_total, (int64_t)batch->count);
        return true;
    }
    db_rollback(lane->db);
    return false;
}

static void answer(const struct batch *batch, const struct error *lost)
{
    for (struct write *write = batch->first, *next; write; write = next) {
        next = write->next; /* done() may give the write's memory back */
        write->done(write, lost);
    }
}

static void *work(void *argument)
{
    struct lane *lane = argument;
    pthread_setname_np(pthread_self(), "lane");
    for (struct write *write; (write = take(lane, true));) {
        struct batch batch = { .until_us = clock_monotonic_us() + INT64_C(1000) * LANE_BATCH_MS };
        batch.last = &batch.first;
        atomic_fetch_add(&lane->begun, 1);
        struct error error = {};
        bool kept = run_batch(lane, write, &batch, &error);
        if (!kept && error.code != ERROR_storage_full)
            error.code = ERROR_database_unavailable;
        answer(&batch, kept ? NULL : &error);
        atomic_fetch_add(&lane->answered, 1);
        arena_reset(lane->arena);
    }
    return NULL;
}

struct lane *lane_create(struct db *db)
{
    struct lane *lane = memory_new(struct lane);
    lane->db = db;
    lane->arena = arena_create();
    lane->last = &lane->first;
    atomic_init(&lane->version, 1);
    pthread_mutex_init(&lane->mutex, NULL);
    pthread_cond_init(&lane->filled, NULL);
    if (pthread_create(&lane->thread, NULL, work, lane) != 0)
        abort();
    return lane;
}

bool lane_submit(struct lane *lane, struct write *write)
{
    pthread_mutex_lock(&lane->mutex);
    bool room = !lane->ending && lane->depth < LANE_QUEUE_MAX;
    if (room) {
        write->next = NULL;
        *lane->last = write;
        lane->last = &write->next;
        lane->depth++;
        pthread_cond_signal(&lane->filled);
    }
    pthread_mutex_unlock(&lane->mutex);
    return room;
}

size_t lane_depth(struct lane *lane)
{
    pthread_mutex_lock(&lane->mutex);
    size_t depth = lane->depth;
    pthread_mutex_unlock(&lane->mutex);
    return depth;
}

void lane_destroy(struct lane *lane)
{
    pthread_mutex_lock(&lane->mutex);
    lane->ending = true;
    pthread_cond_signal(&lane->filled);
    pthread_mutex_unlock(&lane->mutex);
    pthread_join(lane->thread, NULL);
    pthread_cond_destroy(&lane->filled);
    pthread_mutex_destroy(&lane->mutex);
    arena_destroy(lane->arena);
    db_close(lane->db);
    free(lane);
}

uint64_t lane_version(struct lane *lane)
{
    return atomic_load(&lane->version);
}

void lane_raise_version(struct lane *lane)
{
    atomic_fetch_add(&lane->version, 1);
}

void lane_settle(struct lane *lane)
{
    uint64_t begun = atomic_load(&lane->begun);
    while (atomic_load(&lane->answered) < begun)
        clock_sleep_ms(SETTLE_LOOK_MS);
}

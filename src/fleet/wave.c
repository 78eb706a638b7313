#include "fleet/wave.h"
#include "base/clock.h"
#include "base/pool.h"
#include "fleet/watch.h"
#include "record/site.h"
#include "sql/database.h"
#include <assert.h>
#include <stdio.h>

enum { ROUNDS = 5, FIRST_PAUSE_MS = 200 };

/* What each thread has of its own. */
struct seat {
    struct arena *arena;
    struct db *db; /* NULL until it could be made */
};

struct item {
    struct task task; /* first: a queued item is its task */
    struct run *run;
    const struct member *member;
    bool is_last;
    enum attempt_end end;
};

static void *sit_down(void *)
{
    struct arena *arena = arena_create();
    struct seat *seat = arena_new(arena, struct seat);
    seat->arena = arena;
    return seat;
}

static void stand_up(void *thread_state)
{
    struct seat *seat = thread_state;
    db_close(seat->db);
    arena_destroy(seat->arena);
}

static void stop(struct run *run, enum wave_stop why)
{
    enum wave_stop none = STOP_none;
    atomic_compare_exchange_strong(&run->stop, &none, why);
}

static void count_failure(struct run *run, const struct item *item, const struct work *work)
{
    if (run->first_error[0] == '\0')
        snprintf(run->first_error, sizeof run->first_error, "%.*s: %s", TEXT_ARG(item->member->slug),
                 work->error.about);
    if (++run->failed > run->budget)
        stop(run, STOP_failures);
}

static void count_end(struct run *run, const struct item *item, const struct work *work)
{
    switch (item->end) {
    case ATTEMPT_done: run->done++; break;
    case ATTEMPT_failed: count_failure(run, item, work); break;
    case ATTEMPT_broken:
        if (atomic_load(&run->stop) == STOP_none)
            run->broken = work->error;
        stop(run, STOP_broken);
        break;
    case ATTEMPT_busy:
    case ATTEMPT_gone: break;
    }
}

static void work_on(struct item *item, struct seat *seat)
{
    struct run *run = item->run;
    struct site *site = run->work->site;
    struct text migration_id = run->migration.id.text;
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct work work = work_of_system(site, arena, seat->db, site->now(site));
    const struct attempt attempt = { migration_id, item->member->tenant_id, run->schema, item->is_last };
    if (!seat->db && !database_connect(site->database, &seat->db, &work.error)) {
        item->end = ATTEMPT_broken;
    } else {
        work.db = seat->db;
        item->end = attempt_run(&work, &attempt);
    }
    pthread_mutex_lock(&run->lock);
    count_end(run, item, &work);
    pthread_mutex_unlock(&run->lock);
}

static void run_item(struct task *task, void *thread_state)
{
    struct item *item = (struct item *)task;
    struct run *run = item->run;
    if (atomic_load(&run->stop) == STOP_none)
        work_on(item, thread_state);
    pthread_mutex_lock(&run->lock);
    run->open--;
    pthread_cond_signal(&run->changed);
    pthread_mutex_unlock(&run->lock);
}

/* Each once; returns when the last of them has come to its end. */
static void run_round(struct run *run, struct item *items, size_t count)
{
    int64_t threads = run->migration.parallel.integer;
    const struct pool_options options = {
        .name = "fleet",
        .threads = (int64_t)count < threads ? (int)count : (int)threads,
        .queue_max = (int)count,
        .thread_begin = sit_down,
        .thread_end = stand_up,
    };
    run->open = count;
    struct pool *pool = pool_create(&options);
    for (size_t i = 0; i < count; i++) {
        bool queued = pool_submit(pool, &items[i].task); /* it has room for all */
        assert(queued);
        (void)queued;
    }
    watch_until_idle(run);
    pool_destroy(pool);
}

static size_t keep_busy(struct item *items, size_t count)
{
    size_t busy = 0;
    for (size_t i = 0; i < count; i++)
        if (items[i].end == ATTEMPT_busy)
            items[busy++] = items[i];
    return busy;
}

bool wave_run(struct run *run, const struct member *members, size_t count)
{
    struct item *items = arena_array(run->work->arena, struct item, count + 1);
    for (size_t i = 0; i < count; i++)
        items[i] = (struct item){ .task.run = run_item, .run = run, .member = &members[i] };
    for (int round = 1; round <= ROUNDS && count > 0 && atomic_load(&run->stop) == STOP_none; round++) {
        for (size_t i = 0; i < count; i++)
            items[i].is_last = round == ROUNDS;
        if (round > 1)
            watch_for(run, FIRST_PAUSE_MS << (round - 2));
        run_round(run, items, count);
        count = keep_busy(items, count);
    }
    return atomic_load(&run->stop) == STOP_none;
}

#include "fleet/crew.h"
#include "base/clock.h"
#include "base/condition.h"
#include "base/memory.h"
#include "base/pool.h"
#include "record/site.h"
#include "sql/database.h"
#include <assert.h>

enum { BEAT_MS = 250 };

/* What each thread has of its own. */
struct seat {
    struct arena *arena;
    struct db *db; /* NULL until it could be made */
};

struct shift {
    const struct crew *crew;
    pthread_mutex_t lock;
    pthread_cond_t finished;
    size_t open;
};

struct item {
    struct task task; /* first: a queued item is its task */
    struct shift *shift;
    size_t number;
};

static void *sit_down(void *)
{
    struct seat *seat = memory_new(struct seat);
    seat->arena = arena_create();
    return seat;
}

static void stand_up(void *thread_state)
{
    struct seat *seat = thread_state;
    db_close(seat->db);
    arena_destroy(seat->arena);
    free(seat);
}

static void work_on(const struct crew *crew, struct seat *seat, size_t number)
{
    struct error error = {};
    arena_reset(seat->arena);
    if (!seat->db && !database_connect(crew->site->database, &seat->db, &error))
        seat->db = NULL;
    struct work work = work_of_system(crew->site, seat->arena, seat->db, crew->site->now(crew->site));
    work.error = error;
    crew->work_on(&work, number, crew->data);
}

static void run_item(struct task *task, void *thread_state)
{
    struct item *item = (struct item *)task;
    struct shift *shift = item->shift;
    work_on(shift->crew, thread_state, item->number);
    pthread_mutex_lock(&shift->lock);
    shift->open--;
    pthread_cond_signal(&shift->finished);
    pthread_mutex_unlock(&shift->lock);
}

static void wait_for_all(struct shift *shift)
{
    bool idle = false;
    while (!idle) {
        int64_t next_us = clock_monotonic_us() + BEAT_MS * INT64_C(1'000);
        pthread_mutex_lock(&shift->lock);
        while (shift->open > 0 && condition_wait_until(&shift->finished, &shift->lock, next_us))
            ;
        idle = shift->open == 0;
        pthread_mutex_unlock(&shift->lock);
        if (!idle)
            shift->crew->beat(shift->crew->data);
    }
}

static void begin(struct shift *shift)
{
    condition_init(&shift->finished);
    pthread_mutex_init(&shift->lock, NULL);
}

void crew_run(const struct crew *crew)
{
    if (crew->count == 0)
        return;
    struct shift shift = { .crew = crew, .open = crew->count };
    const struct pool_options options = {
        .name = "fleet",
        .threads = (int64_t)crew->count < crew->threads ? (int)crew->count : (int)crew->threads,
        .queue_max = (int)crew->count,
        .thread_begin = sit_down,
        .thread_end = stand_up,
    };
    begin(&shift);
    struct item *items = memory_array(struct item, crew->count);
    struct pool *pool = pool_create(&options);
    for (size_t i = 0; i < crew->count; i++) {
        items[i] = (struct item){ .task.run = run_item, .shift = &shift, .number = i };
        bool queued = pool_submit(pool, &items[i].task); /* there is room for all */
        assert(queued);
        (void)queued;
    }
    wait_for_all(&shift);
    pool_destroy(pool);
    free(items);
    pthread_cond_destroy(&shift.finished);
    pthread_mutex_destroy(&shift.lock);
}

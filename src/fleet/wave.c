#include "fleet/wave.h"
#include "fleet/crew.h"
#include "fleet/watch.h"
#include <stdio.h>

enum { ROUNDS = 5, FIRST_PAUSE_MS = 200 };

struct item {
    const struct member *member;
    enum attempt_end end;
};

/* Each item of a wave once. */
struct round {
    struct run *run;
    struct item *items;
    bool is_last;
};

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

static void work_on(struct work *work, size_t number, void *data)
{
    struct round *round = data;
    struct run *run = round->run;
    struct item *item = &round->items[number];
    const struct attempt attempt = { run->migration.id.text, item->member->tenant_id, run->schema,
                                     round->is_last };
    if (atomic_load(&run->stop) != STOP_none)
        return;
    item->end = work->db ? attempt_run(work, &attempt) : ATTEMPT_broken;
    pthread_mutex_lock(&run->lock);
    count_end(run, item, work);
    pthread_mutex_unlock(&run->lock);
}

static void beat(void *data)
{
    watch_beat(((struct round *)data)->run);
}

static void run_round(struct run *run, struct item *items, size_t count, bool is_last)
{
    struct round round = { run, items, is_last };
    crew_run(&(struct crew){ .site = run->work->site,
                             .threads = run->migration.parallel.integer,
                             .count = count,
                             .data = &round,
                             .work_on = work_on,
                             .beat = beat });
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
        items[i].member = &members[i];
    for (int round = 1; round <= ROUNDS && count > 0 && atomic_load(&run->stop) == STOP_none; round++) {
        if (round > 1)
            watch_for(run, FIRST_PAUSE_MS << (round - 2));
        run_round(run, items, count, round == ROUNDS);
        count = keep_busy(items, count);
    }
    return atomic_load(&run->stop) == STOP_none;
}

#include "fleet/wave.h"
#include "fleet/crew.h"
#include "fleet/watch.h"
#include <stdio.h>

enum { TRIES_MAX = 5, FIRST_PAUSE_MS = 200, ROOM_PAUSE_MS = 250 };

struct item {
    const struct member *member;
    enum attempt_end end;
    int tries; /* that found it busy */
};

/* Each item of a wave once. */
struct round {
    struct run *run;
    struct item *items;
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

static void count_end(struct run *run, struct item *item, const struct work *work)
{
    switch (item->end) {
    case ATTEMPT_done: run->done++; break;
    case ATTEMPT_failed: count_failure(run, item, work); break;
    case ATTEMPT_broken:
        if (atomic_load(&run->stop) == STOP_none)
            run->broken = work->error;
        stop(run, STOP_broken);
        break;
    case ATTEMPT_busy: item->tries++; break;
    case ATTEMPT_held:
    case ATTEMPT_gone: break;
    }
}

static void work_on(struct work *work, size_t number, void *data)
{
    struct round *round = data;
    struct run *run = round->run;
    struct item *item = &round->items[number];
    const struct attempt attempt = {
        .migration = &run->migration,
        .job_id = run->job->id.text,
        .tenant_id = item->member->tenant_id,
        .schema = run->schema,
        .is_last = item->tries == TRIES_MAX - 1,
    };
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

/* Those still under way of a run that was halted are among the databases that are worked on. */
static bool wait_for_room(struct run *run)
{
    while (run->others >= run->migration.parallel.integer && atomic_load(&run->stop) == STOP_none)
        watch_for(run, ROOM_PAUSE_MS);
    return atomic_load(&run->stop) == STOP_none;
}

static void run_round(struct run *run, struct item *items, size_t count)
{
    struct round round = { run, items };
    if (!wait_for_room(run))
        return;
    crew_run(&(struct crew){ .site = run->work->site,
                             .threads = run->migration.parallel.integer - run->others,
                             .count = count,
                             .data = &round,
                             .work_on = work_on,
                             .beat = beat });
}

static size_t keep_open(struct item *items, size_t count)
{
    size_t open = 0;
    for (size_t i = 0; i < count; i++)
        if (items[i].end == ATTEMPT_busy || items[i].end == ATTEMPT_held)
            items[open++] = items[i];
    return open;
}

static int64_t pause_ms(int rounds)
{
    return FIRST_PAUSE_MS << (rounds < TRIES_MAX ? rounds - 1 : TRIES_MAX - 2);
}

bool wave_run(struct run *run, const struct member *members, size_t count)
{
    struct item *items = arena_array(run->work->arena, struct item, count + 1);
    for (size_t i = 0; i < count; i++)
        items[i].member = &members[i];
    for (int rounds = 0; count > 0 && atomic_load(&run->stop) == STOP_none; rounds++) {
        if (rounds > 0)
            watch_for(run, pause_ms(rounds));
        run_round(run, items, count);
        count = keep_open(items, count);
    }
    return atomic_load(&run->stop) == STOP_none;
}

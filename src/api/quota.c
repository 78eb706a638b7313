/*
 * Requests a minute by actor: a token bucket for each user or key, in memory, per node.
 *
 * The table is open-addressed and of fixed size; when a bucket's place is taken by another actor's that is
 * full again, it is taken over: a full bucket holds nothing worth remembering.
 */
#include "api/call.h"
#include "base/clock.h"
#include "base/memory.h"
#include "record/reach.h"
#include "settings/settings.h"
#include <pthread.h>
#include <stdlib.h>

enum { SHELVES = 64, BUCKETS_PER_SHELF = 1024, PROBES_MAX = 8, MINUTE_US = 60'000'000 };

struct bucket {
    uint64_t actor; /* hash; 0: free */
    int64_t refilled_us;
    int64_t spent_us; /* time until it is full again: each request costs a minute / quota */
};

/* The mutexes lie together: beside its buckets each would touch a page that may never be needed. */
struct quotas {
    pthread_mutex_t mutexes[SHELVES];
    struct bucket shelves[SHELVES][BUCKETS_PER_SHELF];
};

struct quotas *quotas_create(void)
{
    struct quotas *quotas = memory_new(struct quotas);
    for (int i = 0; i < SHELVES; i++)
        pthread_mutex_init(&quotas->mutexes[i], NULL);
    return quotas;
}

void quotas_destroy(struct quotas *quotas)
{
    for (int i = 0; quotas && i < SHELVES; i++)
        pthread_mutex_destroy(&quotas->mutexes[i]);
    free(quotas);
}

static void refill(struct bucket *bucket, int64_t now_us)
{
    bucket->spent_us -= now_us - bucket->refilled_us;
    if (bucket->spent_us < 0)
        bucket->spent_us = 0;
    bucket->refilled_us = now_us;
}

static struct bucket *find(struct bucket *shelf, uint64_t actor, int64_t now_us)
{
    struct bucket *fullest = NULL;
    for (size_t probe = 0; probe < PROBES_MAX; probe++) {
        struct bucket *bucket = &shelf[(actor / SHELVES + probe) % BUCKETS_PER_SHELF];
        refill(bucket, now_us);
        if (bucket->actor == actor)
            return bucket;
        if (!fullest || bucket->spent_us < fullest->spent_us)
            fullest = bucket;
    }
    *fullest = (struct bucket){ .actor = actor, .refilled_us = now_us };
    return fullest;
}

/* Takes one request out of the bucket; returns how many are left, or -1. */
static int64_t take(struct quotas *quotas, uint64_t actor, int64_t quota, int64_t *full_in_us)
{
    pthread_mutex_t *mutex = &quotas->mutexes[actor % SHELVES];
    int64_t cost_us = MINUTE_US / quota;
    pthread_mutex_lock(mutex);
    struct bucket *bucket = find(quotas->shelves[actor % SHELVES], actor, clock_monotonic_us());
    bool room = bucket->spent_us + cost_us <= MINUTE_US;
    if (room)
        bucket->spent_us += cost_us;
    int64_t spent_us = bucket->spent_us;
    pthread_mutex_unlock(mutex);
    *full_in_us = spent_us;
    return room ? (MINUTE_US - spent_us) / cost_us : -1;
}

static int64_t quota_of(const struct call *call)
{
    const struct settings *settings = call->work.site->settings;
    if (actor_is_machine(&call->work.actor))
        return settings_integer(settings, SETTING_quota_machine);
    bool is_tenants = call->work.actor.role == TENANT_ADMIN;
    return settings_integer(settings, is_tenants ? SETTING_quota_tenant_admin : SETTING_quota_staff);
}

bool call_count(struct call *call, struct quotas *quotas)
{
    const struct actor *actor = &call->work.actor;
    struct text name = actor_is_machine(actor)      ? actor->api_key_id
                     : actor_is_impersonated(actor) ? actor->sponsor_id
                                                    : actor->user_id;
    if (name.length == 0 || call->route->no_quota)
        return true;
    int64_t quota = quota_of(call), full_in_us;
    if (quota <= 0)
        return true;
    int64_t left = take(quotas, text_hash(name) | 1, quota, &full_in_us);
    call->state->limits = arena_format(call->work.arena,
                                       "RateLimit-Policy: \"minute\";q=%lld;w=60\r\n"
                                       "RateLimit: \"minute\";r=%lld;t=%lld\r\n",
                                       (long long)quota, (long long)(left < 0 ? 0 : left),
                                       (long long)((full_in_us + 999'999) / 1'000'000));
    if (left >= 0)
        return true;
    call->work.error.retry_after_seconds = (int)(60 / quota + 1);
    return fail(&call->work.error, ERROR_rate_limited, "");
}

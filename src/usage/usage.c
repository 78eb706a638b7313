#include "usage/usage.h"
#include "base/clock.h"
#include "base/condition.h"
#include "base/memory.h"
#include "model/service_level.h"
#include "record/site.h"
#include "usage/usage_parts.h"
#include "usage/usage_warning.h"
#include <stdlib.h>
#include <string.h>

struct usage *usage_create(void)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct usage *usage = memory_new(struct usage);
    memcpy(usage->node, random_uuid(arena, 0).data, UUID_LENGTH);
    pthread_mutex_init(&usage->lock, NULL);
    pthread_mutex_init(&usage->writing, NULL);
    condition_init(&usage->due);
    return usage;
}

void usage_destroy(struct usage *usage)
{
    if (!usage)
        return;
    ledger_free(&usage->fresh);
    ledger_free(&usage->taken_over);
    pthread_cond_destroy(&usage->due);
    pthread_mutex_destroy(&usage->writing);
    pthread_mutex_destroy(&usage->lock);
    free(usage);
}

bool usage_wait(struct usage *usage)
{
    int64_t until_us = clock_monotonic_us() + USAGE_WRITE_MS * INT64_C(1'000);
    pthread_mutex_lock(&usage->lock);
    while (!usage->stopping && usage->answers < USAGE_WRITE_ANSWERS
           && condition_wait_until(&usage->due, &usage->lock, until_us))
        ;
    usage->answers = 0; /* whoever cannot write them now waits all the same */
    bool stopping = usage->stopping;
    pthread_mutex_unlock(&usage->lock);
    return !stopping;
}

void usage_stop(struct usage *usage)
{
    pthread_mutex_lock(&usage->lock);
    usage->stopping = true;
    pthread_cond_broadcast(&usage->due);
    pthread_mutex_unlock(&usage->lock);
}

static void note(struct usage *usage, struct text tenant_id, const struct use_taken *taken)
{
    pthread_mutex_lock(&usage->lock);
    ledger_add(&usage->fresh, tenant_id, taken);
    if (++usage->answers == USAGE_WRITE_ANSWERS)
        pthread_cond_broadcast(&usage->due);
    pthread_mutex_unlock(&usage->lock);
}

static bool check_service(struct work *work, bool is_active, enum service_level level)
{
    const struct service_rules *rules = service_rules_of(is_active ? level : service_level_off);
    return rules->may_consume || fail(&work->error, rules->refusal, "");
}

static bool refuse(struct work *work, enum tenant_limit limit)
{
    return fail(&work->error, ERROR_limit_reached, "%.*s", TEXT_ARG(usage_metric_choices.texts[limit]));
}

bool usage_consume(struct work *work, const struct directory_entry *entry, enum tenant_limit limit,
                   int64_t quantity, struct use_taken *taken)
{
    const struct use_moment moment = directory_entry_moment(entry, work->now);
    if (!check_service(work, entry->terms->is_active, entry->terms->level))
        return false;
    if (!tenant_use_take(entry->use, &moment, limit, quantity, entry->terms->limits[limit], taken))
        return refuse(work, limit);
    note(work->site->usage, directory_entry_part(entry, ENTRY_id), taken);
    return true;
}

struct claim {
    struct text tenant_id;
    struct use_taken taken;
    struct usage_row row;
};

/* The others are told with what is written next. */
static void claimed(struct work *work, void *data)
{
    const struct claim *claim = data;
    struct use_taken nothing = claim->taken;
    nothing.quantity = 0;
    usage_learn(work, claim->tenant_id, &claim->row);
    note(work->site->usage, claim->tenant_id, &nothing);
}

static bool look_up(struct work *work, struct claim *claim, enum tenant_limit limit, int64_t *unwritten)
{
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader =
        directory_enter(work->site->directory);
    const struct directory_entry *entry = directory_find(work->site->directory, ENTRY_id, claim->tenant_id);
    if (!entry)
        return fail(&work->error, ERROR_not_found, "tenant");
    const struct use_moment moment = directory_entry_moment(entry, work->now);
    *unwritten = tenant_use_unwritten(entry->use, &moment, limit, &claim->taken);
    return true;
}

bool usage_consume_exactly(struct work *work, struct text tenant_id, enum tenant_limit limit,
                           int64_t quantity, struct use_taken *taken)
{
    struct claim *claim = arena_new(work->arena, struct claim);
    const struct usage_row *row = &claim->row;
    int64_t unwritten = 0;
    claim->tenant_id = arena_copy(work->arena, tenant_id);
    if (!look_up(work, claim, limit, &unwritten))
        return false;
    claim->taken.quantity = quantity;
    if (!usage_row_claim(work, tenant_id, &claim->taken, unwritten, &claim->row))
        return false;
    if (!row->found)
        return refuse(work, limit);
    if (!check_service(work, row->is_active, service_level_named(row->level))
        || !usage_warn(work, tenant_id, limit, row->used[limit], row->allowed[limit], row->month))
        return false;
    claim->taken.used = row->used[limit] + unwritten;
    claim->taken.allowed = row->allowed[limit];
    *taken = claim->taken;
    work_after_commit(work, claimed, claim);
    return true;
}

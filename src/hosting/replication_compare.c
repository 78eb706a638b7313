/* Two databases at rest, summed at the same time: their tenant waits for this. */
#include "hosting/replication.h"
#include <pthread.h>

/* The target's side: in a thread, with a memory and an error of its own. */
struct side {
    struct hosting_call call;
    const struct tenant_place *place;
    struct table_sums sums;
    struct error error;
    bool is_summed;
};

static const struct summing passing = { .passing = true };

static void *sum(void *data)
{
    struct side *side = data;
    side->call.error = &side->error;
    side->is_summed = hosting_sum(&side->call, side->place, &passing, &side->sums);
    return NULL;
}

bool replication_compare(struct hosting_call *call, const struct replication *replication,
                         struct table_sums *sums)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct side target = { .call = *call, .place = replication->to };
    pthread_t thread;
    target.call.arena = arena;
    if (pthread_create(&thread, NULL, sum, &target) != 0)
        return fail(call->error, ERROR_overloaded, "no thread is to be had");
    bool is_summed = hosting_sum(call, replication->from, &passing, sums);
    pthread_join(thread, NULL);
    if (is_summed && !target.is_summed)
        *call->error = target.error;
    return is_summed && target.is_summed && table_sums_compare(sums, &target.sums, call->error);
}

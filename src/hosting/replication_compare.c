/* The two sides of a replication summed, ahead and at rest: then at the same time, since their tenant waits.
 */
#include "hosting/replication.h"
#include "hosting/replication_parts.h"
#include <pthread.h>

/* ---- Ahead ---- */

/* By the tenant's rights, and not in its name: the freeze ends all that it has open. */
static bool enter_as_guest(struct hosting_call *call, const struct tenant_place *place, struct db **db)
{
    struct tenant_place shut = *place;
    shut.access = ACCESS_none;
    return hosting_enter(call, &shut, db);
}

static bool begin_side(struct hosting_call *call, const struct tenant_place *place,
                       const struct copy_watch *watch, struct compared_side *side)
{
    return replication_connect(call, place, &side->baseline.map)
        && enter_as_guest(call, place, &side->baseline.db) && enter_as_guest(call, place, &side->later)
        && table_baseline_take(&side->baseline, call->arena, watch, call->error);
}

bool replication_sums_begin(struct hosting_call *call, const struct replication *replication,
                            const struct copy_watch *watch, struct replication_sums *ahead)
{
    return begin_side(call, replication->from, watch, &ahead->from)
        && begin_side(call, replication->to, watch, &ahead->to);
}

static void end_side(struct compared_side *side)
{
    table_baseline_end(&side->baseline);
    db_cleanup(&side->later);
}

void replication_sums_end(struct replication_sums *ahead)
{
    end_side(&ahead->from);
    end_side(&ahead->to);
}

/* ---- At rest ---- */

struct summed_side {
    const struct compared_side *side;
    const struct copy_watch *watch;
    struct arena *arena;
    struct table_sums sums;
    struct error error;
    bool is_summed;
};

static void *sum(void *data)
{
    struct summed_side *summed = data;
    const struct summing summing = { .passing = true,
                                     .watch = summed->watch,
                                     .since = &summed->side->baseline };
    struct db *later = summed->side->later;
    summed->is_summed = table_sums_begin(later, &summed->error)
                     && table_sums_take(later, summed->arena, &summing, &summed->sums, &summed->error);
    return NULL;
}

/* The target's side in a thread, with a memory and an error of its own. */
bool replication_sums_compare(struct hosting_call *call, const struct replication_sums *ahead,
                              const struct copy_watch *watch, struct table_sums *sums)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct summed_side from = { .side = &ahead->from, .watch = watch, .arena = call->arena };
    struct summed_side to = { .side = &ahead->to, .watch = watch, .arena = arena };
    pthread_t thread;
    if (pthread_create(&thread, NULL, sum, &to) != 0)
        return fail(call->error, ERROR_overloaded, "no thread is to be had");
    sum(&from);
    pthread_join(thread, NULL);
    if (!from.is_summed || !to.is_summed) {
        *call->error = from.is_summed ? to.error : from.error;
        return false;
    }
    *sums = from.sums;
    return table_sums_compare(sums, &to.sums, call->error);
}

/*
 * How a tenant's rows get to the other host: as much as can be while the tenant writes, the rest while it
 * waits. PostgreSQL replicates; SQLite's log is followed; what PostgreSQL cannot replicate is copied whole
 * while the tenant waits.
 */
#pragma once
#include "copies/move.h"
#include "hosting/log_copy.h"
#include "hosting/replication.h"

struct crossing {
    struct replication_sums ahead; /* PostgreSQL */
    struct log_copy log;           /* SQLite */
    struct table_sums sums;        /* what both sides held alike when they were compared */
};
#define CROSSING_NONE ((struct crossing){ .log = LOG_COPY_NONE })

/* The tenant writes until the last moment; where not, `why` says so. */
[[nodiscard]] bool crossing_is_followed(struct work *work, const struct move *move, bool *followed,
                                        const char **why);
/* What outlives the step that begins it: a replication, which has all that was written by now. */
[[nodiscard]] bool crossing_begin(struct work *work, const struct move *move, const struct copy_watch *watch);
/* Everything that can be done while the tenant is at work, until the rest takes less than `within_ms`. */
[[nodiscard]] bool crossing_come_near(struct work *work, const struct move *move, struct crossing *crossing,
                                      int64_t within_ms, const struct copy_watch *watch);
/* Nothing is written any more: both places hold the same from here on, compared. */
[[nodiscard]] bool crossing_finish(struct work *work, const struct move *move, struct crossing *crossing,
                                   const struct copy_watch *watch);
/* Lets go of what keeps others waiting. For [[gnu::cleanup]]. */
void crossing_end(struct crossing *crossing);
/* Nothing of what outlives a step is left on either side. */
[[nodiscard]] bool crossing_clear(struct work *work, const struct move *move);
/* The same after a failure, whose error stays: what cannot be done now is when the place is dropped. */
void crossing_give_up(struct work *work, const struct move *move);

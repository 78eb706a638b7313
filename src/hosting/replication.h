/*
 * A PostgreSQL database copied to another host while it is written: the target follows the source until the
 * moment of a switch. SQLite's log is followed instead (hosting/log_copy.h).
 */
#pragma once
#include "hosting/copying.h"
#include "hosting/table_baseline.h"

struct replication {
    const struct tenant_place *from, *to; /* of one name, on two hosts */
};

/* Can it be done, for this database and these two servers? Where not, `why` says so. */
[[nodiscard]] bool replication_is_possible(struct hosting_call *call, const struct replication *replication,
                                           bool *possible, const char **why);
/* Makes the target, shut, with the source's schema, and begins to copy. What an earlier attempt left is
 * removed first. `path`: of a file for the schema. */
[[nodiscard]] bool replication_begin(struct hosting_call *call, const struct replication *replication,
                                     const char *path);
/* Until all that the source had written when this was called is at the target. */
[[nodiscard]] bool replication_catch_up(struct hosting_call *call, const struct replication *replication,
                                        const struct copy_watch *watch);
/* Until that takes less than `within_ms`, so that a source that is shut then is not shut for long. */
[[nodiscard]] bool replication_come_near(struct hosting_call *call, const struct replication *replication,
                                         int64_t within_ms, const struct copy_watch *watch);
/* The source is shut and the target has caught up: what replication leaves out is carried over. */
[[nodiscard]] bool replication_finish(struct hosting_call *call, const struct replication *replication,
                                      const struct copy_watch *watch);

/* What the source is made of is still what the target was made with. Finishing asks that once more. */
[[nodiscard]] bool replication_check_schema(struct hosting_call *call, const struct replication *replication);

/* Both sides read once while the tenant is at work, so that he waits only for what was written since. */
struct replication_sums {
    struct compared_side {
        struct table_baseline baseline;
        struct db *later; /* made ahead, too */
    } from, to;
};
[[nodiscard]] bool replication_sums_begin(struct hosting_call *call, const struct replication *replication,
                                          const struct copy_watch *watch, struct replication_sums *ahead);
/* Both sides are shut and at rest: they hold the same, row by row. */
[[nodiscard]] bool replication_sums_compare(struct hosting_call *call, const struct replication_sums *ahead,
                                            const struct copy_watch *watch, struct table_sums *sums);
void replication_sums_end(struct replication_sums *ahead); /* for [[gnu::cleanup]] */

/* Nothing of it is left on either side; may be repeated, and called where nothing was begun. */
[[nodiscard]] bool replication_end(struct hosting_call *call, const struct replication *replication);

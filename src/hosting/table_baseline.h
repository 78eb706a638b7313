/*
 * What a PostgreSQL database held at one moment, kept so that what it holds later is told by reading only
 * what was written in between.
 *
 * A page that the visibility map calls all-visible holds nothing that not every snapshot sees. While the
 * transaction of an earlier snapshot is open, no vacuum calls a page so that was written after it, and every
 * write takes the mark from its page before it is committed. So what a table holds later is what it held,
 * less what the earlier snapshot sees in pages without the mark, and with what the later one sees there. The
 * map is looked at after the later snapshot was taken. Nobody's word is taken for who wrote: it does not
 * matter whether that was the product, a replication, or somebody by hand.
 *
 * As long as it lasts no table is emptied, rewritten or altered: its transaction holds a lock on each, as
 * that of a dump does. A table whose rows would read otherwise all the same has another shape, and is read
 * whole; so is every one where the map cannot be read.
 */
#pragma once
#include "hosting/table_sums.h"

struct table_baseline {
    struct db *db;  /* the tenant's own rights; the transaction in which the sums were told goes on */
    struct db *map; /* a superuser, in the same database; NULL: the map cannot be read */
    struct table_sums sums;
};

/* Takes both connections over; vacuums before it reads, so that what is at rest has its mark. */
[[nodiscard]] bool table_baseline_take(struct table_baseline *baseline, struct arena *arena,
                                       const struct copy_watch *watch, struct error *error);
void table_baseline_end(struct table_baseline *baseline); /* for [[gnu::cleanup]] */

/* A table as a query names it. */
struct summed_table {
    struct text name, number; /* `number`: a row of it as a number */
    int64_t pages, oid;
};

/* table_sums.c alone: is the table one of those, read as then? NULL knows none. */
bool table_baseline_knows(const struct table_baseline *baseline, const struct table_sum *sum);
/* `later`: in a transaction that sees what is to be told, and was begun after the baseline was taken. */
[[nodiscard]] bool table_baseline_add_changes(const struct summing *summing, struct db *later,
                                              struct arena *arena, const struct summed_table *table,
                                              struct table_sum *sum, struct error *error);

/*
 * What a database holds, told so that two can be compared: each table's rows, and a checksum of them that
 * their order does not change. The two engines' checksums differ: only databases of one engine are compared.
 */
#pragma once
#include "hosting/copy_watch.h"
#include "sql/db.h"

struct table_sum {
    struct text name; /* "public.orders"; on SQLite "orders" */
    int64_t rows;
    struct text checksum;
    struct text shape; /* by what a PostgreSQL table's rows are read; empty: that could change unseen */
};

struct table_sums {
    struct table_sum *tables; /* by name */
    size_t count, capacity;
    int64_t rows;           /* of all */
    int64_t schema_version; /* the last file of the tenant schema that it has run */
};

/* Of what the connection's transaction sees. On PostgreSQL the connection is the tenant's own: planning a
 * query may run a function that an index of his names. */
struct table_baseline;
struct summing {
    bool passing;                   /* told faster, to be compared at once: backups remember the other form */
    const struct copy_watch *watch; /* NULL: it is not given up */
    const struct table_baseline
        *since; /* NULL, or what was told before: only what was written since is read */
};
/* On PostgreSQL the transaction sees one moment if it was begun so; nobody writes in it. */
[[nodiscard]] bool table_sums_begin(struct db *db, struct error *error);
[[nodiscard]] bool table_sums_take(struct db *db, struct arena *arena, const struct summing *summing,
                                   struct table_sums *sums, struct error *error);
/* `conflict`, naming the first table that differs. */
[[nodiscard]] bool table_sums_compare(const struct table_sums *expected, const struct table_sums *found,
                                      struct error *error);

void table_sums_add(struct table_sums *sums, struct arena *arena, struct table_sum sum);

/* table_sums_sqlite.c */
[[nodiscard]] bool sqlite_sum_tables(struct db *db, struct arena *arena, const struct copy_watch *watch,
                                     struct table_sums *sums, struct error *error);

/* What the files of usage share. */
#pragma once
#include "usage/ledger.h"
#include "usage/usage_row.h"
#include <pthread.h>

struct usage {
    char node[UUID_LENGTH + 1]; /* tells this process's words from those of others */
    pthread_mutex_t lock;
    pthread_cond_t due;
    struct ledger fresh;
    int64_t answers; /* since usage_wait last returned */
    bool stopping;

    pthread_mutex_t writing; /* who holds it writes what was taken over, from `written` on */
    struct ledger taken_over;
    size_t written;
};

/* In a transaction: other nodes read the counts of these tenants again. */
[[nodiscard]] bool usage_tell(struct work *work, const struct text *ids, size_t count);
/* At most USAGE_ROWS_MAX lines, in a transaction of their own, told to the directory and to other nodes;
 * *is_over: they are not to be written again. */
[[nodiscard]] bool usage_write_lines(struct work *work, const struct ledger_line *lines, size_t count,
                                     bool *is_over);
[[nodiscard]] bool usage_begin_months(struct work *work);
[[nodiscard]] bool usage_measure_storage(struct work *work);
[[nodiscard]] bool usage_count_active(struct work *work);
/* What the database told of a tenant's counts goes to the directory. */
void usage_learn(struct work *work, struct text tenant_id, const struct usage_row *row);

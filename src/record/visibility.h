/* Who sees and sets what: decided here alone, for replies, filters, exports, audit records, forms and the
 * matrix. */
#pragma once
#include "model/table.h"

enum { COLUMNS_MAX = 128 };

struct column_set {
    uint64_t bits[COLUMNS_MAX / 64];
};
static inline bool column_set_has(const struct column_set *set, size_t i)
{
    return set->bits[i / 64] >> i % 64 & 1;
}
static inline void column_set_add(struct column_set *set, size_t i)
{
    set->bits[i / 64] |= UINT64_C(1) << i % 64;
}

static inline bool column_set_is_empty(const struct column_set *set)
{
    uint64_t any = 0;
    for (size_t i = 0; i < sizeof set->bits / sizeof *set->bits; i++)
        any |= set->bits[i];
    return any == 0;
}

bool column_visible(const struct column *column, enum role reader);
/* For CREATE or UPDATE, by a role that may do it at all. */
bool column_settable(const struct table *table, const struct column *column, enum action action,
                     enum role writer);
bool table_may(const struct table *table, enum action action, enum role role);
/* Columns that the role sees; `fields` may narrow it further. */
struct column_set columns_visible(const struct table *table, enum role reader);

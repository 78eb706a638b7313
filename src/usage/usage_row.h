/* The counts of a tenant as they stand in the database. */
#pragma once
#include "directory/tenant_use.h"
#include "record/work.h"
#include "usage/ledger.h"

struct usage_row {
    uint64_t ticket; /* taken before it was read */
    int64_t used[LIMIT_COUNT], allowed[LIMIT_COUNT];
    int32_t month;
    bool found;
    bool is_active;
    struct text level;
};

/* In a transaction: adds the line's counts to the month's and the day's. Not found: the tenant is in a later
 * month, whose counts these are not. */
[[nodiscard]] bool usage_row_add(struct work *work, const struct ledger_line *line, struct usage_row *row);

/* The same of one limit, if that then is not over what it allows, less `reserved`. Not found: it would be. */
[[nodiscard]] bool usage_row_claim(struct work *work, struct text tenant_id, const struct use_taken *taken,
                                   int64_t reserved, struct usage_row *row);

/* Outside of a transaction too: at most USAGE_ROWS_MAX of them; the id stands first. */
enum { USAGE_ROWS_MAX = 100 };
[[nodiscard]] bool usage_rows_read(struct work *work, const struct text *ids, size_t count,
                                   void (*each)(struct work *work, struct text id,
                                                const struct usage_row *row));

/* Warnings at 80 and 100 % of a limit: once each a month, of users and storage once each time they come so
 * far. */
#pragma once
#include "directory/tenant_use.h"
#include "record/work.h"

/* In the transaction that has moved the count, and so holds the tenant's row: nobody else warns meanwhile. */
[[nodiscard]] bool usage_warn(struct work *work, struct text tenant_id, enum tenant_limit limit, int64_t used,
                              int64_t allowed, int32_t month);

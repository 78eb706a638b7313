/* Which service a tenant gets, by decision: with a reason, and with a promise of how long and what then. */
#pragma once
#include "model/model.h"
#include "record/work.h"

/* In a transaction, with its audit record and its event. */
[[nodiscard]] bool tenant_set_level(struct work *work, struct text tenant_id, const struct level_order *order,
                                    struct tenant *after);

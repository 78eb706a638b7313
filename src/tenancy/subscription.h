/* A tenant's subscription, as far as the tenant's life goes:
 * begun with it, ended and taken up again with it. */
#pragma once
#include "model/model.h"
#include "record/work.h"

/* All in a transaction. A tenant without a subscription (imported, or not sold) passes through them
 * unchanged. */

/* Monthly; a trial lasts until trial_ends_at, where that is set. */
[[nodiscard]] bool subscription_begin(struct work *work, const struct tenant *tenant,
                                      const struct plan *plan);

[[nodiscard]] bool subscription_cancel(struct work *work, struct text tenant_id, struct text reason);

/* Notes (or takes back) that it ends with its period, and leaves when that is; null: there is none. */
[[nodiscard]] bool subscription_set_ending(struct work *work, struct text tenant_id, bool ending,
                                           struct text reason, struct value *period_end);

/* What was cancelled goes on, in the status that the tenant has; a period that is over begins anew. */
[[nodiscard]] bool subscription_resume(struct work *work, const struct tenant *tenant);

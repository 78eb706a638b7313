/* What operators do to a host: take it in or out of use, and see whether it answers. */
#pragma once
#include "model/model.h"
#include "queue/periodic.h"

/* In a transaction. Only an active host takes new databases; those that are on it stay. */
[[nodiscard]] bool host_set_status(struct work *work, const struct database_host *host,
                                   enum host_status status, struct database_host *after);

/* Outside of any transaction: asks the host and writes down how it answered. A host that does not is no
 * failure of the check. */
[[nodiscard]] bool host_check(struct work *work, struct database_host *host);

extern const struct periodic hosting_periodics[];

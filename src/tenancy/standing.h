/* What follows from a tenant's row, whatever changed it: is it active, which service does it get, and does
 * the role of its database have to follow. */
#pragma once
#include "model/model.h"
#include "record/work.h"

/* In a transaction: writes the changes together with what follows from them. */
[[nodiscard]] bool tenant_change(struct work *work, const struct tenant *before, struct tenant *changes,
                                 struct tenant *after);

/* In a transaction, after a change of the row: asks for the job that brings the role of its database to it,
 * where that changes. */
[[nodiscard]] bool tenant_role_follows(struct work *work, const struct tenant *before,
                                       const struct tenant *after);

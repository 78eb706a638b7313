/* A plan says what the roles of its tenants' databases may. What it says anew reaches them by a job. */
#pragma once
#include "record/work.h"

/* The update of plans, in place of the store's alone. */
[[nodiscard]] bool plan_update(struct work *work, const struct value *before, struct value *changes,
                               struct value *after);

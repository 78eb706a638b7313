/* Tells a tenant's administrators that it came near a limit, or to it. */
#pragma once
#include "model/model.h"
#include "record/work.h"

/* In a transaction; the warning is a whole row. */
[[nodiscard]] bool usage_letter_send(struct work *work, const struct usage_warning *warning);

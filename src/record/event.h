/* The outbox: a row for every change, in its transaction. It carries what changed, never content. */
#pragma once
#include "model/table.h"
#include "record/work.h"

/* `type` is "tenant.created", "tenant.suspended" …: the row's name and a past participle. */
[[nodiscard]] bool event_add(struct work *work, const char *type, const struct table *table,
                             const struct value *row);

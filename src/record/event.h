/* The outbox: a row for every change, in its transaction. It carries what changed, never content. */
#pragma once
#include "model/table.h"
#include "record/work.h"

/* `type` is "tenant.created", "tenant.suspended" …: the row's name and a past participle. */
[[nodiscard]] bool event_add(struct work *work, const char *type, const struct table *table,
                             const struct value *row);
/* Of a row that has changed: `saw` are roles who hear of it even where they see it no more. */
[[nodiscard]] bool event_add_seen(struct work *work, const char *type, const struct table *table,
                                  const struct value *row, unsigned saw);
/* The roles that see the row as it stands in the database; 0 where no change of the row could hide it. */
[[nodiscard]] bool event_who_sees(struct work *work, const struct table *table, const struct value *row,
                                  unsigned *roles);

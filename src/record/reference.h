/* Do the rows exist that a row refers to? Asked before writing, since SQLite does not name a failed
 * reference. */
#pragma once
#include "model/table.h"
#include "record/work.h"

/*
 * Looks at the references among `changes`; `row` is the row as it will be. What a client may set must be
 * visible to the actor, and of the row's own tenant. Missing ones are `no_such_reference` at their columns.
 */
[[nodiscard]] bool reference_check(struct work *work, const struct table *table, const struct value *row,
                                   const struct value *changes);

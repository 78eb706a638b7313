/*
 * What the control plane's own database is made of, beside what the model makes of an empty one. The ledger
 * of migrate tells what was made; here the database itself is asked what is there.
 */
#pragma once
#include "hosting/schema_differences.h"
#include "model/table.h"

/* On PostgreSQL the empty one is a schema, in a transaction that is undone: not every role may make one. */
[[nodiscard]] bool control_schema_may_compare(struct db *owner, struct arena *arena, bool *may,
                                              struct error *error);
[[nodiscard]] bool control_schema_compare(struct db *owner, struct arena *arena,
                                          const struct table *const *tables,
                                          struct schema_differences *differences, struct error *error);

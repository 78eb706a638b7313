/*
 * What the serving role may do, where another role owns the tables (PostgreSQL): read and write rows, add to
 * APPENDED tables, change nothing of the schema.
 */
#pragma once
#include "sql/db.h"

/* By the owner, after migrate_run. On SQLite there are no roles, and this does nothing. */
[[nodiscard]] bool schema_grant(struct db *owner, struct arena *arena, struct text role, struct error *error);

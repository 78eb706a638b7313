/* Folds the companion column `search` of every row anew, for migrations. */
#pragma once
#include "model/table.h"
#include "sql/db.h"

/* In pieces: each page of rows in a transaction of its own, so that nobody waits long for a row. */
[[nodiscard]] bool search_fill(struct db *db, const struct table *table, bool in_pieces, struct error *error);

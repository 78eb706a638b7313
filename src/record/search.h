/* What lists search in: the companion column `search` of tables with SEARCHED columns. */
#pragma once
#include "base/arena.h"
#include "model/table.h"

/* Raised when search_fold gives another text than it gave: the next start then folds every row anew. */
enum { SEARCH_FOLDING = 2 };

/* Unicode case folding with marks removed, as in that column. */
struct text search_fold(struct arena *arena, struct text text);
/* What the column holds for a row: its SEARCHED columns, folded. */
struct text search_of_row(struct arena *arena, const struct table *table, const struct value *cells);

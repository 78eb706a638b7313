/* What the walkers ask of any row. */
#pragma once
#include "base/arena.h"
#include "model/table.h"

/* Do the two say the same in this column? PostgreSQL gives JSON back in its own spelling. */
bool row_same(struct arena *arena, const struct column *column, struct value a, struct value b);

/* Whose row it is: NULL where it is nobody's, absent where the table has no tenants. */
struct value row_tenant(const struct table *table, const struct value *row);
/* Whose personal data it holds: the person's id, else the tenant's; empty where it is nobody's. */
struct text row_subject(const struct table *table, const struct value *row);

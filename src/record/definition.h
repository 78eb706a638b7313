/* What a column's, check's or index's definition in the ledger says: ddl.c wrote it, so its form is known. */
#pragma once
#include "base/text.h"

struct text definition_type(struct text column); /* "bigint", "text COLLATE \"C\"" */
/* "'trial'", as SQL writes it; empty: none (on PostgreSQL). */
struct text definition_default(struct text column);
bool definition_is_required(struct text column);
bool definition_is_key(struct text column);

/* The next CHECK's condition, without its parentheses; *rest goes behind it. False: no more. */
bool definition_next_check(struct text *rest, struct text *condition);
/* The keys of an index, between the parentheses; and its condition, empty: none. */
struct text definition_keys(struct text index);
struct text definition_where(struct text index);

/* The five calls that every table offers: list, read, create, change, remove. */
#pragma once
#include "api/route.h"

extern const size_t record_call_count; /* kinds of calls: 5 */

/* Describes the table's call number i; false where no role may make it. */
bool record_route(const struct table *table, size_t i, struct arena *arena, struct route *route);

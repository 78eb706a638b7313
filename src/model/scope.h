/*
 * What an API key may be made for: a named scope, which is a few routes ("directory"), or the rows of a
 * table, to be read ("tenants:read") or to be changed as well ("tenants:write").
 */
#pragma once
#include "model/table.h"

enum { SCOPE_WORDS = 5 };

struct scopes {
    uint64_t bits[SCOPE_WORDS];
};

/* False: there is no such scope. */
bool scopes_add(struct scopes *scopes, struct text scope);
bool scopes_have(const struct scopes *scopes, struct text scope);
bool scopes_reach(const struct scopes *scopes, const struct table *table, bool writes);

/* Without the named ones that somebody of this role may not give; of tables the role itself is the bound. */
void scopes_shrink(struct scopes *scopes, enum role maker);

/* May somebody of this role give it to a key? `confined`: a key for tenants, which may no more than
 * their administrators. */
bool scope_possible(struct text scope, enum role maker, bool confined);

#include "model/scope.h"
#include "model/model.h"
#include <assert.h>

/* Those that are named, and who may give them. */
static const struct named_scope {
    const char *name;
    unsigned givers;
} named_scopes[] = {
    { "directory", SUPER_ADMIN },
    { "consume", SUPER_ADMIN },
    { "metrics", SUPER_ADMIN },
    { "events", SIGNED_IN },
};
enum { NAMED_COUNT = sizeof named_scopes / sizeof *named_scopes, NONE = -1 };

/* "tenants:write" as its parts. How people and machines get in no machine changes. */
static const struct table *table_of(struct text scope, bool *writes)
{
    struct text action = scope;
    const struct table *table = table_named(text_cut(&action, ':'));
    *writes = text_is(action, "write");
    bool possible = table && !(table->is & (INNER | SHAPE)) && (*writes || text_is(action, "read"));
    return possible && !(*writes && (table->is & CREDENTIALS)) ? table : NULL;
}

static int index_of_table(const struct table *table, bool writes)
{
    int i = 0;
    while (all_tables[i] && all_tables[i] != table)
        i++;
    int index = NAMED_COUNT + 2 * i + writes;
    assert(index < SCOPE_WORDS * 64);
    return index;
}

/* A named one first: that is what the routes for machines ask for, with each request. */
static int index_of(struct text scope)
{
    for (int i = 0; i < NAMED_COUNT; i++)
        if (text_is(scope, named_scopes[i].name))
            return i;
    bool writes;
    const struct table *table = table_of(scope, &writes);
    return table ? index_of_table(table, writes) : NONE;
}

static bool has(const struct scopes *scopes, int index)
{
    return index != NONE && scopes->bits[index / 64] >> index % 64 & 1;
}

bool scopes_add(struct scopes *scopes, struct text scope)
{
    int index = index_of(scope);
    if (index != NONE)
        scopes->bits[index / 64] |= UINT64_C(1) << index % 64;
    return index != NONE;
}

bool scopes_have(const struct scopes *scopes, struct text scope)
{
    return has(scopes, index_of(scope));
}

bool scopes_reach(const struct scopes *scopes, const struct table *table, bool writes)
{
    return has(scopes, index_of_table(table, true)) || (!writes && has(scopes, index_of_table(table, false)));
}

void scopes_shrink(struct scopes *scopes, enum role maker)
{
    for (int i = 0; i < NAMED_COUNT; i++)
        if (!(named_scopes[i].givers & maker))
            scopes->bits[0] &= ~(UINT64_C(1) << i);
}

bool scope_possible(struct text scope, enum role maker, bool confined)
{
    bool writes;
    const struct table *table = table_of(scope, &writes);
    for (int i = 0; i < NAMED_COUNT; i++)
        if (text_is(scope, named_scopes[i].name))
            return named_scopes[i].givers & maker;
    if (!table)
        return false;
    unsigned may = writes ? table->may[CREATE] | table->may[UPDATE] | table->may[DELETE] : table->may[READ];
    return (may & maker) && (!confined || (may & TENANT_ADMIN));
}

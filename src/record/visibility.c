#include "record/visibility.h"
#include <assert.h>

/* Who is not signed in sees no more than the role that sees least. */
static unsigned restrained(enum role reader)
{
    return reader & SIGNED_IN ? (unsigned)reader : SIGNED_IN;
}

bool column_visible(const struct column *column, enum role reader)
{
    return !(column->is & (SECRET | WRITE_ONLY | BESIDE)) && !(column->hidden_from & restrained(reader));
}

bool column_settable(const struct table *table, const struct column *column, enum action action,
                     enum role writer)
{
    unsigned closed = KEY | COMPUTED | (action == UPDATE ? FIXED | WRITE_ONLY : 0);
    if (table->is & SHAPE)
        closed = COMPUTED;
    return !(column->is & closed) && !(column->hidden_from & writer)
        && (column->set_by == 0 || (column->set_by & writer));
}

bool table_may(const struct table *table, enum action action, enum role role)
{
    return table->may[action] & role;
}

struct column_set columns_visible(const struct table *table, enum role reader)
{
    assert(table->width <= COLUMNS_MAX);
    struct column_set columns = {};
    for (size_t i = 0; i < table->width; i++)
        if (column_visible(&table->columns[i], reader))
            column_set_add(&columns, i);
    return columns;
}

#include "record/reference.h"
#include "record/row.h"
#include "record/sql_text.h"
#include <stdio.h>

static bool is_asked(const struct table *table, const struct value *row, const struct value *changes,
                     size_t i)
{
    const struct column *column = &table->columns[i];
    if (!column->references || !value_is_set(changes[i]))
        return false;
    return column->references != table || !value_equal(changes[i], row[0]); /* a row may refer to itself */
}

static void add_question(struct sql_text *sql, const struct work *work, const struct column *column,
                         struct value reference, struct value tenant)
{
    const struct table *table = column->references;
    buffer_print(&sql->text, "EXISTS (SELECT 1 FROM %s WHERE id = ", table->name);
    sql_bind(sql, reference);
    if (!(column->is & COMPUTED)) { /* what the server sets, it may set across the wall */
        wall_add(sql, &work->actor, table);
        if (value_is_set(tenant) && table->tenant) {
            const char *owner = column_at(table, table->tenant)->name;
            buffer_print(&sql->text, " AND (%s = ", owner);
            sql_bind(sql, tenant);
            buffer_print(&sql->text, " OR %s IS NULL)", owner);
        }
    }
    sql_add(sql, ")");
}

static void tell_missing(struct work *work, const struct column *column)
{
    char pointer[POINTER_MAX];
    snprintf(pointer, sizeof pointer, "/%s", column->name);
    (void)fail_at(&work->error, pointer, ERROR_no_such_reference, "%s", column->references->row_name);
}

bool reference_check(struct work *work, const struct table *table, const struct value *row,
                     const struct value *changes)
{
    struct sql_text sql;
    sql_begin(&sql, work->arena);
    sql_add(&sql, "SELECT ");
    bool is_tenants = table->tenant && (column_at(table, table->tenant)->is & KEY);
    struct value tenant = is_tenants ? value_null() : row_tenant(table, row);
    size_t asked = 0;
    for (size_t i = 0; i < table->width; i++)
        if (is_asked(table, row, changes, i)) {
            sql_add(&sql, asked++ ? ", " : "");
            add_question(&sql, work, &table->columns[i], changes[i], tenant);
        }
    if (asked == 0)
        return true;

    struct result result;
    if (!sql_run(work, &sql, &result))
        return false;
    const struct value *answer = result.cells;
    bool all = true;
    for (size_t i = 0; i < table->width; i++)
        if (is_asked(table, row, changes, i) && !cell_boolean(*answer++)) {
            tell_missing(work, &table->columns[i]);
            all = false;
        }
    return all;
}

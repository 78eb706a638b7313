#include "record/expansion.h"
#include "record/sql_text.h"

struct text expansion_name(const struct column *column)
{
    struct text name = text_from(column->name);
    return text_ends(name, TEXT("_id")) ? text_slice(name, 0, name.length - sizeof "_id" + 1) : name;
}

bool expansion_possible(const struct column *column, enum role role)
{
    return column->type == TYPE_reference && !(column->references->is & INNER)
        && table_may(column->references, READ, role) && column_visible(column, role);
}

/* "WHERE id IN (…)": each id once; false: there is none. */
static bool add_ids(struct sql_text *sql, const struct value *rows, size_t width, size_t count, size_t at)
{
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        struct value id = rows[i * width + at];
        bool known = !value_is_set(id);
        for (size_t before = 0; before < sql->parameter_count && !known; before++)
            known = value_equal(sql->parameters[before], id);
        if (known)
            continue;
        sql_add(sql, any ? ", " : " WHERE id IN (");
        sql_bind(sql, id);
        any = true;
    }
    sql_add(sql, ")");
    return any;
}

static bool read_one(struct work *work, const struct table *table, size_t at, const struct value *rows,
                     size_t count, struct expansion *expansion)
{
    const struct column *column = &table->columns[at];
    const struct table *other = column->references;
    *expansion = (struct expansion){ .column = column, .columns = columns_visible(other, work->actor.role) };
    struct sql_text sql;
    struct result result;
    sql_begin(&sql, work->arena);
    sql_select(&sql, other);
    if (!add_ids(&sql, rows, table->width, count, at))
        return true;
    wall_add(&sql, &work->actor, other);
    if (!sql_run(work, &sql, &result))
        return false;
    expansion->rows = arena_array(work->arena, struct value, result.row_count * other->width);
    expansion->count = result.row_count;
    for (size_t i = 0; i < result.row_count; i++)
        row_read(other, result_row(&result, i), expansion->rows + i * other->width);
    return true;
}

bool expansions_read(struct work *work, const struct table *table, const struct column_set *columns,
                     const struct value *rows, size_t count, struct expansions *expansions)
{
    expansions->count = 0;
    for (size_t i = 0; i < table->width; i++)
        if (column_set_has(columns, i)
            && !read_one(work, table, i, rows, count, &expansions->list[expansions->count++]))
            return false;
    return true;
}

const struct value *expansion_of(const struct expansions *expansions, const struct column *column,
                                 struct value reference, const struct expansion **expansion)
{
    for (size_t i = 0; expansions && i < expansions->count; i++) {
        *expansion = &expansions->list[i];
        size_t width = column->references ? column->references->width : 0;
        for (size_t row = 0; (*expansion)->column == column && row < (*expansion)->count; row++)
            if (value_equal((*expansion)->rows[row * width], reference))
                return (*expansion)->rows + row * width;
    }
    return NULL;
}

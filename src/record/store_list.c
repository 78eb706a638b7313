/* Lists: filters, search, and pages that stay true while rows come and go. */
#include "record/sql_text.h"
#include "record/store.h"

static const char *const comparisons[] = {
    [COMPARISON_eq] = " = ", [COMPARISON_ne] = " IS DISTINCT FROM ",
    [COMPARISON_gt] = " > ", [COMPARISON_gte] = " >= ",
    [COMPARISON_lt] = " < ", [COMPARISON_lte] = " <= ",
};

static void add_filter(struct sql_text *sql, const struct filter *filter)
{
    buffer_print(&sql->text, " AND %s", filter->column->name);
    switch (filter->comparison) {
    case COMPARISON_null:
        sql_add(sql, value_is_true(filter->values[0]) ? " IS NULL" : " IS NOT NULL");
        return;
    case COMPARISON_in:
        for (size_t i = 0; i < filter->value_count; i++) {
            sql_add(sql, i ? ", " : " IN (");
            sql_bind(sql, filter->values[i]);
        }
        sql_add(sql, ")");
        return;
    default: sql_add(sql, comparisons[filter->comparison]); sql_bind(sql, filter->values[0]);
    }
}

/* "%text%", where the text's own wildcards stand for themselves. */
static struct text search_pattern(struct arena *arena, struct text search)
{
    struct buffer pattern = { .arena = arena };
    buffer_add_byte(&pattern, '%');
    for (size_t i = 0; i < search.length; i++) {
        if (search.data[i] == '%' || search.data[i] == '_' || search.data[i] == '\\')
            buffer_add_byte(&pattern, '\\');
        buffer_add_byte(&pattern, search.data[i]);
    }
    buffer_add_byte(&pattern, '%');
    return pattern.text;
}

/* " WHERE …": the rows that the list is of, without its pages. */
static void add_conditions(struct sql_text *sql, const struct work *work, const struct query *query)
{
    sql_add(sql, " WHERE TRUE");
    wall_add(sql, &work->actor, query->table);
    for (size_t i = 0; i < query->filter_count; i++)
        add_filter(sql, &query->filters[i]);
    if (query->search.length > 0) {
        sql_add(sql, " AND search LIKE ");
        sql_bind(sql, value_text(search_pattern(work->arena, query->search)));
        sql_add(sql, " ESCAPE '\\'");
    }
}

/*
 * A page lies in one or two stretches of the index: NULLs are the smallest, so rising lists begin with them
 * and falling ones end with them, and a row comparison knows nothing of them.
 */
enum stretch { STRETCH_ALL, STRETCH_VALUES, STRETCH_VALUES_BEHIND, STRETCH_NULLS, STRETCH_NULLS_BEHIND };

static const struct column *sort_of(const struct query *query)
{
    return query->sort && !(query->sort->is & KEY) ? query->sort : NULL; /* id decides anyway */
}

struct stretches {
    enum stretch list[2];
    size_t count;
};

static struct stretches stretches_of(const struct query *query)
{
    if (!query->after)
        return (struct stretches){ { STRETCH_ALL }, 1 };
    if (!sort_of(query) || (query->sort->is & REQUIRED))
        return (struct stretches){ { STRETCH_VALUES_BEHIND }, 1 };
    if (query->cursor_value.kind == VALUE_NULL)
        return query->descending ? (struct stretches){ { STRETCH_NULLS_BEHIND }, 1 }
                                 : (struct stretches){ { STRETCH_NULLS_BEHIND, STRETCH_VALUES }, 2 };
    return query->descending ? (struct stretches){ { STRETCH_VALUES_BEHIND, STRETCH_NULLS }, 2 }
                             : (struct stretches){ { STRETCH_VALUES_BEHIND }, 1 };
}

static void add_stretch(struct sql_text *sql, const struct query *query, enum stretch stretch)
{
    const char *sort = sort_of(query) ? query->sort->name : NULL, *behind = query->descending ? "<" : ">";
    if (stretch == STRETCH_NULLS || stretch == STRETCH_NULLS_BEHIND)
        buffer_print(&sql->text, " AND %s IS NULL", sort);
    if (stretch == STRETCH_VALUES)
        buffer_print(&sql->text, " AND %s IS NOT NULL", sort);
    if (stretch == STRETCH_NULLS_BEHIND || (stretch == STRETCH_VALUES_BEHIND && !sort)) {
        buffer_print(&sql->text, " AND id %s ", behind);
        sql_bind(sql, value_text(query->cursor_id));
    } else if (stretch == STRETCH_VALUES_BEHIND) {
        buffer_print(&sql->text, " AND (%s, id) %s (", sort, behind);
        sql_bind(sql, query->cursor_value);
        sql_add(sql, ", ");
        sql_bind(sql, value_text(query->cursor_id));
        sql_add(sql, ")");
    }
}

/* The order of the index, or its reverse: said with its NULLs, since PostgreSQL's own habit is another. */
static void add_order(struct sql_text *sql, const struct query *query, enum stretch stretch)
{
    const char *direction = query->descending ? "DESC" : "ASC", *nulls = query->descending ? "LAST" : "FIRST";
    sql_add(sql, " ORDER BY ");
    if (sort_of(query) && stretch != STRETCH_NULLS && stretch != STRETCH_NULLS_BEHIND)
        buffer_print(&sql->text, "%s %s NULLS %s, ", query->sort->name, direction, nulls);
    buffer_print(&sql->text, "id %s LIMIT ", direction);
}

static bool read_stretch(struct work *work, const struct query *query, enum stretch stretch, size_t limit,
                         struct page *page)
{
    struct sql_text sql;
    sql_begin(&sql, work->arena);
    sql_select(&sql, query->table);
    add_conditions(&sql, work, query);
    add_stretch(&sql, query, stretch);
    add_order(&sql, query, stretch);
    sql_bind(&sql, value_integer((int64_t)(limit - page->count)));

    struct result result;
    if (!sql_run(work, &sql, &result))
        return false;
    for (size_t i = 0; i < result.row_count; i++)
        row_read(query->table, result_row(&result, i), page_row(page, query->table, page->count++));
    return true;
}

static bool count_rows(struct work *work, const struct query *query, int64_t *total)
{
    struct sql_text sql;
    sql_begin(&sql, work->arena);
    buffer_print(&sql.text, "SELECT count(*) FROM %s", query->table->name);
    add_conditions(&sql, work, query);
    struct result result;
    if (!sql_run(work, &sql, &result))
        return false;
    *total = cell_integer(result.cells[0]);
    return true;
}

bool store_list(struct work *work, const struct query *query, struct page *page)
{
    size_t limit = (size_t)query->limit, wanted = limit + 1; /* one more shows whether there is a next page */
    struct page found = { .rows = arena_array(work->arena, struct value, wanted * query->table->width) };

    struct stretches stretches = stretches_of(query);
    for (size_t i = 0; i < stretches.count && found.count < wanted; i++)
        if (!read_stretch(work, query, stretches.list[i], wanted, &found))
            return false;
    if (query->count && !count_rows(work, query, &found.total))
        return false;

    if (found.count == wanted) {
        found.count = limit;
        found.next_cursor = query_cursor(work, query, page_row(&found, query->table, limit - 1));
    }
    *page = found;
    return true;
}

#include "base/percent.h"
#include "model/model.h"
#include "record/expansion.h"
#include "record/query_reader.h"
#include "record/reach.h"
#include "record/search.h"
#include <stdarg.h>
#include <stdio.h>

const char *const comparison_names[COMPARISON_COUNT] = {
    [COMPARISON_eq] = "eq", [COMPARISON_ne] = "ne",   [COMPARISON_gt] = "gt", [COMPARISON_gte] = "gte",
    [COMPARISON_lt] = "lt", [COMPARISON_lte] = "lte", [COMPARISON_in] = "in", [COMPARISON_null] = "null",
};

bool query_fault(struct query_reader *reader, struct text name, enum error_code code, const char *format, ...)
{
    struct error *error = &reader->work->error;
    char about[ABOUT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(about, sizeof about, format, arguments);
    va_end(arguments);
    if (error->code == ERROR_none)
        fail(error, ERROR_invalid_query, "");
    return fail_at(error, arena_string(reader->work->arena, text_head(name, POINTER_MAX - 1)), code, "%s",
                   about);
}

const struct column *query_column(const struct query_reader *reader, struct text name)
{
    const struct column *column = column_named(reader->query->table, name);
    return column && column_visible(column, reader->work->actor.role) ? column : NULL;
}

static bool read_limit(struct query_reader *reader, struct text name, struct text value)
{
    int64_t limit;
    if (!text_to_integer(value, &limit) || limit < 1 || limit > LIMIT_MAX)
        return query_fault(reader, name, ERROR_malformed_value, "a whole number from 1 to %d", LIMIT_MAX);
    reader->query->limit = (int)limit;
    return true;
}

static bool read_boolean(struct query_reader *reader, struct text name, struct text text, bool *boolean)
{
    if (!text_is(text, "true") && !text_is(text, "false"))
        return query_fault(reader, name, ERROR_malformed_value, "%s", types[TYPE_boolean].article);
    *boolean = text_is(text, "true");
    return true;
}

static bool read_count(struct query_reader *reader, struct text name, struct text value)
{
    return read_boolean(reader, name, value, &reader->query->count);
}

static bool is_sortable(const struct column *column)
{
    return column_is_stored(column) && (column->is & (KEY | INDEXED | UNIQUE));
}

static const char *list_sortable(const struct query_reader *reader)
{
    struct buffer list = { .arena = reader->work->arena };
    const struct table *table = reader->query->table;
    for (size_t i = 0; i < table->width; i++)
        if (is_sortable(&table->columns[i]) && column_visible(&table->columns[i], reader->work->actor.role))
            buffer_print(&list, "%s%s", list.length ? ", " : "", table->columns[i].name);
    return list.data;
}

static bool read_sort(struct query_reader *reader, struct text name, struct text value)
{
    bool descending = text_starts(value, TEXT("-"));
    const struct column *column = query_column(reader, text_slice(value, descending, value.length));
    if (!column)
        return query_fault(reader, name, ERROR_unknown_column, "");
    if (!is_sortable(column))
        return query_fault(reader, name, ERROR_not_sortable, "%s", list_sortable(reader));
    reader->query->sort = column;
    reader->query->descending = descending;
    return true;
}

static bool read_search(struct query_reader *reader, struct text name, struct text value)
{
    if (!table_is_searched(reader->query->table))
        return query_fault(reader, name, ERROR_unknown_parameter, "");
    if (text_count_points(value) > SEARCH_MAX)
        return query_fault(reader, name, ERROR_too_long, "%d", SEARCH_MAX);
    reader->query->search = search_fold(reader->work->arena, value);
    return true;
}

static bool read_fields(struct query_reader *reader, struct text name, struct text value)
{
    struct column_set columns = {};
    bool good = value.length > 0;
    if (!good)
        return query_fault(reader, name, ERROR_malformed_value, "names of columns, separated by commas");
    while (value.length > 0) {
        const struct column *column = query_column(reader, text_cut(&value, ','));
        if (column)
            column_set_add(&columns, column_index(reader->query->table, column));
        else
            good = query_fault(reader, name, ERROR_unknown_column, "");
    }
    if (good)
        reader->query->columns = columns;
    return good;
}

static bool is_expandable(const struct query_reader *reader, const struct column *column)
{
    const struct actor *actor = &reader->work->actor;
    return expansion_possible(column, actor->role) && actor_reaches(actor, column->references, false);
}

static const char *list_expandable(const struct query_reader *reader)
{
    struct buffer list = { .arena = reader->work->arena };
    const struct table *table = reader->query->table;
    for (size_t i = 0; i < table->width; i++)
        if (is_expandable(reader, &table->columns[i]))
            buffer_print(&list, "%s%.*s", list.length ? ", " : "",
                         TEXT_ARG(expansion_name(&table->columns[i])));
    return list.length > 0 ? list.data : "-";
}

static bool expand_one(struct query_reader *reader, struct text name)
{
    const struct table *table = reader->query->table;
    for (size_t i = 0; i < table->width; i++)
        if (is_expandable(reader, &table->columns[i])
            && text_equal(expansion_name(&table->columns[i]), name)) {
            column_set_add(&reader->query->expanded, i);
            return true;
        }
    return false;
}

static bool read_expand(struct query_reader *reader, struct text name, struct text value)
{
    int count = 0;
    do {
        if (++count > EXPANSIONS_MAX)
            return query_fault(reader, name, ERROR_too_many, "%d", EXPANSIONS_MAX);
        struct text one = text_cut(&value, ',');
        if (!expand_one(reader, one))
            return query_fault(reader, name, ERROR_not_expandable, "%s", list_expandable(reader));
    } while (value.length > 0);
    return true;
}

/* Read once all that it is bound to is known. */
static bool keep_cursor(struct query_reader *reader, struct text name, struct text value)
{
    (void)name;
    reader->cursor = value;
    return true;
}

static const struct parameter {
    const char *name;
    bool (*read)(struct query_reader *reader, struct text name, struct text value);
    bool of_single; /* allowed where one row is read, too */
} parameters[] = {
    { "limit", read_limit },   { "sort", read_sort },           { "q", read_search },
    { "count", read_count },   { "fields", read_fields, true }, { "expand", read_expand, true },
    { "cursor", keep_cursor },
};

static const struct parameter *parameter_named(struct text name)
{
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
        if (text_is(name, parameters[i].name))
            return &parameters[i];
    return NULL;
}

static bool read_parameter(struct query_reader *reader, struct text name, struct text value)
{
    const struct parameter *parameter = parameter_named(name);
    if (!parameter && !reader->single)
        return query_read_filter(reader, name, value);
    if (!parameter || (reader->single && !parameter->of_single))
        return query_fault(reader, name, ERROR_unknown_parameter, "");
    unsigned bit = 1u << (parameter - parameters);
    if (reader->given & bit)
        return query_fault(reader, name, ERROR_given_twice, "");
    reader->given |= bit;
    return parameter->read(reader, name, value);
}

static bool read_pair(struct query_reader *reader, struct text pair)
{
    struct arena *arena = reader->work->arena;
    struct text name;
    if (!percent_decode(arena, text_cut(&pair, '='), true, &name))
        return query_fault(reader, TEXT("?"), ERROR_malformed, "");
    if (!percent_decode(arena, pair, true, &pair))
        return query_fault(reader, name, ERROR_malformed, "");
    return read_parameter(reader, name, pair);
}

bool query_read(struct work *work, const struct table *table, struct text text, bool single,
                struct query *query)
{
    struct query read = { .table = table,
                          .limit = LIMIT_DEFAULT,
                          .columns = columns_visible(table, work->actor.role) };
    struct query_reader reader = { .work = work, .query = &read, .single = single };
    bool good = true;
    for (int count = 1; text.length > 0; count++) {
        if (count > QUERY_PARAMETERS_MAX)
            return query_fault(&reader, TEXT("?"), ERROR_too_many_parameters, "%d", QUERY_PARAMETERS_MAX);
        struct text pair = text_cut(&text, '&');
        good = (pair.length == 0 || read_pair(&reader, pair)) && good;
    }
    if (!good || (reader.cursor.length > 0 && !query_read_cursor(&reader)))
        return false;
    for (size_t i = 0; i < sizeof read.columns.bits / sizeof *read.columns.bits; i++)
        read.columns.bits[i] |= read.expanded.bits[i]; /* what is expanded is shown */
    *query = read;
    return true;
}

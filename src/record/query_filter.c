#include "record/document_value.h"
#include "record/query_reader.h"

static bool comparison_named(struct text name, enum comparison *comparison)
{
    for (int i = 0; i < COMPARISON_COUNT; i++)
        if (text_is(name, comparison_names[i])) {
            *comparison = (enum comparison)i;
            return true;
        }
    return false;
}

static bool read_value(struct query_reader *reader, struct text name, const struct column *column,
                       struct text text, struct value *value)
{
    struct text spelt = column_spell(reader->work->arena, column, text);
    return column_read_text(column, spelt, value)
        || query_fault(reader, name, ERROR_malformed_value, "%s", types[column->type].article);
}

static bool read_values(struct query_reader *reader, struct text name, const struct column *column,
                        struct text list, struct filter *filter)
{
    size_t count = 1;
    for (size_t i = 0; i < list.length; i++)
        count += list.data[i] == ',';
    if (count > IN_MAX)
        return query_fault(reader, name, ERROR_too_many, "%d", IN_MAX);
    struct value *values = arena_array(reader->work->arena, struct value, count);
    for (size_t i = 0; i < count; i++)
        if (!read_value(reader, name, column, text_cut(&list, ','), &values[i]))
            return false;
    filter->values = values;
    filter->value_count = count;
    return true;
}

static bool read_operand(struct query_reader *reader, struct text name, struct text text,
                         struct filter *filter)
{
    static const struct column yes_or_no = { .name = "null", .type = TYPE_boolean };
    if (filter->comparison == COMPARISON_in)
        return read_values(reader, name, filter->column, text, filter);
    struct value *value = arena_new(reader->work->arena, struct value);
    filter->values = value;
    filter->value_count = 1;
    const struct column *column = filter->comparison == COMPARISON_null ? &yes_or_no : filter->column;
    return read_value(reader, name, column, text, value);
}

static bool is_given(const struct query *query, const struct filter *filter)
{
    for (size_t i = 0; i < query->filter_count; i++)
        if (query->filters[i].column == filter->column && query->filters[i].comparison == filter->comparison)
            return true;
    return false;
}

bool query_read_filter(struct query_reader *reader, struct text name, struct text value)
{
    struct query *query = reader->query;
    struct text rest = name, column = text_cut(&rest, '[');
    bool has_operator = column.length < name.length;
    struct filter filter = { .column = query_column(reader, column), .comparison = COMPARISON_eq };
    if (!filter.column)
        return query_fault(reader, name, has_operator ? ERROR_unknown_column : ERROR_unknown_parameter, "");
    bool known = !has_operator
              || (text_ends(rest, TEXT("]"))
                  && comparison_named(text_slice(rest, 0, rest.length - 1), &filter.comparison));
    if (!known)
        return query_fault(reader, name, ERROR_unknown_operator, "");
    if (!column_is_stored(filter.column) || column_is_json(filter.column))
        return query_fault(reader, name, ERROR_not_filterable, "");
    if (is_given(query, &filter))
        return query_fault(reader, name, ERROR_given_twice, "");
    if (query->filter_count == FILTERS_MAX)
        return query_fault(reader, name, ERROR_too_many_parameters, "%d filters", FILTERS_MAX);
    bool good = read_operand(reader, name, value, &filter);
    query->filters[query->filter_count++] = filter;
    return good;
}

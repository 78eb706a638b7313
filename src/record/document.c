#include "record/document.h"
#include "base/calendar.h"
#include "record/expansion.h"

struct value *record_new(struct arena *arena, const struct table *table)
{
    return arena_array(arena, struct value, table->width);
}

static void add_text(struct buffer *json, const struct column *column, struct text text)
{
    if (column_is_json(column))
        buffer_add(json, text);
    else
        json_add_text(json, text);
}

static void add_time(struct buffer *json, int64_t time_ms)
{
    char text[TIME_TEXT_SIZE];
    buffer_add_byte(json, '"');
    buffer_add(json, calendar_print_time(time_ms, text));
    buffer_add_byte(json, '"');
}

void document_write_value(struct buffer *json, const struct column *column, struct value value)
{
    switch (value.kind) {
    case VALUE_ABSENT:
    case VALUE_NULL: buffer_add(json, TEXT("null")); break;
    case VALUE_BOOLEAN: buffer_add(json, value.boolean ? TEXT("true") : TEXT("false")); break;
    case VALUE_INTEGER: json_add_scaled(json, value.integer, column_places(column)); break;
    case VALUE_TIME: add_time(json, value.integer); break;
    case VALUE_TEXT: add_text(json, column, value.text); break;
    }
}

void document_write(struct buffer *json, const struct table *table, const struct value *cells,
                    const struct column_set *columns)
{
    document_write_expanded(json, table, cells, columns, NULL);
}

void document_write_expanded(struct buffer *json, const struct table *table, const struct value *cells,
                             const struct column_set *columns, const struct expansions *expansions)
{
    buffer_add_byte(json, '{');
    for (size_t i = 0; i < table->width; i++) {
        const struct column *column = &table->columns[i];
        if (!column_set_has(columns, i) || (column->is & (SECRET | WRITE_ONLY)))
            continue;
        const struct expansion *expansion;
        const struct value *row = expansion_of(expansions, column, cells[i], &expansion);
        json_add_member(json, column->name);
        if (row)
            document_write(json, column->references, row, &expansion->columns);
        else
            document_write_value(json, column, cells[i]);
    }
    buffer_add_byte(json, '}');
}

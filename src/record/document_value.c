#include "record/document_value.h"
#include "base/calendar.h"
#include <stdarg.h>
#include <stdio.h>

enum { SHORT_TEXT_MAX = 300 /* longer texts have lines */ };

struct text document_pointer(struct arena *arena, struct text parent, struct text name)
{
    struct buffer pointer = { .arena = arena };
    buffer_add(&pointer, parent);
    buffer_add_byte(&pointer, '/');
    for (size_t i = 0; i < name.length; i++)
        if (name.data[i] == '~' || name.data[i] == '/')
            buffer_add(&pointer, name.data[i] == '~' ? TEXT("~0") : TEXT("~1"));
        else
            buffer_add_byte(&pointer, name.data[i]);
    return pointer.text;
}

bool document_fault(struct document_reader *reader, struct text pointer, enum error_code code,
                    const char *format, ...)
{
    char about[ABOUT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(about, sizeof about, format, arguments);
    va_end(arguments);
    return fail_at(reader->error, arena_string(reader->arena, text_head(pointer, POINTER_MAX - 1)), code,
                   "%s", about);
}

struct text column_spell(struct arena *arena, const struct column *column, struct text text)
{
    bool is_lower = column->type == TYPE_email || column->type == TYPE_domain;
    return is_lower ? arena_copy_lower(arena, text) : text;
}

/* C0, DEL and C1, in UTF-8. */
static bool has_control(struct text text, bool lines)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (lines && (byte == '\n' || byte == '\t'))
            continue;
        bool in_c1 = byte == 0xc2 && i + 1 < text.length && (unsigned char)text.data[i + 1] < 0xa0;
        if (byte < 0x20 || byte == 0x7f || in_c1)
            return true;
    }
    return false;
}

static bool is_choice(const struct choices *choices, struct text text)
{
    for (size_t i = 0; i < choices->count; i++)
        if (text_equal(choices->texts[i], text))
            return true;
    return false;
}

static const char *list_choices(struct arena *arena, const struct choices *choices)
{
    struct buffer list = { .arena = arena };
    for (size_t i = 0; i < choices->count; i++)
        buffer_print(&list, "%s%.*s", i ? ", " : "", TEXT_ARG(choices->texts[i]));
    return list.data;
}

static bool check_text(struct document_reader *reader, const struct column *column, struct text text,
                       struct text pointer)
{
    const struct type *type = &types[column->type];
    int64_t min = column_min(column), max = column_max(column);
    int64_t length = (int64_t)text_count_points(text);
    if (column->choices && !is_choice(column->choices, text))
        return document_fault(reader, pointer, ERROR_not_a_choice, "%s",
                              list_choices(reader->arena, column->choices));
    if (has_control(text, column->type == TYPE_text && max > SHORT_TEXT_MAX))
        return document_fault(reader, pointer, ERROR_control_character, "");
    bool one_length = min == max; /* then the format says it all */
    if (!one_length && length > max)
        return document_fault(reader, pointer, ERROR_too_long, "%lld", (long long)max);
    if (!one_length && length < min)
        return document_fault(reader, pointer, ERROR_too_short, "%lld", (long long)min);
    if (min > 0 && text_consists_of(text, " \t\r\n"))
        return document_fault(reader, pointer, ERROR_blank, "");
    if (type->accepts && !type->accepts(text))
        return document_fault(reader, pointer, ERROR_malformed, "");
    return true;
}

static bool read_text(struct document_reader *reader, const struct column *column, struct text text,
                      struct text pointer, struct value *value)
{
    text = column_spell(reader->arena, column, text);
    if (!check_text(reader, column, text, pointer))
        return false;
    *value = value_text(text);
    return true;
}

static bool refuse_bound(struct document_reader *reader, const struct column *column, struct text pointer,
                         enum error_code code, int64_t bound)
{
    struct buffer number = { .arena = reader->arena };
    json_add_scaled(&number, bound, column_places(column));
    return document_fault(reader, pointer, code, "%s", number.data);
}

static bool read_integer(struct document_reader *reader, const struct column *column, const struct json *json,
                         struct text pointer, struct value *value)
{
    int64_t integer, min = column_min(column), max = column_max(column);
    if (!json_scaled(json, column_places(column), &integer))
        return document_fault(reader, pointer, ERROR_wrong_type, "%s", types[column->type].article);
    if (integer < min)
        return refuse_bound(reader, column, pointer, ERROR_too_small, min);
    if (integer > max)
        return refuse_bound(reader, column, pointer, ERROR_too_large, max);
    *value = value_integer(integer);
    return true;
}

static bool read_time(struct document_reader *reader, const struct json *json, struct text pointer,
                      struct value *value)
{
    int64_t time;
    if (!calendar_read_time(json->text, &time))
        return document_fault(reader, pointer, ERROR_malformed, "");
    *value = value_time(time);
    return true;
}

static struct text item_pointer(struct arena *arena, struct text pointer, size_t i)
{
    return arena_format(arena, "%.*s/%zu", TEXT_ARG(pointer), i);
}

static bool count_fits(struct document_reader *reader, const struct column *column, size_t count,
                       struct text pointer)
{
    int64_t min = column_min(column), max = column_max(column);
    if ((int64_t)count > max)
        return document_fault(reader, pointer, ERROR_too_many, "%lld", (long long)max);
    if ((int64_t)count < min)
        return document_fault(reader, pointer, ERROR_too_short, "%lld", (long long)min);
    return true;
}

static bool read_texts(struct document_reader *reader, const struct json *list, struct text pointer)
{
    static const struct column item = { .name = "item", .type = TYPE_text, .max = LIST_TEXT_MAX };
    bool good = true;
    for (size_t i = 0; i < list->count && reader->error->fault_count < FAULTS_MAX; i++) {
        struct value ignored;
        struct text place = item_pointer(reader->arena, pointer, i);
        good = document_read_value(reader, &item, &list->items[i], place, &ignored) && good;
    }
    return good;
}

/* The rows are written again, each with all of its members in the model's order. */
static bool read_rows(struct document_reader *reader, const struct table *shape, const struct json *list,
                      struct text pointer, struct buffer *rows)
{
    struct column_set columns = columns_visible(shape, SUPER_ADMIN);
    bool good = true;
    buffer_add_byte(rows, '[');
    for (size_t i = 0; i < list->count && reader->error->fault_count < FAULTS_MAX; i++) {
        struct value *cells = record_new(reader->arena, shape);
        struct text place = item_pointer(reader->arena, pointer, i);
        good = document_read_members(reader, shape, &list->items[i], place, cells) && good;
        if (i > 0)
            buffer_add_byte(rows, ',');
        document_write(rows, shape, cells, &columns);
    }
    buffer_add_byte(rows, ']');
    return good;
}

static bool read_json(struct document_reader *reader, const struct column *column, const struct json *json,
                      struct text pointer, struct value *value)
{
    struct buffer written = { .arena = reader->arena };
    bool is_list = column->type == TYPE_texts || column->type == TYPE_rows;
    if (is_list && !count_fits(reader, column, json->count, pointer))
        return false;
    if (!json_is_plain(json))
        return document_fault(reader, pointer, ERROR_too_long, "%d digits", JSON_NUMBER_MAX);
    if (column->type == TYPE_texts && !read_texts(reader, json, pointer))
        return false;
    if (column->type == TYPE_rows) {
        if (!read_rows(reader, column->shape, json, pointer, &written))
            return false;
    } else {
        json_add(&written, json);
    }
    if (!is_list && (int64_t)written.length > column_max(column))
        return document_fault(reader, pointer, ERROR_too_long, "%lld bytes", (long long)column_max(column));
    *value = value_text(written.text);
    return true;
}

/* What each type is in JSON; TYPE_any is all of them. */
static bool has_kind(const struct column *column, enum json_kind kind)
{
    switch (column->type) {
    case TYPE_any: return true;
    case TYPE_object: return kind == JSON_OBJECT;
    case TYPE_texts:
    case TYPE_rows: return kind == JSON_ARRAY;
    default: break;
    }
    switch (types[column->type].kind) {
    case VALUE_BOOLEAN: return kind == JSON_BOOLEAN;
    case VALUE_INTEGER: return kind == JSON_NUMBER;
    default: return kind == JSON_TEXT;
    }
}

bool document_read_value(struct document_reader *reader, const struct column *column, const struct json *json,
                         struct text pointer, struct value *value)
{
    if (!has_kind(column, json->kind))
        return document_fault(reader, pointer, ERROR_wrong_type, "%s", types[column->type].article);
    if (column_is_json(column))
        return read_json(reader, column, json, pointer, value);
    switch (types[column->type].kind) {
    case VALUE_BOOLEAN: *value = value_boolean(json->boolean); return true;
    case VALUE_INTEGER: return read_integer(reader, column, json, pointer, value);
    case VALUE_TIME: return read_time(reader, json, pointer, value);
    default: return read_text(reader, column, json->text, pointer, value);
    }
}

static bool number_from_text(const struct column *column, struct text text, struct value *value)
{
    struct text rest = text, whole = text_cut(&rest, '.');
    int64_t ignored, number;
    bool has_point = whole.length < text.length;
    bool good = text_to_integer(whole, &ignored);
    for (size_t i = 0; i < rest.length; i++)
        good = good && rest.data[i] >= '0' && rest.data[i] <= '9';
    if (!good || text.length > JSON_NUMBER_MAX || (has_point && rest.length == 0)
        || !json_scaled(&(struct json){ .kind = JSON_NUMBER, .text = text }, column_places(column), &number))
        return false;
    *value = value_integer(number);
    return true;
}

bool column_read_text(const struct column *column, struct text text, struct value *value)
{
    const struct type *type = &types[column->type];
    int64_t time;
    switch (type->kind) {
    case VALUE_BOOLEAN:
        if (!text_is(text, "true") && !text_is(text, "false"))
            return false;
        *value = value_boolean(text_is(text, "true"));
        return true;
    case VALUE_INTEGER: return number_from_text(column, text, value);
    case VALUE_TIME:
        if (!calendar_read_time(text, &time))
            return false;
        *value = value_time(time);
        return true;
    default:
        if ((column->choices && !is_choice(column->choices, text)) || (type->accepts && !type->accepts(text)))
            return false;
        *value = value_text(text);
        return true;
    }
}

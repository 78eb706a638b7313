#include "json/read_text.h"
#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEW_MEMBERS = 64 };

/* A value whose array or object is still open. */
struct pending {
    struct json_member member; /* an array's items have no name */
    const char *place;
};

bool reader_refuse(struct reader *reader, const char *place, const char *what)
{
    size_t line = 1;
    const char *line_start = reader->start;
    for (const char *at = reader->start; at < place; at++)
        if (*at == '\n') {
            line++;
            line_start = at + 1;
        }
    size_t column = text_count_points((struct text){ line_start, (size_t)(place - line_start) }) + 1;
    return fail(reader->error, ERROR_malformed_json, "%s at line %zu, column %zu", what, line, column);
}

static bool refuse_here(struct reader *reader, const char *what)
{
    return reader_refuse(reader, reader->at, reader->at < reader->end ? what : "it ends too early");
}

/* The next byte that is no space; 0, which begins nothing, at the end. */
static char next_byte(struct reader *reader)
{
    const char *at = reader->at;
    while (at < reader->end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    reader->at = at;
    return at < reader->end ? *at : 0;
}

static struct pending *push(struct reader *reader)
{
    reader->pending = arena_extend(reader->arena, reader->pending, sizeof *reader->pending,
                                   reader->pending_count, &reader->pending_capacity);
    return &reader->pending[reader->pending_count++];
}

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

/* Only an exponent can bring 64 characters out of a double's reach. */
static bool is_finite(struct text number)
{
    char copy[JSON_NUMBER_MAX + 1] = {};
    memcpy(copy, number.data, number.length);
    return isfinite(g_ascii_strtod(copy, NULL));
}

static bool read_number(struct reader *reader, struct json *json)
{
    const char *from = reader->at, *at = from + (*from == '-'), *end = reader->end, *digits = at;
    at = skip_digits(at, end);
    if (at == digits)
        return refuse_here(reader, "a value is expected");
    if (*digits == '0' && at - digits > 1)
        return reader_refuse(reader, from, "a number does not begin with 0");
    if (at < end && *at == '.') {
        digits = ++at;
        at = skip_digits(at, end);
        if (at == digits)
            return reader_refuse(reader, at, "a digit is expected");
    }
    bool has_exponent = at < end && (*at == 'e' || *at == 'E');
    if (has_exponent) {
        at++;
        at += at < end && (*at == '+' || *at == '-');
        digits = at;
        at = skip_digits(at, end);
        if (at == digits)
            return reader_refuse(reader, at, "a digit is expected");
    }
    struct text number = { from, (size_t)(at - from) };
    if (number.length > JSON_NUMBER_MAX || (has_exponent && !is_finite(number)))
        return reader_refuse(reader, from, "the number is out of range");
    reader->at = at;
    *json = (struct json){ .kind = JSON_NUMBER, .text = number };
    return true;
}

static bool read_word(struct reader *reader, const char *word, struct json value, struct json *json)
{
    size_t length = strlen(word);
    if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0)
        return reader_refuse(reader, reader->at, "a value is expected");
    reader->at += length;
    *json = value;
    return true;
}

static bool read_value(struct reader *reader, struct json *json);

static bool read_array(struct reader *reader, struct json *json)
{
    size_t first = reader->pending_count;
    reader->at++;
    bool empty = next_byte(reader) == ']';
    while (!empty) {
        struct json item;
        if (!read_value(reader, &item))
            return false;
        push(reader)->member.value = item;
        char separator = next_byte(reader);
        if (separator == ']')
            break;
        if (separator != ',')
            return refuse_here(reader, "a comma or ] is expected");
        reader->at++;
    }
    reader->at++;

    size_t count = reader->pending_count - first;
    struct json *items = count ? arena_array(reader->arena, struct json, count) : NULL;
    for (size_t i = 0; i < count; i++)
        items[i] = reader->pending[first + i].member.value;
    reader->pending_count = first;
    *json = (struct json){ .kind = JSON_ARRAY, .count = count, .items = items };
    return true;
}

static bool refuse_twice(struct reader *reader, struct text name, const char *x, const char *y)
{
    struct text shown = text_head(name, 80);
    struct text what = arena_format(reader->arena, "the member \"%.*s\" is given twice", TEXT_ARG(shown));
    return reader_refuse(reader, x > y ? x : y, what.data);
}

/* A bit for a name: names with different bits differ. */
static uint64_t bit_of(struct text name)
{
    size_t mixed = name.length;
    if (name.length > 0)
        mixed += (unsigned char)name.data[0] * 5u + (unsigned char)name.data[name.length - 1] * 11u;
    return UINT64_C(1) << mixed % 64;
}

static bool few_names_differ(struct reader *reader, const struct pending *members, size_t count)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t bit = bit_of(members[i].member.name);
        for (size_t j = 0; (seen & bit) && j < i; j++)
            if (text_equal(members[i].member.name, members[j].member.name))
                return refuse_twice(reader, members[i].member.name, members[i].place, members[j].place);
        seen |= bit;
    }
    return true;
}

struct named_place {
    struct text name;
    const char *place;
};

static int compare_names(const void *a, const void *b)
{
    return text_compare(((const struct named_place *)a)->name, ((const struct named_place *)b)->name);
}

/* Sorted, so that no body makes this slow. */
static bool many_names_differ(struct reader *reader, const struct pending *members, size_t count)
{
    struct named_place *sorted = arena_array(reader->arena, struct named_place, count);
    for (size_t i = 0; i < count; i++)
        sorted[i] = (struct named_place){ members[i].member.name, members[i].place };
    qsort(sorted, count, sizeof *sorted, compare_names);
    for (size_t i = 1; i < count; i++)
        if (text_equal(sorted[i - 1].name, sorted[i].name))
            return refuse_twice(reader, sorted[i].name, sorted[i - 1].place, sorted[i].place);
    return true;
}

static bool read_member(struct reader *reader)
{
    struct pending read = { .place = reader->at };
    if (next_byte(reader) != '"')
        return refuse_here(reader, "a name in quotes is expected");
    read.place = reader->at;
    if (!reader_read_text(reader, &read.member.name))
        return false;
    if (next_byte(reader) != ':')
        return refuse_here(reader, "a colon is expected");
    reader->at++;
    if (!read_value(reader, &read.member.value))
        return false;
    *push(reader) = read;
    return true;
}

static bool read_object(struct reader *reader, struct json *json)
{
    size_t first = reader->pending_count;
    reader->at++;
    bool empty = next_byte(reader) == '}';
    while (!empty) {
        if (!read_member(reader))
            return false;
        char separator = next_byte(reader);
        if (separator == '}')
            break;
        if (separator != ',')
            return refuse_here(reader, "a comma or } is expected");
        reader->at++;
    }
    reader->at++;

    *json = (struct json){ .kind = JSON_OBJECT };
    size_t count = reader->pending_count - first;
    if (count == 0)
        return true;
    if (!(count <= FEW_MEMBERS ? few_names_differ : many_names_differ)(reader, reader->pending + first,
                                                                       count))
        return false;
    struct json_member *members = arena_array(reader->arena, struct json_member, count);
    for (size_t i = 0; i < count; i++)
        members[i] = reader->pending[first + i].member;
    reader->pending_count = first;
    json->count = count;
    json->members = members;
    return true;
}

static bool read_nested(struct reader *reader, struct json *json)
{
    if (reader->depth == JSON_DEPTH_MAX)
        return reader_refuse(reader, reader->at, "it is nested too deeply");
    reader->depth++;
    if (!(*reader->at == '[' ? read_array(reader, json) : read_object(reader, json)))
        return false;
    reader->depth--;
    return true;
}

static bool read_value(struct reader *reader, struct json *json)
{
    char byte = next_byte(reader);
    if (++reader->value_count > JSON_VALUES_MAX)
        return reader_refuse(reader, reader->at, "there are too many values");
    switch (byte) {
    case '"': *json = (struct json){ .kind = JSON_TEXT }; return reader_read_text(reader, &json->text);
    case '{':
    case '[': return read_nested(reader, json);
    case 't': return read_word(reader, "true", (struct json){ .kind = JSON_BOOLEAN, .boolean = true }, json);
    case 'f': return read_word(reader, "false", (struct json){ .kind = JSON_BOOLEAN }, json);
    case 'n': return read_word(reader, "null", (struct json){ .kind = JSON_NULL }, json);
    case 0: return refuse_here(reader, "a value is expected");
    default: return read_number(reader, json);
    }
}

bool json_read(struct text text, struct arena *arena, struct json *json, struct error *error)
{
    const char *start = text.length > 0 ? text.data : "";
    struct reader reader = {
        .start = start, .at = start, .end = start + text.length, .arena = arena, .error = error
    };
    struct json read;
    if (!read_value(&reader, &read))
        return false;
    next_byte(&reader);
    if (reader.at < reader.end)
        return reader_refuse(&reader, reader.at, "something follows the value");
    *json = read;
    return true;
}

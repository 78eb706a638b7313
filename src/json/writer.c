#include "base/scan.h"
#include "json/json.h"

/* What a byte of a text may need: 0 nothing, 1 a closer look, else the letter of its short escape. */
static const char escapes[256] = {
    [0 ... 7] = 1, ['\b'] = 'b',    ['\t'] = 't', ['\n'] = 'n', [11] = 1,      ['\f'] = 'f',
    ['\r'] = 'r',  [14 ... 31] = 1, ['"'] = '"',  ['<'] = 1,    ['\\'] = '\\', [0xe2] = 1,
};

static uint64_t mark_specials(uint64_t word)
{
    return scan_less(word, 0x20) | scan_equal(word, '"') | scan_equal(word, '\\') | scan_equal(word, '<')
         | scan_equal(word, 0xe2);
}

static size_t find_special(struct text text, size_t at)
{
    for (; at + SCAN_STEP <= text.length; at += SCAN_STEP) {
        uint64_t marks = mark_specials(scan_load(text.data + at));
        if (marks)
            return at + scan_first(marks);
    }
    while (at < text.length && !escapes[(unsigned char)text.data[at]])
        at++;
    return at;
}

/* Writes what stands for the special at the front of `rest` and returns how many bytes it was. */
static size_t add_special(struct buffer *buffer, struct text rest)
{
    unsigned char byte = (unsigned char)rest.data[0];
    char next = rest.length > 1 ? rest.data[1] : 0;
    if (escapes[byte] > 1) {
        buffer_add_byte(buffer, '\\');
        buffer_add_byte(buffer, escapes[byte]);
    } else if (byte < 0x20) {
        buffer_print(buffer, "\\u%04x", byte);
    } else if (byte == '<' && (next == '/' || next == '!')) {
        buffer_add(buffer, TEXT("\\u003c")); /* would end or hide the script that it stands in */
    } else if (text_starts(rest, TEXT("\u2028")) || text_starts(rest, TEXT("\u2029"))) {
        buffer_add(buffer, rest.data[2] == '\xa8' ? TEXT("\\u2028") : TEXT("\\u2029"));
        return 3;
    } else {
        buffer_add_byte(buffer, rest.data[0]);
    }
    return 1;
}

/* One copy with its quotes, and what stands behind them (a name's colon). */
static void add_quoted(struct buffer *buffer, struct text text, struct text behind)
{
    buffer_reserve(buffer, text.length + behind.length + 1);
    char *out = buffer->data + buffer->length;
    *out++ = '"';
    if (text.length > 0)
        memcpy(out, text.data, text.length);
    memcpy(out + text.length, behind.data, behind.length + 1);
    buffer->length += text.length + behind.length + 1;
}

/* Most texts need no escape. */
static bool add_plain(struct buffer *buffer, struct text text, struct text behind)
{
    if (find_special(text, 0) < text.length)
        return false;
    add_quoted(buffer, text, behind);
    return true;
}

static void add_escaped(struct buffer *buffer, struct text text)
{
    buffer_add_byte(buffer, '"');
    for (size_t at = 0; at < text.length;) {
        size_t special = find_special(text, at);
        buffer_add(buffer, text_slice(text, at, special));
        at = special;
        if (at < text.length)
            at += add_special(buffer, text_slice(text, at, text.length));
    }
    buffer_add_byte(buffer, '"');
}

void json_add_text(struct buffer *buffer, struct text text)
{
    if (!add_plain(buffer, text, TEXT("\"")))
        add_escaped(buffer, text);
}

static void add_comma(struct buffer *buffer)
{
    if (buffer->length > 0 && buffer->data[buffer->length - 1] != '{')
        buffer_add_byte(buffer, ',');
}

void json_add_name(struct buffer *buffer, struct text name)
{
    add_comma(buffer);
    if (!add_plain(buffer, name, TEXT("\":"))) {
        add_escaped(buffer, name);
        buffer_add_byte(buffer, ':');
    }
}

void json_add_member(struct buffer *buffer, const char *identifier)
{
    add_comma(buffer);
    add_quoted(buffer, text_from(identifier), TEXT("\":"));
}

void json_add_named_text(struct buffer *buffer, const char *name, struct text text)
{
    json_add_name(buffer, text_from(name));
    json_add_text(buffer, text);
}

static void add_array(struct buffer *buffer, const struct json *array)
{
    buffer_add_byte(buffer, '[');
    for (size_t i = 0; i < array->count; i++) {
        if (i > 0)
            buffer_add_byte(buffer, ',');
        json_add(buffer, &array->items[i]);
    }
    buffer_add_byte(buffer, ']');
}

static void add_object(struct buffer *buffer, const struct json *object)
{
    buffer_add_byte(buffer, '{');
    for (size_t i = 0; i < object->count; i++) {
        json_add_name(buffer, object->members[i].name);
        json_add(buffer, &object->members[i].value);
    }
    buffer_add_byte(buffer, '}');
}

void json_add(struct buffer *buffer, const struct json *json)
{
    switch (json->kind) {
    case JSON_NULL: buffer_add(buffer, TEXT("null")); break;
    case JSON_BOOLEAN: buffer_add(buffer, json->boolean ? TEXT("true") : TEXT("false")); break;
    case JSON_NUMBER: buffer_add(buffer, json->text); break;
    case JSON_TEXT: json_add_text(buffer, json->text); break;
    case JSON_ARRAY: add_array(buffer, json); break;
    case JSON_OBJECT: add_object(buffer, json); break;
    }
}

void json_add_scaled(struct buffer *buffer, int64_t scaled, int places)
{
    char digits[24];
    int count = 0;
    uint64_t rest = scaled < 0 ? 0 - (uint64_t)scaled : (uint64_t)scaled;
    for (; rest > 0 || count <= places; rest /= 10)
        digits[count++] = (char)('0' + rest % 10); /* the last first */
    int last = 0;
    while (last < places && digits[last] == '0')
        last++;

    if (scaled < 0)
        buffer_add_byte(buffer, '-');
    for (int i = count - 1; i >= last; i--) {
        if (i == places - 1)
            buffer_add_byte(buffer, '.');
        buffer_add_byte(buffer, digits[i]);
    }
}

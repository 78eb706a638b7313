#include "json/read_text.h"
#include "base/scan.h"

/* The first byte at or behind `at` that is a quote, a backslash or a control character, or `end`. */
static const char *find_special(const char *at, const char *end, uint64_t *all_bytes)
{
    for (; end - at >= SCAN_STEP; at += SCAN_STEP) {
        uint64_t word = scan_load(at);
        uint64_t marks = scan_less(word, 0x20) | scan_equal(word, '"') | scan_equal(word, '\\');
        *all_bytes |= word;
        if (marks)
            return at + scan_first(marks);
    }
    for (; at < end && (unsigned char)*at >= 0x20 && *at != '"' && *at != '\\'; at++)
        *all_bytes |= (unsigned char)*at;
    return at;
}

static bool read_hex(const char *at, const char *end, unsigned *unit)
{
    if (end - at < 4)
        return false;
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        char byte = at[i], lower = (char)(byte | 0x20);
        int digit = byte >= '0' && byte <= '9'   ? byte - '0'
                  : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
                                                 : -1;
        if (digit < 0)
            return false;
        *unit = *unit * 16 + (unsigned)digit;
    }
    return true;
}

static char *add_point(char *out, unsigned point)
{
    if (point < 0x80) {
        *out++ = (char)point;
        return out;
    }
    if (point < 0x800) {
        *out++ = (char)(0xc0 | point >> 6);
    } else if (point < 0x10000) {
        *out++ = (char)(0xe0 | point >> 12);
        *out++ = (char)(0x80 | (point >> 6 & 0x3f));
    } else {
        *out++ = (char)(0xf0 | point >> 18);
        *out++ = (char)(0x80 | (point >> 12 & 0x3f));
        *out++ = (char)(0x80 | (point >> 6 & 0x3f));
    }
    *out++ = (char)(0x80 | (point & 0x3f));
    return out;
}

/* "u" and its digits, with the second half of a surrogate pair; *at is behind the "u". */
static bool read_unicode_escape(struct reader *reader, const char **at, const char *end, unsigned *point)
{
    const char *place = *at - 2;
    unsigned second;
    if (!read_hex(*at, end, point))
        return reader_refuse(reader, place, "\\u wants four hexadecimal digits");
    *at += 4;
    if (*point == 0)
        return reader_refuse(reader, place, "U+0000 is not accepted");
    if (*point < 0xd800 || *point > 0xdfff)
        return true;
    bool paired = *point < 0xdc00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u'
               && read_hex(*at + 2, end, &second) && second >= 0xdc00 && second <= 0xdfff;
    if (!paired)
        return reader_refuse(reader, place, "a surrogate stands alone");
    *at += 6;
    *point = 0x10000 + ((*point & 0x3ff) << 10 | (second & 0x3ff));
    return true;
}

/* *at is behind the backslash. */
static bool read_escape(struct reader *reader, const char **at, const char *end, char **out)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    char name = *(*at)++;
    const char *known = name ? strchr(names, name) : NULL;
    if (known) {
        *(*out)++ = meanings[known - names];
        return true;
    }
    unsigned point = 0;
    if (name != 'u')
        return reader_refuse(reader, *at - 2, "there is no such escape");
    if (!read_unicode_escape(reader, at, end, &point))
        return false;
    *out = add_point(*out, point);
    return true;
}

/* What stands between the quotes, which no escape makes longer. */
static bool unescape(struct reader *reader, struct text raw, struct text *text)
{
    const char *at = raw.data, *end = raw.data + raw.length;
    char *first = arena_alloc(reader->arena, raw.length), *out = first;
    while (at < end) {
        const char *backslash = memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((backslash ? backslash : end) - at);
        memcpy(out, at, plain);
        out += plain;
        at += plain;
        if (!backslash)
            break;
        at++;
        if (!read_escape(reader, &at, end, &out))
            return false;
    }
    *text = (struct text){ first, (size_t)(out - first) };
    return true;
}

bool reader_read_text(struct reader *reader, struct text *text)
{
    const char *quote = reader->at, *from = quote + 1;
    uint64_t all_bytes = 0;
    bool escaped = false;
    const char *at = find_special(from, reader->end, &all_bytes);
    while (at < reader->end && *at == '\\') {
        escaped = true;
        at = reader->end - at > 2 ? find_special(at + 2, reader->end, &all_bytes) : reader->end;
    }
    if (at >= reader->end)
        return reader_refuse(reader, quote, "the text has no end");
    if (*at != '"')
        return reader_refuse(reader, at, "a control character must be escaped");

    struct text raw = { from, (size_t)(at - from) };
    if ((all_bytes & SCAN_EACH(0x80)) && !text_is_utf8(raw))
        return reader_refuse(reader, quote, "the text is not UTF-8");
    reader->at = at + 1;
    *text = raw;
    return !escaped || unescape(reader, raw, text);
}

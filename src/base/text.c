#include "base/text.h"
#include <string.h>

struct text text_slice(struct text text, size_t from, size_t to)
{
    if (to > text.length)
        to = text.length;
    if (from > to)
        from = to;
    return (struct text){ text.data + from, to - from };
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

struct text text_trim(struct text text)
{
    while (text.length > 0 && is_blank(text.data[0]))
        text = text_slice(text, 1, text.length);
    while (text.length > 0 && is_blank(text.data[text.length - 1]))
        text.length--;
    return text;
}

bool text_equal(struct text a, struct text b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

bool text_equal_blind(struct text a, struct text b)
{
    if (a.length != b.length)
        return false;
    for (size_t i = 0; i < a.length; i++)
        if (byte_lower(a.data[i]) != byte_lower(b.data[i]))
            return false;
    return true;
}

bool text_is(struct text text, const char *string)
{
    return text_equal(text, text_from(string));
}

bool text_starts(struct text text, struct text with)
{
    return text.length >= with.length && text_equal(text_slice(text, 0, with.length), with);
}

bool text_ends(struct text text, struct text with)
{
    return text.length >= with.length
        && text_equal(text_slice(text, text.length - with.length, text.length), with);
}

int text_compare(struct text a, struct text b)
{
    size_t common = a.length < b.length ? a.length : b.length;
    int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
    return order ? order : (a.length > b.length) - (a.length < b.length);
}

size_t text_find_byte(struct text text, char byte)
{
    const char *at = text.length > 0 ? memchr(text.data, byte, text.length) : NULL;
    return at ? (size_t)(at - text.data) : text.length;
}

bool text_contains(struct text text, struct text part)
{
    return part.length == 0 || (text.length > 0 && memmem(text.data, text.length, part.data, part.length));
}

bool text_consists_of(struct text text, const char *bytes)
{
    for (size_t i = 0; i < text.length; i++)
        if (!text.data[i] || !strchr(bytes, text.data[i]))
            return false;
    return text.length > 0;
}

struct text text_cut(struct text *rest, char separator)
{
    size_t at = text_find_byte(*rest, separator);
    struct text before = text_slice(*rest, 0, at);
    *rest = text_slice(*rest, at + 1, rest->length);
    return before;
}

bool text_to_integer(struct text text, int64_t *integer)
{
    bool negative = text.length > 0 && text.data[0] == '-';
    if (text.length == (size_t)negative)
        return false;
    int64_t sum = 0;
    for (size_t i = negative; i < text.length; i++) {
        int digit = text.data[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(sum, 10, &sum)
            || __builtin_sub_overflow(sum, digit, &sum))
            return false;
    }
    if (!negative && __builtin_sub_overflow(0, sum, &sum))
        return false;
    *integer = sum;
    return true;
}

/* The length of the well-formed UTF-8 sequence that starts here, or 0. */
static size_t sequence_length(const unsigned char *at, size_t left)
{
    if (at[0] < 0x80)
        return 1;
    size_t length = at[0] >= 0xc2 && at[0] <= 0xdf ? 2
                  : at[0] >= 0xe0 && at[0] <= 0xef ? 3
                  : at[0] >= 0xf0 && at[0] <= 0xf4 ? 4
                                                   : 0;
    if (length == 0 || length > left)
        return 0;
    unsigned char low = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80;
    unsigned char high = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : 0xbf;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if (at[i] < 0x80 || at[i] > 0xbf)
            return 0;
    return length;
}

/* How many bytes from the start are ASCII, looked at eight by eight. */
static size_t count_ascii(struct text text)
{
    size_t count = 0;
    for (uint64_t eight; count + sizeof eight <= text.length; count += sizeof eight) {
        memcpy(&eight, text.data + count, sizeof eight);
        if (eight & UINT64_C(0x8080808080808080))
            break;
    }
    return count;
}

bool text_is_utf8(struct text text)
{
    for (size_t i = count_ascii(text), step; i < text.length; i += step) {
        step = sequence_length((const unsigned char *)text.data + i, text.length - i);
        if (step == 0)
            return false;
    }
    return true;
}

size_t text_count_points(struct text utf8)
{
    size_t count = 0;
    for (size_t i = 0; i < utf8.length; i++)
        count += ((unsigned char)utf8.data[i] & 0xc0) != 0x80;
    return count;
}

struct text text_head(struct text utf8, size_t size_max)
{
    size_t size = utf8.length < size_max ? utf8.length : size_max;
    while (size > 0 && size < utf8.length && ((unsigned char)utf8.data[size] & 0xc0) == 0x80)
        size--;
    return text_slice(utf8, 0, size);
}

struct text text_of_integer(int64_t integer, char out[static INTEGER_TEXT_SIZE])
{
    char *end = out + INTEGER_TEXT_SIZE, *at = end;
    uint64_t rest = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (integer < 0)
        *--at = '-';
    return (struct text){ at, (size_t)(end - at) };
}

static uint64_t hash_word(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

/* Eight bytes at a time: it stands in the way of every statement and every look into the directory. */
uint64_t text_hash(struct text text)
{
    uint64_t hash = text.length, word;
    size_t at = 0;
    for (; at + sizeof word <= text.length; at += sizeof word) {
        memcpy(&word, text.data + at, sizeof word);
        hash = hash_word(hash, word);
    }
    word = 0;
    if (at < text.length)
        memcpy(&word, text.data + at, text.length - at);
    return hash_word(hash, word);
}

#include "crypto/cbor.h"
#include "crypto/algorithms.h"
#include <cbor.h>
#include <string.h>

enum major {
    MAJOR_UNSIGNED,
    MAJOR_NEGATIVE,
    MAJOR_BYTES,
    MAJOR_TEXT,
    MAJOR_ARRAY,
    MAJOR_MAP,
    MAJOR_TAG,
    MAJOR_SIMPLE
};
enum { ARGUMENT_IN_BYTE_MAX = 23, ARGUMENT_WIDTHS = 4 };

struct head {
    enum major major;
    uint64_t argument;
};

/* An item's first byte and the number behind it; `at` moves past them. */
static bool read_head(struct text bytes, size_t *at, struct head *head)
{
    if (*at >= bytes.length)
        return false;
    unsigned first = (unsigned char)bytes.data[(*at)++], low = first & 31;
    *head = (struct head){ first >> 5, low };
    if (low <= ARGUMENT_IN_BYTE_MAX)
        return true;
    if (low > ARGUMENT_IN_BYTE_MAX + ARGUMENT_WIDTHS) /* reserved, or of indefinite length */
        return false;
    size_t width = (size_t)1 << (low - ARGUMENT_IN_BYTE_MAX - 1);
    if (width > bytes.length - *at)
        return false;
    head->argument = 0;
    for (size_t i = 0; i < width; i++)
        head->argument = head->argument << 8 | (unsigned char)bytes.data[(*at)++];
    return true;
}

/* How many items stand inside; a text's bytes are passed by here. */
static bool count_children(const struct head *head, struct text bytes, size_t *at, uint64_t *children)
{
    size_t left = bytes.length - *at;
    *children = 0;
    switch (head->major) {
    case MAJOR_UNSIGNED:
    case MAJOR_NEGATIVE: return true;
    case MAJOR_BYTES:
    case MAJOR_TEXT:
        if (head->argument > left)
            return false;
        *at += head->argument;
        return true;
    case MAJOR_ARRAY: *children = head->argument; return head->argument <= left;
    case MAJOR_MAP: *children = 2 * head->argument; return head->argument <= left / 2;
    case MAJOR_SIMPLE: return head->argument >= CBOR_CTRL_FALSE && head->argument <= CBOR_CTRL_NULL;
    default: return false;
    }
}

bool cbor_measure(struct text bytes, size_t *size)
{
    uint64_t open[CBOR_DEPTH_MAX] = { 1 }; /* items that are still to come, by depth */
    size_t at = 0, depth = 0;
    for (;;) {
        struct head head;
        uint64_t children;
        if (!read_head(bytes, &at, &head) || !count_children(&head, bytes, &at, &children))
            return false;
        open[depth]--;
        if (children > 0) {
            if (++depth == CBOR_DEPTH_MAX)
                return false;
            open[depth] = children;
        }
        while (open[depth] == 0) {
            if (depth == 0) {
                *size = at;
                return true;
            }
            depth--;
        }
    }
}

cbor_item_t *cbor_open_map(struct text bytes)
{
    struct cbor_load_result result;
    size_t size;
    if (!cbor_measure(bytes, &size) || size != bytes.length)
        return NULL;
    cbor_item_t *item = cbor_load((const unsigned char *)bytes.data, bytes.length, &result);
    if (item && !cbor_isa_map(item))
        cbor_decref(&item);
    return item;
}

void cbor_close(cbor_item_t **item)
{
    if (*item)
        cbor_decref(item);
}

static const cbor_item_t *find(const cbor_item_t *map, bool (*is)(const cbor_item_t *key, const void *wanted),
                               const void *wanted)
{
    const struct cbor_pair *pairs = cbor_map_handle(map);
    for (size_t i = 0; i < cbor_map_size(map); i++)
        if (is(pairs[i].key, wanted))
            return pairs[i].value;
    return NULL;
}

static bool is_name(const cbor_item_t *key, const void *name)
{
    struct text text;
    return cbor_text_of(key, &text) && text_is(text, name);
}

static bool is_number(const cbor_item_t *key, const void *number)
{
    int64_t integer;
    return cbor_integer_of(key, &integer) && integer == *(const unsigned *)number;
}

const cbor_item_t *cbor_named(const cbor_item_t *map, const char *name)
{
    return find(map, is_name, name);
}

const cbor_item_t *cbor_numbered(const cbor_item_t *map, unsigned number)
{
    return find(map, is_number, &number);
}

bool cbor_text_of(const cbor_item_t *item, struct text *text)
{
    if (!item || !cbor_isa_string(item))
        return false;
    *text = (struct text){ (const char *)cbor_string_handle(item), cbor_string_length(item) };
    return true;
}

bool cbor_bytes_of(const cbor_item_t *item, struct text *bytes)
{
    if (!item || !cbor_isa_bytestring(item))
        return false;
    *bytes = (struct text){ (const char *)cbor_bytestring_handle(item), cbor_bytestring_length(item) };
    return true;
}

bool cbor_integer_of(const cbor_item_t *item, int64_t *integer)
{
    if (!item || !cbor_is_int(item) || cbor_get_int(item) > INT64_MAX)
        return false;
    int64_t argument = (int64_t)cbor_get_int(item);
    *integer = cbor_isa_negint(item) ? -1 - argument : argument;
    return true;
}

bool cbor_is_map(const cbor_item_t *item)
{
    return item && cbor_isa_map(item);
}

bool cbor_is_yes(const cbor_item_t *item)
{
    return item && cbor_is_bool(item) && cbor_ctrl_value(item) == CBOR_CTRL_TRUE;
}

struct text cbor_encode(struct arena *arena, const cbor_item_t *item)
{
    unsigned char *bytes = NULL;
    size_t size, length = cbor_serialize_alloc(item, &bytes, &size);
    algorithm_require(length > 0);
    struct text copy = arena_copy(arena, (struct text){ (const char *)bytes, length });
    free(bytes);
    return copy;
}

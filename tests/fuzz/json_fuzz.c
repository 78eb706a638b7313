/* A document as a stranger sends it: what is read, written and read again means the same. */
#include "json/json.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct json json, again;
    struct error error = {};
    if (!json_read((struct text){ (const char *)data, size }, arena, &json, &error)) {
        assert(error.code == ERROR_malformed_json && text_is_utf8(text_from(error.about)));
        return 0;
    }
    int64_t integer;
    assert(json_member(&json, TEXT("a")) == NULL || json.kind == JSON_OBJECT);
    assert(!json_integer(&json, &integer) || json.kind == JSON_NUMBER);

    struct buffer written = { .arena = arena };
    json_add(&written, &json);
    assert(text_is_utf8(written.text) && !text_contains(written.text, TEXT("</")));
    bool read = json_read(written.text, arena, &again, &error);
    assert(read && json_equal(&json, &again));
    return 0;
}

#include "identity/api_key.h"
#include "base/buffer.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "record/store.h"
#include "json/json.h"

enum { PREFIX_SIZE = 4, SECRET_SIZE = 32 };

/* What a route may ask of a key. */
static const char *const scopes[] = { "directory", "consume", "events", "metrics", NULL };
#define SCOPES "directory, consume, events, metrics"

static bool is_scope(struct text text)
{
    for (const char *const *scope = scopes; *scope; scope++)
        if (text_is(text, *scope))
            return true;
    return false;
}

static bool check_scopes(struct work *work, struct text list)
{
    struct json json;
    if (!json_read(list, work->arena, &json, &work->error))
        return false;
    for (size_t i = 0; i < json.count; i++)
        if (!is_scope(json.items[i].text)) {
            const char *pointer = arena_format(work->arena, "/scopes/%zu", i).data;
            return fail_at(&work->error, pointer, ERROR_not_a_choice, "%s", SCOPES);
        }
    return true;
}

bool api_key_create(struct work *work, struct api_key *key, struct text *secret)
{
    unsigned char bytes[PREFIX_SIZE];
    random_bytes(bytes, sizeof bytes);
    struct text digits = hex_encode(work->arena, TEXT_BYTES(bytes));
    struct text prefix = arena_format(work->arena, "nk_%.*s", TEXT_ARG(digits));
    struct text random = random_token(work->arena, SECRET_SIZE);
    *secret = arena_format(work->arena, "%.*s_%.*s", TEXT_ARG(prefix), TEXT_ARG(random));
    key->prefix = value_text(prefix);
    key->key_hash = value_text(sha256_hex(work->arena, *secret));
    return check_scopes(work, key->scopes.text) && store_create(work, &api_keys_table, key->cells);
}

/* Revoked, not removed: audit records name it. */
bool api_key_revoke(struct work *work, const struct value *cells)
{
    const struct api_key *key = (const struct api_key *)cells;
    struct api_key changes = { .revoked_at = value_time(work->now) }, after;
    if (value_is_set(key->revoked_at))
        return true;
    return store_update(work, &api_keys_table, cells, changes.cells, after.cells);
}

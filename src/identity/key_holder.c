#include "identity/key_holder.h"
#include "identity/revocation.h"
#include "model/model.h"
#include "record/store.h"
#include "json/json.h"
#include <string.h>

static bool find_by(struct work *work, const char *column, struct value hash, struct api_key *key)
{
    bool found = store_find_by(work, &api_keys_table, column, hash, false, key->cells);
    if (!found && work->error.code == ERROR_not_found)
        error_clear(&work->error);
    return found;
}

/* When the secret is void at the latest: the one before the last rotation earlier than the key. */
static int64_t end_of(const struct api_key *key, struct value hash)
{
    int64_t end_ms = value_is_set(key->expires_at) ? key->expires_at.integer : INT64_MAX;
    bool is_previous = !text_equal(key->key_hash.text, hash.text);
    return is_previous && key->previous_ends_at.integer < end_ms ? key->previous_ends_at.integer : end_ms;
}

static bool find_key(struct work *work, const unsigned char *digest, struct api_key *key, int64_t *ends_ms)
{
    struct text bytes = { (const char *)digest, SHA256_SIZE };
    struct value hash = value_text(hex_encode(work->arena, bytes));
    if (!find_by(work, "key_hash", hash, key)
        && (work->error.code || !find_by(work, "previous_key_hash", hash, key)))
        return false;
    *ends_ms = end_of(key, hash);
    return !value_is_set(key->revoked_at) && *ends_ms > work->now;
}

/* Who made the key answers for it: it is void with that one, and may no more. */
static bool find_maker(struct work *work, const struct api_key *key, struct holder *holder, enum role *role)
{
    struct user maker;
    *role = SUPER_ADMIN;
    if (!value_is_set(key->created_by))
        return true;
    if (!store_find_by(work, &users_table, "id", key->created_by, false, maker.cells))
        return false;
    *role = role_named(maker.system_role.text);
    holder_keep_id(holder->sponsor_id, maker.id.text);
    holder->sponsor_version = maker.session_epoch.integer;
    bool is_locked = value_is_true(maker.is_locked) && !value_is_set(maker.locked_until);
    return value_is_true(maker.is_active) && !value_is_set(maker.deleted_at) && !is_locked;
}

/* Of several tenants: each id and a space, but for the last. */
static bool keep_tenants(struct work *work, const struct api_key *key, struct holder *holder)
{
    struct json ids;
    size_t at = 0;
    if (!json_read(key->tenant_ids.text, work->arena, &ids, &work->error))
        return false;
    for (size_t i = 0; i < ids.count && i < KEY_TENANTS_MAX; i++) {
        if (i > 0)
            holder->tenant_ids[at++] = ' ';
        holder_keep_id(&holder->tenant_ids[at], ids.items[i].text);
        at += UUID_LENGTH;
    }
    holder_keep_id(holder->tenant_id, cell_text(key->tenant_id));
    return true;
}

static bool keep_scopes(struct work *work, const struct api_key *key, enum role maker, struct holder *holder)
{
    struct json scopes;
    if (!json_read(key->scopes.text, work->arena, &scopes, &work->error))
        return false;
    for (size_t i = 0; i < scopes.count; i++)
        scopes_add(&holder->scopes, scopes.items[i].text);
    scopes_shrink(&holder->scopes, maker);
    return true;
}

bool key_holder_read(struct work *work, const unsigned char digest[static SHA256_SIZE], struct holder *holder)
{
    struct api_key key;
    enum role maker;
    *holder = (struct holder){};
    if (!find_key(work, digest, &key, &holder->ends_ms) || !find_maker(work, &key, holder, &maker)
        || !keep_tenants(work, &key, holder) || !keep_scopes(work, &key, maker, holder))
        return false;
    bool confined = holder->tenant_id[0] || holder->tenant_ids[0];
    int64_t again_ms = work->now + ACCESS_LIFE_MS;
    holder->role = confined ? TENANT_ADMIN : maker;
    holder->version = key.revision.integer;
    holder->expires_ms = again_ms < holder->ends_ms ? again_ms : holder->ends_ms;
    holder_keep_id(holder->api_key_id, key.id.text);
    return true;
}

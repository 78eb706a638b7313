#include "identity/api_key.h"
#include "base/buffer.h"
#include "base/calendar.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "identity/known_token.h"
#include "record/audit.h"
#include "record/site.h"
#include "record/store.h"
#include "settings/settings.h"
#include "json/json.h"

enum { PREFIX_SIZE = 4, SECRET_SIZE = 32 };

/* ---- What a key may be made for ---- */

static bool refuse_item(struct work *work, const char *list, size_t i, enum error_code code,
                        const char *about)
{
    const char *pointer = arena_format(work->arena, "/%s/%zu", list, i).data;
    return fail_at(&work->error, pointer, code, "%s", about);
}

static bool check_scopes(struct work *work, const struct api_key *key, bool confined)
{
    struct json scopes;
    struct scopes known = {};
    bool good = true;
    if (!json_read(key->scopes.text, work->arena, &scopes, &work->error))
        return false;
    for (size_t i = 0; i < scopes.count; i++) {
        struct text scope = scopes.items[i].text;
        if (!scopes_add(&known, scope))
            good = refuse_item(work, "scopes", i, ERROR_not_a_choice,
                               "directory, consume, metrics, events, TABLE:read, TABLE:write");
        else if (!scope_possible(scope, work->actor.role, confined))
            good = refuse_item(work, "scopes", i, ERROR_not_yours_to_set, "");
    }
    return good;
}

/* The reference column is checked by the store. */
static bool check_tenants(struct work *work, const struct api_key *key, bool *confined)
{
    struct json ids = {};
    if (value_is_set(key->tenant_ids) && !json_read(key->tenant_ids.text, work->arena, &ids, &work->error))
        return false;
    if (value_is_set(key->tenant_id) && ids.count > 0)
        return fail_at(&work->error, "/tenant_ids", ERROR_not_settable, "");
    for (size_t i = 0; i < ids.count; i++) {
        struct tenant tenant;
        if (store_find(work, &tenants_table, ids.items[i].text, tenant.cells)
            && text_equal(tenant.id.text, ids.items[i].text))
            continue;
        if (work->error.code && work->error.code != ERROR_not_found)
            return false;
        error_clear(&work->error);
        return refuse_item(work, "tenant_ids", i, ERROR_no_such_reference, "tenant");
    }
    *confined = value_is_set(key->tenant_id) || ids.count > 0 || work->actor.role == TENANT_ADMIN;
    return true;
}

/* Nothing given: as long as may be. */
static bool check_end(struct work *work, int64_t made_ms, struct value *expires_at)
{
    int64_t days = settings_integer(work->site->settings, SETTING_api_key_days);
    int64_t latest_ms = made_ms + days * DAY_MS;
    if (days == 0)
        return true;
    if (!value_is_set(*expires_at))
        *expires_at = value_time(latest_ms);
    char text[TIME_TEXT_SIZE];
    struct text latest = calendar_print_time(latest_ms, text);
    return expires_at->integer <= latest_ms
        || fail_at(&work->error, "/expires_at", ERROR_too_large, "%.*s", TEXT_ARG(latest));
}

/* A tenant's people make so many at most. */
static bool check_room(struct work *work)
{
    static const char living[] = "SELECT count(*) FROM api_keys WHERE tenant_id = $1 AND revoked_at IS NULL "
                                 "AND created_by IN (SELECT id FROM users WHERE tenant_id = $1)";
    int64_t most = settings_integer(work->site->settings, SETTING_api_keys_per_tenant);
    struct text tenant_id = work->actor.tenant_id;
    struct result result;
    if (work->actor.role != TENANT_ADMIN)
        return true;
    if (!db_lock(work->db, work->arena, &work->error,
                 arena_format(work->arena, "api keys of %.*s", TEXT_ARG(tenant_id)))
        || !db_run(work->db, work->arena, &result, &work->error, living, PARAMETERS(value_text(tenant_id))))
        return false;
    return cell_integer(result.cells[0]) < most
        || fail(&work->error, ERROR_limit_reached, "%lld api keys", (long long)most);
}

/* ---- Its secret ---- */

static struct text make_secret(struct work *work, struct text prefix, struct value *hash)
{
    struct text random = random_token(work->arena, SECRET_SIZE);
    struct text secret = arena_format(work->arena, "%.*s_%.*s", TEXT_ARG(prefix), TEXT_ARG(random));
    *hash = value_text(sha256_hex(work->arena, secret));
    return secret;
}

bool api_key_create(struct work *work, struct api_key *key, struct text *secret)
{
    bool confined = false;
    unsigned char bytes[PREFIX_SIZE];
    if (!check_tenants(work, key, &confined) || !check_scopes(work, key, confined)
        || !check_end(work, work->now, &key->expires_at) || !check_room(work))
        return false;
    random_bytes(bytes, sizeof bytes);
    struct text digits = hex_encode(work->arena, TEXT_BYTES(bytes));
    key->prefix = value_text(arena_format(work->arena, "nk_%.*s", TEXT_ARG(digits)));
    *secret = make_secret(work, key->prefix.text, &key->key_hash);
    return store_create(work, &api_keys_table, key->cells);
}

static bool audit(struct work *work, const struct api_key *key, const char *action, struct text metadata)
{
    const struct audit_entry entry = {
        .action = action,
        .entity_type = "api_keys",
        .entity_id = key->id.text,
        .tenant_id = cell_text(key->tenant_id),
        .outcome = "success",
        .metadata = metadata,
    };
    return audit_event(work, &entry);
}

bool api_key_rotate(struct work *work, const struct api_key *key, int64_t overlap_hours,
                    struct api_key *after, struct text *secret)
{
    struct api_key changes = { .rotated_at = value_time(work->now) };
    struct text hours = arena_format(work->arena, "{\"overlap_hours\":%lld}", (long long)overlap_hours);
    bool is_over = value_is_set(key->expires_at) && key->expires_at.integer <= work->now;
    if (value_is_set(key->revoked_at) || is_over)
        return fail(&work->error, ERROR_wrong_state, "neither revoked nor expired");
    changes.previous_key_hash = overlap_hours > 0 ? key->key_hash : value_null();
    changes.previous_ends_at =
        overlap_hours > 0 ? value_time(work->now + overlap_hours * HOUR_MS) : value_null();
    *secret = make_secret(work, key->prefix.text, &changes.key_hash);
    return store_update(work, &api_keys_table, key->cells, changes.cells, after->cells)
        && audit(work, key, "rotate", hours);
}

bool api_key_update(struct work *work, const struct value *before, struct value *changes, struct value *after)
{
    const struct api_key *key = (const struct api_key *)before;
    struct value *expires_at = &((struct api_key *)changes)->expires_at;
    if (expires_at->kind != VALUE_ABSENT && !check_end(work, key->created_at.integer, expires_at))
        return false;
    return store_update(work, &api_keys_table, before, changes, after);
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

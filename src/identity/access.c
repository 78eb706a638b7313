#include "identity/access.h"
#include "base/metrics.h"
#include "crypto/token.h"
#include "identity/claims.h"
#include "identity/known_token.h"
#include "identity/revocation.h"
#include "identity/session.h"
#include "model/model.h"
#include "record/store.h"
#include "record/transact.h"
#include "json/json.h"
#include <string.h>

enum { CREDENTIAL_MAX = 2048 };

static enum access refuse(struct work *work)
{
    fail(&work->error, ERROR_invalid_token, "");
    return ACCESS_REFUSED;
}

static void keep_id(char out[static UUID_LENGTH + 1], struct text id)
{
    if (id.length == UUID_LENGTH)
        memcpy(out, id.data, UUID_LENGTH);
}

/* A token says all itself; only what was taken back meanwhile is looked up. */
static bool read_token(struct work *work, struct text token, struct holder *holder)
{
    struct text payload;
    struct claims claims;
    if (!token_verify(work->arena, work->site->keyring, token, &payload)
        || !claims_read(work->arena, payload, claims_issuer(work->site), &claims)
        || claims.expires_ms <= work->now)
        return false;
    metric_add(METRIC_tokens_verified_total, 1);
    *holder = (struct holder){ .role = claims.role,
                               .duties = claims.duties,
                               .version = claims.epoch,
                               .expires_ms = claims.expires_ms,
                               .ends_ms = claims.expires_ms };
    keep_id(holder->user_id, claims.user_id);
    keep_id(holder->tenant_id, claims.tenant_id);
    keep_id(holder->session_id, claims.session_id);
    return true;
}

/* ["directory", "usage"] as "directory usage". */
static bool keep_scopes(struct work *work, struct text list, char out[static SCOPES_MAX + 1])
{
    struct json scopes;
    struct buffer words = { .arena = work->arena };
    if (!json_read(list, work->arena, &scopes, &work->error))
        return false;
    for (size_t i = 0; scopes.kind == JSON_ARRAY && i < scopes.count; i++)
        buffer_print(&words, "%s%.*s", i > 0 ? " " : "", TEXT_ARG(scopes.items[i].text));
    if (words.length > SCOPES_MAX)
        return false;
    memcpy(out, words.data, words.length);
    return true;
}

/* False without an error: no such key, or not now. */
static bool find_key(struct work *work, const char *digest_hex, struct holder *holder)
{
    struct api_key key;
    if (!store_find_by(work, &api_keys_table, "key_hash", value_string(digest_hex), false, key.cells)) {
        if (work->error.code == ERROR_not_found)
            error_clear(&work->error);
        return false;
    }
    int64_t expires_ms = value_is_set(key.expires_at) ? key.expires_at.integer : INT64_MAX;
    if (value_is_set(key.revoked_at) || expires_ms <= work->now)
        return false;
    *holder = (struct holder){ .role = MACHINE, .version = key.revision.integer, .ends_ms = expires_ms };
    holder->expires_ms = work->now + ACCESS_LIFE_MS < expires_ms ? work->now + ACCESS_LIFE_MS : expires_ms;
    keep_id(holder->api_key_id, key.id.text);
    keep_id(holder->tenant_id, cell_text(key.tenant_id));
    return keep_scopes(work, key.scopes.text, holder->scopes);
}

static bool is_allowed(struct revocations *revocations, const struct actor *actor)
{
    return revocations_allow(revocations, actor->session_id, 0)
        && revocations_allow(revocations, actor->user_id, actor->version)
        && revocations_allow(revocations, actor->api_key_id, actor->version)
        && revocations_allow(revocations, actor->tenant_id, 0);
}

/* What memory would say if it could be trusted. */
static bool ask_database(struct work *work, const struct holder *holder, bool *allowed)
{
    static const char session[] =
        "SELECT 1 FROM user_sessions s JOIN users u ON u.id = s.user_id LEFT JOIN tenants t ON t.id = "
        "u.tenant_id "
        "WHERE s.id = $1 AND s.is_active AND u.session_epoch <= $2 AND u.is_active AND u.deleted_at IS NULL "
        "AND "
        "(t.id IS NULL OR NOT (t.service_level = 'off' OR t.deletes_at IS NOT NULL OR t.deleted_at IS NOT "
        "NULL))";
    static const char key[] = "SELECT 1 FROM api_keys k LEFT JOIN tenants t ON t.id = k.tenant_id "
                              "WHERE k.id = $1 AND k.revision = $2 AND k.revoked_at IS NULL AND "
                              "(t.id IS NULL OR NOT (t.service_level = 'off' OR t.deletes_at IS NOT NULL OR "
                              "t.deleted_at IS NOT NULL))";
    bool is_machine = holder->role == MACHINE;
    struct text id = text_from(is_machine ? holder->api_key_id : holder->session_id);
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, is_machine ? key : session,
                PARAMETERS(value_text(id), value_integer(holder->version))))
        return false;
    *allowed = result.row_count > 0;
    return true;
}

/* The holder's texts, not copies of them. */
static struct actor actor_of(const struct holder *holder)
{
    return (struct actor){
        .role = holder->role,
        .user_id = text_from(holder->user_id),
        .tenant_id = text_from(holder->tenant_id),
        .session_id = text_from(holder->session_id),
        .api_key_id = text_from(holder->api_key_id),
        .scopes = text_from(holder->scopes),
        .duties = holder->duties,
        .version = holder->version,
        .expires_ms = holder->expires_ms,
    };
}

static enum access grant(struct work *work, const struct actor *actor)
{
    work->actor = *actor;
    struct text *const texts[] = { &work->actor.user_id,    &work->actor.tenant_id, &work->actor.session_id,
                                   &work->actor.api_key_id, &work->actor.scopes,    NULL };
    for (struct text *const *text = texts; *text; text++)
        **text = arena_copy(work->arena, **text);
    return ACCESS_GRANTED;
}

/* The holder is genuine: does it still count? */
static enum access decide(struct work *work, const struct holder *holder, bool asking)
{
    const struct actor actor = actor_of(holder);
    if (revocations_are_fresh(work->site))
        return is_allowed(work->site->revocations, &actor) ? grant(work, &actor) : refuse(work);
    if (!asking)
        return ACCESS_ASK;
    bool allowed;
    if (!revocations_are_trusted(work->site->revocations) && !revocations_load(work))
        return ACCESS_REFUSED;
    if (!ask_database(work, holder, &allowed))
        return ACCESS_REFUSED;
    return allowed ? grant(work, &actor) : refuse(work);
}

enum access access_again(struct site *site, const struct actor *actor)
{
    if (actor->expires_ms == 0)
        return ACCESS_GRANTED;
    if (actor->expires_ms <= site->now(site))
        return ACCESS_REFUSED;
    if (!revocations_are_fresh(site))
        return ACCESS_ASK;
    return is_allowed(site->revocations, actor) ? ACCESS_GRANTED : ACCESS_REFUSED;
}

/* Nobody can be asked just now, and what was verified before counts. */
static bool counts_while_away(struct work *work, const struct holder *holder)
{
    const struct actor actor = actor_of(holder);
    return holder->role == MACHINE && holder->ends_ms > work->now && !revocations_are_fresh(work->site)
        && is_allowed(work->site->revocations, &actor);
}

/* A key that changed is read again: it may have another date of expiry now, not be revoked. */
static bool is_current(struct work *work, const struct holder *holder)
{
    return holder->expires_ms > work->now
        && (holder->role != MACHINE
            || revocations_allow(work->site->revocations, text_from(holder->api_key_id), holder->version));
}

enum access access_identify(struct work *work, struct text credential, bool of_memory, bool asking)
{
    struct known_tokens *known = work->site->known_tokens;
    if (credential.length == 0 || credential.length > CREDENTIAL_MAX)
        return refuse(work);
    unsigned char digest[SHA256_SIZE];
    sha256(credential, digest);
    struct holder holder;
    if (known_tokens_find(known, digest, work->now, &holder)) {
        const struct actor actor = actor_of(&holder);
        if (of_memory && counts_while_away(work, &holder))
            return grant(work, &actor);
        if (is_current(work, &holder))
            return decide(work, &holder, asking);
    }
    bool is_key = text_starts(credential, TEXT("nk_"));
    if (is_key && !asking)
        return ACCESS_ASK;
    if (!(is_key ? find_key(work, sha256_hex(work->arena, credential).data, &holder)
                 : read_token(work, credential, &holder)))
        return work->error.code ? ACCESS_REFUSED : refuse(work);
    known_tokens_keep(known, digest, work->now, &holder);
    return decide(work, &holder, asking);
}

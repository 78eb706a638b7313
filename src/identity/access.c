#include "identity/access.h"
#include "base/buffer.h"
#include "base/metrics.h"
#include "crypto/token.h"
#include "identity/claims.h"
#include "identity/duty.h"
#include "identity/key_holder.h"
#include "identity/revocation.h"
#include "model/model.h"
#include "record/transact.h"
#include "settings/settings.h"
#include <string.h>

enum { CREDENTIAL_MAX = 2048, CLOCKS_APART_MS = 60 * 1000 };

static enum access refuse(struct work *work)
{
    fail(&work->error, ERROR_invalid_token, "");
    return ACCESS_REFUSED;
}

/* A token says all itself; only what was taken back meanwhile is looked up. */
static bool read_token(struct work *work, struct text token, struct holder *holder)
{
    struct text payload;
    struct claims claims;
    if (!token_verify(work->arena, work->site->keyring, token, &payload)
        || !claims_read(work->arena, payload, claims_issuer(work->site), &claims)
        || claims.expires_ms <= work->now || claims.issued_ms > work->now + CLOCKS_APART_MS)
        return false;
    metric_add(METRIC_tokens_verified_total, 1);
    *holder = (struct holder){ .role = claims.role,
                               .duties = claims.duties,
                               .lacks_factor = claims.lacks_factor,
                               .auth_time_ms = claims.auth_time_ms,
                               .version = claims.epoch,
                               .expires_ms = claims.expires_ms,
                               .ends_ms = claims.expires_ms };
    holder_keep_id(holder->user_id, claims.user_id);
    holder_keep_id(holder->tenant_id, claims.tenant_id);
    holder_keep_id(holder->session_id, claims.session_id);
    holder_keep_id(holder->sponsor_id, claims.impersonator_id);
    holder->sponsor_version = claims.impersonator_epoch;
    if (claims.language.length == LANGUAGE_LENGTH)
        memcpy(holder->language, claims.language.data, LANGUAGE_LENGTH);
    return true;
}

/* Do all of them still count? */
static bool are_allowed(struct revocations *revocations, struct text ids)
{
    bool allowed = true;
    while (ids.length > 0 && allowed)
        allowed = revocations_allow(revocations, text_cut(&ids, ' '), 0);
    return allowed;
}

static bool is_allowed(struct revocations *revocations, const struct actor *actor)
{
    const struct row_version rows[] = {
        { actor->session_id, 0 },
        { actor->user_id, actor->version },
        { actor->api_key_id, actor->version },
        { actor->sponsor_id, actor->sponsor_version },
        { actor->tenant_id, 0 },
    };
    return revocations_allow_all(revocations, rows, sizeof rows / sizeof *rows)
        && are_allowed(revocations, actor->tenant_ids);
}

#define IS_SHUT(tenant)                                                                                      \
    "(" tenant ".service_level = 'off' OR " tenant ".deletes_at IS NOT NULL OR " tenant                      \
    ".deleted_at IS NOT NULL)"

/* What memory would say if it could be trusted. */
static bool ask_session(struct work *work, struct actor *actor, bool *allowed)
{
    static const char session[] =
        "SELECT COALESCE(t.requires_second_factor, FALSE) FROM user_sessions s JOIN users u ON u.id = "
        "s.user_id LEFT JOIN tenants t ON t.id = "
        "u.tenant_id WHERE s.id = $1 AND s.is_active AND u.session_epoch <= $2 AND u.is_active AND "
        "u.deleted_at IS NULL AND (t.id IS NULL OR NOT " IS_SHUT("t") ")";
    struct result result;
    if (!settings_load(work)
        || !db_run(work->db, work->arena, &result, &work->error, session,
                   PARAMETERS(value_text(actor->session_id), value_integer(actor->version))))
        return false;
    *allowed = result.row_count > 0;
    if (*allowed)
        actor->duties |= duties_by_rule(work->site, actor, cell_boolean(result_row(&result, 0)[0]));
    return true;
}

/* The same of a tenant, where memory is not fresh; an empty id is shut out by nobody. */
static bool ask_tenant(struct work *work, struct text id, bool fresh, bool *allowed)
{
    static const char shut[] = "SELECT 1 FROM tenants t WHERE t.id = $1 AND " IS_SHUT("t");
    struct result result;
    *allowed = revocations_allow(work->site->revocations, id, 0);
    if (id.length == 0 || fresh)
        return true;
    if (!db_run(work->db, work->arena, &result, &work->error, shut, PARAMETERS(value_text(id))))
        return false;
    *allowed = result.row_count == 0;
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
        .tenant_ids = text_from(holder->tenant_ids),
        .scopes = holder->scopes,
        .sponsor_id = text_from(holder->sponsor_id),
        .sponsor_version = holder->sponsor_version,
        .language = text_from(holder->language),
        .duties = holder->duties,
        .lacks_factor = holder->lacks_factor,
        .auth_time_ms = holder->auth_time_ms,
        .version = holder->version,
        .expires_ms = holder->expires_ms,
    };
}

static enum access grant(struct work *work, const struct actor *actor)
{
    work->actor = *actor;
    struct text *const texts[] = { &work->actor.user_id,    &work->actor.tenant_id,
                                   &work->actor.session_id, &work->actor.api_key_id,
                                   &work->actor.tenant_ids, &work->actor.sponsor_id,
                                   &work->actor.language,   NULL };
    for (struct text *const *text = texts; *text; text++)
        **text = arena_copy(work->arena, **text);
    return ACCESS_GRANTED;
}

static enum access decide_session(struct work *work, const struct holder *holder, bool fresh)
{
    struct actor actor = actor_of(holder);
    bool allowed = is_allowed(work->site->revocations, &actor);
    if (fresh)
        actor.duties |= duties_by_memory(work->site, &actor);
    else if (!ask_session(work, &actor, &allowed))
        return ACCESS_REFUSED;
    return allowed ? grant(work, &actor) : refuse(work);
}

/* Of several tenants those are left out that are shut out. */
static enum access decide_key(struct work *work, const struct holder *holder, bool fresh)
{
    struct actor actor = actor_of(holder);
    struct buffer open = { .arena = work->arena };
    bool allowed, any = actor.tenant_ids.length == 0;
    if (!ask_tenant(work, actor.tenant_id, fresh, &allowed))
        return ACCESS_REFUSED;
    for (struct text rest = actor.tenant_ids; rest.length > 0 && allowed;) {
        struct text id = text_cut(&rest, ' ');
        bool is_open;
        if (!ask_tenant(work, id, fresh, &is_open))
            return ACCESS_REFUSED;
        if (is_open)
            buffer_print(&open, "%s%.*s", any ? " " : "", TEXT_ARG(id));
        any = any || is_open;
    }
    actor.tenant_ids = open.text;
    return allowed && any ? grant(work, &actor) : refuse(work);
}

/* The holder is genuine: does it still count? Who may not ask has no connection, and memory may cease to be
 * fresh at any moment: it is looked at once. */
static enum access decide(struct work *work, const struct holder *holder, bool asking)
{
    bool fresh = revocations_are_fresh(work->site);
    bool trusted = revocations_are_trusted(work->site->revocations);
    if (!(fresh && trusted) && !asking)
        return ACCESS_ASK;
    if (!trusted && !revocations_load(work))
        return ACCESS_REFUSED;
    return holder_is_machine(holder) ? decide_key(work, holder, fresh) : decide_session(work, holder, fresh);
}

enum access access_again(struct site *site, const struct actor *actor)
{
    if (actor->expires_ms == 0)
        return ACCESS_GRANTED;
    if (actor->expires_ms <= site->now(site))
        return ACCESS_REFUSED;
    if (!revocations_are_fresh(site))
        return ACCESS_ASK;
    bool owes_more = duties_by_memory(site, actor) & ~actor->duties;
    return is_allowed(site->revocations, actor) && !owes_more ? ACCESS_GRANTED : ACCESS_REFUSED;
}

/* Nobody can be asked just now, and what was verified before counts. */
static bool counts_while_away(struct work *work, const struct holder *holder)
{
    const struct actor actor = actor_of(holder);
    return holder_is_machine(holder) && holder->ends_ms > work->now && !revocations_are_fresh(work->site)
        && is_allowed(work->site->revocations, &actor);
}

/* A key is read again where it changed, or who made it: it may have another date of expiry now, or be worth
 * less. */
static bool is_current(struct work *work, const struct holder *holder)
{
    const struct row_version rows[] = {
        { text_from(holder->api_key_id), holder->version },
        { text_from(holder->sponsor_id), holder->sponsor_version },
    };
    if (holder->expires_ms <= work->now)
        return false;
    return !holder_is_machine(holder)
        || (revocations_are_fresh(work->site)
            && revocations_allow_all(work->site->revocations, rows, sizeof rows / sizeof *rows));
}

static enum access identify(struct work *work, struct text credential, const unsigned char *digest,
                            bool of_memory, bool asking)
{
    struct known_tokens *known = work->site->known_tokens;
    struct holder holder;
    if (known_tokens_find(known, digest, &holder)) {
        const struct actor actor = actor_of(&holder);
        if (of_memory && counts_while_away(work, &holder))
            return grant(work, &actor);
        if (is_current(work, &holder))
            return decide(work, &holder, asking);
    }
    bool is_key = text_starts(credential, TEXT("nk_"));
    if (is_key && !asking)
        return ACCESS_ASK;
    if (!(is_key ? key_holder_read(work, digest, &holder) : read_token(work, credential, &holder)))
        return work->error.code ? ACCESS_REFUSED : refuse(work);
    known_tokens_keep(known, digest, &holder);
    return decide(work, &holder, asking);
}

enum access access_identify(struct work *work, struct text credential, bool of_memory, bool asking)
{
    if (credential.length == 0 || credential.length > CREDENTIAL_MAX)
        return refuse(work);
    unsigned char digest[SHA256_SIZE];
    sha256(credential, digest);
    enum access access = identify(work, credential, digest, of_memory, asking);
    if (access == ACCESS_GRANTED)
        known_tokens_count(work->site->known_tokens, digest, work->now);
    return access;
}

#include "identity/session.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "crypto/token.h"
#include "identity/amr.h"
#include "identity/break_glass.h"
#include "identity/claims.h"
#include "identity/device.h"
#include "identity/duty.h"
#include "identity/impersonation.h"
#include "identity/refresh_token.h"
#include "identity/session_life.h"
#include "letters/notice.h"
#include "model/service_level.h"
#include "record/audit.h"
#include "record/site.h"
#include "record/store.h"

enum { GRACE_MS = 30 * 1000 };

/* Does somebody act in the user's name? */
static bool is_acting(const struct user_session *session)
{
    return value_is_set(session->impersonator_id);
}

static void sign_access(struct work *work, const struct user_session *session, struct grant *grant)
{
    const struct user *user = &grant->user, nobody = {},
                      *impersonator = is_acting(session) ? &grant->impersonator : &nobody;
    const struct claims claims = {
        .user_id = user->id.text,
        .session_id = session->id.text,
        .tenant_id = cell_text(user->tenant_id),
        .language = user->language.text,
        .role = role_named(user->system_role.text),
        .impersonator_id = cell_text(impersonator->id),
        .impersonator_epoch = cell_integer(impersonator->session_epoch),
        .duties = is_acting(session) ? 0 : duties_of(user),
        .lacks_factor = !is_acting(session) && !value_is_true(user->mfa_enabled),
        .epoch = user->session_epoch.integer,
        .amr = session->amr.text,
        .auth_time_ms = cell_integer(session->authenticated_at),
        .issued_ms = work->now,
        .expires_ms = session_access_end(work, session),
    };
    struct text json = claims_write(work->arena, &claims, claims_issuer(work->site));
    grant->access_token = token_sign(work->arena, work->site->keyring, json);
    grant->session_id = session->id.text;
    grant->expires_in_seconds = (claims.expires_ms - work->now) / 1000;
    grant->refresh_expires_ms = session_last_end(work, session);
}

bool session_begin(struct work *work, const struct user *user, struct text amr, struct value at,
                   struct grant *grant)
{
    struct text agent = work->origin.user_agent, id = random_uuid(work->arena, work->now);
    struct device device = device_of(work->arena, agent);
    grant->user = *user;
    grant->refresh_token = refresh_token_make(work, id);
    struct user_session session = {
        .id = value_text(id),
        .user_id = user->id,
        .tenant_id = user->tenant_id,
        .token_hash = value_text(refresh_token_hash(work, grant->refresh_token)),
        .device_name = value_text_or_null(device.name),
        .device_type = value_text_or_null(device.type),
        .ip_address = value_text_or_null(work->origin.address),
        .user_agent = value_text_or_null(agent),
        .amr = value_text(amr),
        .authenticated_at = at,
        .last_activity_at = value_time(work->now),
        .expires_at = value_time(session_first_end(work)),
        .idle_expires_at = value_time(session_idle_end(work)),
    };
    if (!store_create(work, &user_sessions_table, session.cells))
        return false;
    sign_access(work, &session, grant);
    return true;
}

/* The tenant's people see the session: where the member of staff sits is none of their business. */
bool session_begin_acting(struct work *work, const struct user *user, const struct user *impersonator,
                          int64_t until_ms, struct grant *grant)
{
    struct text id = random_uuid(work->arena, work->now);
    grant->user = *user;
    grant->impersonator = *impersonator;
    grant->refresh_token = refresh_token_make(work, id);
    struct user_session session = {
        .id = value_text(id),
        .user_id = user->id,
        .tenant_id = user->tenant_id,
        .impersonator_id = impersonator->id,
        .token_hash = value_text(refresh_token_hash(work, grant->refresh_token)),
        .device_name = value_string("NIDIA"),
        .amr = value_text(amr_write(work->arena, 0)),
        .authenticated_at = value_time(work->now),
        .last_activity_at = value_time(work->now),
        .expires_at = value_time(until_ms),
        .idle_expires_at = value_time(until_ms),
    };
    if (!store_create(work, &user_sessions_table, session.cells))
        return false;
    sign_access(work, &session, grant);
    return true;
}

bool session_hand_over(struct work *work, struct text from_id, struct text to_id)
{
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error,
                  "UPDATE provider_sign_ins SET session_id = $1 WHERE session_id = $2",
                  PARAMETERS(value_text(to_id), value_text(from_id)));
}

static bool audit_end(struct work *work, const char *action, const char *type, struct text id,
                      struct text tenant_id, const char *reason)
{
    const struct audit_entry entry = {
        .action = action,
        .entity_type = type,
        .entity_id = id,
        .tenant_id = tenant_id,
        .outcome = "success",
        .metadata = arena_format(work->arena, "{\"reason\":\"%s\"}", reason),
    };
    return audit_event(work, &entry);
}

bool session_end(struct work *work, const struct user_session *session, const char *reason)
{
    if (!value_is_true(session->is_active))
        return true;
    struct user_session changes = {
        .is_active = value_boolean(false),
        .ended_at = value_time(work->now),
        .ended_reason = value_string(reason),
        .successor_sealed = value_null(),
    }, after;
    return store_update(work, &user_sessions_table, session->cells, changes.cells, after.cells)
        && (!is_acting(session)
            || impersonations_note_end(work, IMPERSONATION_OF_SESSION, session->id.text, reason))
        && audit_end(work, "end_session", "user_sessions", session->id.text, cell_text(session->tenant_id),
                     reason);
}

bool sessions_end_all(struct work *work, struct text user_id, const char *reason)
{
    static const char end[] = "UPDATE user_sessions SET is_active = FALSE, ended_at = $1, ended_reason = $2, "
                              "updated_at = $1, successor_sealed = NULL, revision = revision + 1 "
                              "WHERE (user_id = $3 OR impersonator_id = $3) AND is_active";
    static const char raise[] =
        "UPDATE users SET session_epoch = session_epoch + 1, updated_at = $1 WHERE id = $2";
    struct value now = value_time(work->now), id = value_text(user_id);
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error, raise, PARAMETERS(now, id))
        && db_run(work->db, work->arena, &result, &work->error, end,
                  PARAMETERS(now, value_string(reason), id))
        && impersonations_note_end(work, IMPERSONATION_OF_PERSON, user_id, reason)
        && store_announce(work, &users_table, user_id);
}

bool sessions_end_on_demand(struct work *work, struct text user_id, struct text tenant_id, const char *reason)
{
    return sessions_end_all(work, user_id, reason)
        && audit_end(work, "end_sessions", "users", user_id, tenant_id, reason);
}

bool person_may_enter(struct work *work, const struct user *user, bool *may)
{
    *may = value_is_true(user->is_active) && !value_is_set(user->deleted_at);
    if (!*may || !value_is_set(user->tenant_id))
        return true;
    struct tenant tenant;
    if (!store_find_by(work, &tenants_table, "id", user->tenant_id, false, tenant.cells))
        return false;
    *may = service_rules_of(service_level_named(tenant.service_level.text))->lets_in
        && !value_is_set(tenant.deletes_at) && !value_is_set(tenant.deleted_at);
    return true;
}

/* ---- Refreshing ---- */

static bool is_hash(struct value stored, struct text hash)
{
    return stored.kind == VALUE_TEXT && secret_equal(stored.text, hash);
}

static struct value seen_at(const struct work *work, const struct user_session *session)
{
    return is_acting(session) ? value_null() : value_text_or_null(work->origin.address);
}

/* The token is current: one compare-and-swap, which of two at once only one wins. */
static bool rotate(struct work *work, const struct user_session *session, struct text token,
                   struct grant *grant, bool *won)
{
    static const char swap[] =
        "UPDATE user_sessions SET previous_token_hash = token_hash, token_hash = $1, successor_sealed = $2, "
        "rotated_at = $3, last_activity_at = $3, idle_expires_at = $4, ip_address = $5, updated_at = $3, "
        "revision = revision + 1 WHERE id = $6 AND token_hash = $7 AND is_active";
    struct text id = session->id.text, successor = refresh_token_make(work, id);
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, swap,
                PARAMETERS(value_text(refresh_token_hash(work, successor)),
                           value_text(refresh_token_seal(work, successor, token, id)), value_time(work->now),
                           value_time(session_idle_end(work)), seen_at(work, session), session->id,
                           session->token_hash)))
        return false;
    *won = result.changed == 1;
    grant->refresh_token = successor;
    return true;
}

/* An old token: somebody else has the one that followed it, or had this one. */
static bool end_reused(struct work *work, const struct user_session *session, const struct user *user)
{
    const struct mail_word words[] = { { "device", device_in_words(cell_text(session->device_name)) }, {} };
    const struct notice notice = { mail_kind_session_ended, user, {}, words };
    const struct audit_entry entry = {
        .action = "refresh_token_reused",
        .entity_type = "user_sessions",
        .entity_id = session->id.text,
        .tenant_id = cell_text(session->tenant_id),
        .user_id = session->user_id.text,
        .outcome = "denied",
    };
    work_count(work, METRIC_refresh_reuse_total);
    return session_end(work, session, "token_reused") && audit_event(work, &entry)
        && (is_acting(session) || notice_send(work, &notice));
}

static bool is_in_grace(const struct work *work, const struct user_session *session)
{
    return value_is_set(session->successor_sealed) && value_is_set(session->rotated_at)
        && work->now < session->rotated_at.integer + GRACE_MS;
}

/* The refresh token that follows; *refused where there is none. */
static bool follow(struct work *work, const struct user_session *session, struct text token,
                   struct grant *grant, bool *refused)
{
    struct text hash = refresh_token_hash(work, token);
    bool won = false;
    if (is_hash(session->token_hash, hash)) {
        if (!rotate(work, session, token, grant, &won))
            return false;
        return won || fail(&work->error, ERROR_internal, "a locked session was rotated by another");
    }
    if (is_hash(session->previous_token_hash, hash) && is_in_grace(work, session))
        return refresh_token_unseal(work, session->successor_sealed.text, token, session->id.text,
                                    &grant->refresh_token);
    *refused = true;
    return end_reused(work, session, &grant->user);
}

static bool find_session(struct work *work, struct text id, struct user_session *session, bool *found)
{
    *found = store_find_by(work, &user_sessions_table, "id", value_text(id), true, session->cells);
    if (!*found && work->error.code != ERROR_not_found)
        return false;
    error_clear(&work->error);
    return true;
}

bool session_refresh(struct work *work, struct text refresh_token, struct grant *grant, bool *refused)
{
    struct user_session session;
    struct text id;
    bool found, may;
    *refused = !refresh_token_read(work, refresh_token, &id);
    if (*refused)
        return true;
    if (!find_session(work, id, &session, &found))
        return false;
    *refused = !found || session_is_over(work, &session);
    if (*refused)
        return true;
    if (!store_find_by(work, &users_table, "id", session.user_id, false, grant->user.cells)
        || !person_may_enter(work, &grant->user, &may))
        return false;
    if (may && is_acting(&session) && !impersonation_find_actor(work, &session, &grant->impersonator, &may))
        return false;
    *refused = !may || break_glass_bars(work, &grant->user, amr_read(work->arena, cell_text(session.amr)));
    if (*refused)
        return true;
    if (!follow(work, &session, refresh_token, grant, refused))
        return false;
    if (!*refused)
        sign_access(work, &session, grant);
    return true;
}

#include "identity/entry.h"
#include "base/calendar.h"
#include "crypto/hash.h"
#include "crypto/one_time_code.h"
#include "identity/amr.h"
#include "identity/break_glass.h"
#include "identity/lock.h"
#include "identity/new_device.h"
#include "identity/passkey_factor.h"
#include "identity/session_limit.h"
#include "identity/throttle.h"
#include "record/audit.h"
#include "record/store.h"

enum { TICKET_LIFE_MS = 5 * MINUTE_MS, TICKET_ATTEMPTS = 5, TICKET_BYTES = 32 };

static bool audit(struct work *work, const struct user *user, const char *action, const char *outcome,
                  struct text metadata)
{
    const struct audit_entry entry = {
        .action = action,
        .entity_type = "users",
        .entity_id = user->id.text,
        .tenant_id = cell_text(user->tenant_id),
        .user_id = user->id.text,
        .outcome = outcome,
        .metadata = metadata,
    };
    return audit_event(work, &entry);
}

/* ---- In ---- */

/* From here on the work is that person's: its audit record too. */
static void become(struct work *work, const struct grant *grant)
{
    work->actor = (struct actor){
        .role = role_named(grant->user.system_role.text),
        .user_id = grant->user.id.text,
        .tenant_id = cell_text(grant->user.tenant_id),
        .session_id = grant->session_id,
    };
}

/* Who is signed in has proven it anew: the session that asked ends with its tokens. */
static bool take_place(struct work *work, const struct arrival *arrival, struct text amr, struct grant *grant)
{
    struct user_session session;
    if (!store_find_by(work, &user_sessions_table, "id", value_text(arrival->session_id), true,
                       session.cells))
        return false;
    if (!value_is_true(session.is_active)) /* it was ended while the password was compared */
        return fail(&work->error, ERROR_invalid_token, "");
    return session_end(work, &session, "proven_anew")
        && session_begin(work, arrival->user, amr, value_time(work->now), grant)
        && session_hand_over(work, arrival->session_id, grant->session_id)
        && audit(work, arrival->user, "step_up", "success",
                 arena_format(work->arena, "{\"amr\":%.*s}", TEXT_ARG(amr)));
}

/* What ends with the provider's session, and signs out there, is this session from now on. */
static bool attach_provider(struct work *work, const struct arrival *arrival, struct text session_id)
{
    struct result result;
    return arrival->provider_sign_in_id.length == 0
        || db_run(work->db, work->arena, &result, &work->error,
                  "UPDATE provider_sign_ins SET session_id = $1 WHERE id = $2",
                  PARAMETERS(value_text(session_id), value_text(arrival->provider_sign_in_id)));
}

bool entry_finish(struct work *work, const struct arrival *arrival, struct grant *grant)
{
    struct user *user = arrival->user, changes = {
        .last_login_at = value_time(work->now),
        .last_login_ip = value_text_or_null(work->origin.address),
    };
    struct text amr = amr_write(work->arena, arrival->amr);
    struct value at = arrival->recognised_at;
    if (at.kind == VALUE_ABSENT)
        at = value_time(work->now);
    lock_forget(user, &changes);
    if (arrival->session_id.length > 0)
        return take_place(work, arrival, amr, grant);
    if ((arrival->device.length == 0 && !new_device_tell(work, user))
        || !store_update(work, &users_table, user->cells, changes.cells, user->cells)
        || !session_begin(work, user, amr, at, grant) || !attach_provider(work, arrival, grant->session_id))
        return false;
    become(work, grant);
    work_count(work, METRIC_sign_ins_total);
    return audit(work, user, "sign_in", "success", arena_format(work->arena, "{\"amr\":%.*s}", TEXT_ARG(amr)))
        && session_limit_keep(work, user->id.text, grant->session_id);
}

/* ---- Tickets ---- */

static bool add_ticket(struct work *work, const struct arrival *arrival, struct second_factor_ticket *ticket,
                       struct text *token)
{
    *token = random_token(work->arena, TICKET_BYTES);
    *ticket = (struct second_factor_ticket){
        .user_id = arrival->user->id,
        .session_id = value_text_or_null(arrival->session_id),
        .token_hash = value_text(sha256_hex(work->arena, *token)),
        .provider_sign_in_id = value_text_or_null(arrival->provider_sign_in_id),
        .amr = value_text(amr_write(work->arena, arrival->amr)),
        .device = value_text_or_null(arrival->device),
        .epoch = arrival->user->session_epoch,
        .expires_at = value_time(work->now + TICKET_LIFE_MS),
    };
    return store_create(work, &second_factor_tickets_table, ticket->cells);
}

/* An attempt at what the ticket is for; *found is false once it has run out of time or of attempts. */
static bool take_attempt(struct work *work, struct text token, struct second_factor_ticket *ticket,
                         bool *found)
{
    static const char take[] =
        "UPDATE second_factor_tickets SET attempts = attempts + 1 WHERE token_hash = $1 "
        "AND expires_at > $2 AND attempts < $3 RETURNING id";
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, take,
                PARAMETERS(value_text(sha256_hex(work->arena, token)), value_time(work->now),
                           value_integer(TICKET_ATTEMPTS))))
        return false;
    *found = result.row_count > 0;
    return !*found
        || store_find_by(work, &second_factor_tickets_table, "id", result_row(&result, 0)[0], true,
                         ticket->cells);
}

static bool remove_ticket(struct work *work, const struct second_factor_ticket *ticket)
{
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error,
                  "DELETE FROM second_factor_tickets WHERE id = $1", PARAMETERS(ticket->id));
}

/* ---- The second factor ---- */

static struct bucket bucket_of(struct work *work, const struct second_factor_ticket *ticket)
{
    struct text device = cell_text(ticket->device);
    struct text name =
        device.length > 0
            ? arena_format(work->arena, "second_factor:device:%.*s", TEXT_ARG(device))
            : arena_format(work->arena, "second_factor:account:%.*s", TEXT_ARG(ticket->user_id.text));
    return throttle_bucket(work, name, SETTING_second_factors_per_account, HOUR_MS);
}

/* Looks again at who may have changed since the first factor. */
static bool may_go_on(struct work *work, const struct second_factor_ticket *ticket, struct user *user,
                      bool *may)
{
    struct user_session session;
    if (!store_find_by(work, &users_table, "id", ticket->user_id, true, user->cells)
        || !person_may_enter(work, user, may))
        return false;
    *may = *may && user->session_epoch.integer == ticket->epoch.integer
        && !lock_bars(work, user, value_is_set(ticket->device));
    if (!value_is_set(ticket->session_id))
        return true;
    if (!store_find_by(work, &user_sessions_table, "id", ticket->session_id, true, session.cells))
        return false;
    *may = *may && value_is_true(session.is_active);
    return true;
}

/* A failed sign-in as much as a wrong password is. */
static bool refuse(struct work *work, const struct second_factor_attempt *attempt, struct entry *entry)
{
    struct text kind = second_factor_kind_choices.texts[attempt->kind];
    entry->refused = true;
    work_count(work, METRIC_sign_in_failures_total);
    return lock_count_failure(work, attempt->user)
        && audit(work, attempt->user, "sign_in_failed", "denied",
                 arena_format(work->arena, "{\"reason\":\"wrong_second_factor\",\"method\":\"%.*s\"}",
                              TEXT_ARG(kind)));
}

/* Good: the session; wrong: it is counted. */
static bool prove(struct work *work, struct second_factor_attempt *attempt, struct user *user,
                  struct entry *entry)
{
    const struct second_factor_method *method = &second_factor_methods[attempt->kind];
    const struct bucket bucket = bucket_of(work, attempt->ticket);
    bool good;
    attempt->user = user;
    if (!throttle_pass(work, &bucket) || !method->verify(work, attempt, &good))
        return false;
    if (!good)
        return refuse(work, attempt, entry);
    const struct arrival arrival = {
        .user = user,
        .provider_sign_in_id = cell_text(attempt->ticket->provider_sign_in_id),
        .amr = amr_read(work->arena, attempt->ticket->amr.text) | method->amr | AMR_TWO_FACTORS,
        .device = cell_text(attempt->ticket->device),
        .session_id = cell_text(attempt->ticket->session_id),
    };
    return throttle_give_back(work, &bucket) && remove_ticket(work, attempt->ticket)
        && entry_finish(work, &arrival, &entry->grant);
}

bool entry_complete(struct work *work, const struct second_factor_given *given, struct entry *entry)
{
    struct second_factor_ticket ticket;
    struct second_factor_attempt attempt = {
        .kind = given->kind, .ticket = &ticket, .code = given->code, .credential = given->credential
    };
    struct user user;
    bool may;
    *entry = (struct entry){};
    if (!take_attempt(work, given->ticket, &ticket, &may))
        return false;
    if (may && !may_go_on(work, &ticket, &user, &may))
        return false;
    entry->refused = !may;
    return !may || prove(work, &attempt, &user, entry);
}

/* What was typed beside the password: six digits are the app's. */
static enum second_factor_kind kind_of(struct text code)
{
    return code.length == CODE_DIGITS ? second_factor_kind_totp : second_factor_kind_recovery_code;
}

bool entry_begin(struct work *work, const struct arrival *arrival, struct entry *entry)
{
    struct second_factor_ticket ticket;
    unsigned kinds;
    *entry = (struct entry){};
    entry->refused = break_glass_bars(work, arrival->user, arrival->amr);
    if (entry->refused)
        return audit(work, arrival->user, "sign_in_failed", "denied", TEXT("{\"reason\":\"sso_required\"}"));
    if (!value_is_true(arrival->user->mfa_enabled) || arrival->amr & AMR_TWO_FACTORS)
        return entry_finish(work, arrival, &entry->grant);
    if (!add_ticket(work, arrival, &ticket, &entry->ticket)
        || !second_factors_enrolled(work, arrival->user->id.text, &kinds))
        return false;
    if (arrival->otp.length == 0) {
        if (kinds & 1u << second_factor_kind_passkey && !passkey_ask(work, &ticket, &entry->passkey_question))
            return false;
        entry->methods = second_factors_write(work->arena, kinds);
        entry->ticket_expires_in_seconds = TICKET_LIFE_MS / 1000;
        return true;
    }
    struct second_factor_attempt attempt = { .kind = kind_of(arrival->otp),
                                             .ticket = &ticket,
                                             .code = arrival->otp };
    entry->ticket = (struct text){};
    return prove(work, &attempt, arrival->user, entry);
}

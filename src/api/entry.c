#include "api/entry.h"
#include "api/answer.h"
#include "api/cookie.h"
#include "base/calendar.h"
#include "identity/identity.h"
#include "identity/known_device.h"
#include "identity/step_up.h"
#include "record/document.h"

/* The user as that person may see it, inside the answer. */
static struct value user_document(struct call *call, const struct user *user)
{
    struct column_set columns = columns_visible(&users_table, role_named(user->system_role.text));
    struct buffer json = { .arena = call->work.arena };
    document_write(&json, &users_table, user->cells, &columns);
    return value_text(json.text);
}

static bool answer_tokens(struct call *call, const struct grant *grant, struct text recovery_codes,
                          bool in_cookie)
{
    struct token_grant answer = {
        .access_token = value_text(grant->access_token),
        .token_type = value_string("Bearer"),
        .expires_in = value_integer(grant->expires_in_seconds),
        .user = user_document(call, &grant->user),
    };
    if (recovery_codes.length > 0)
        answer.recovery_codes = value_text(recovery_codes);
    if (in_cookie)
        cookie_set(call, COOKIE_REFRESH, grant->refresh_token,
                   (grant->refresh_expires_ms - call->work.now) / 1000);
    else
        answer.refresh_token = value_text(grant->refresh_token);
    return answer_shape(call, &token_grants_table, answer.cells);
}

bool answer_grant(struct call *call, const struct grant *grant, bool in_cookie)
{
    return answer_tokens(call, grant, (struct text){}, in_cookie);
}

bool answer_factor_change(struct call *call, const struct factor_change *change, bool in_cookie)
{
    return answer_tokens(call, &change->grant, change->recovery_codes, in_cookie);
}

bool answer_entry(struct call *call, const struct entry *entry, bool in_cookie)
{
    if (!entry_is_challenged(entry)) {
        cookie_set(call, COOKIE_DEVICE, known_device_make(&call->work, entry->grant.user.id.text),
                   (int64_t)DEVICE_LIFE_DAYS * DAY_MS / 1000);
        return answer_grant(call, &entry->grant, in_cookie);
    }
    struct second_factor_challenge challenge = {
        .ticket = value_text(entry->ticket),
        .expires_in = value_integer(entry->ticket_expires_in_seconds),
        .methods = value_text(entry->methods),
    };
    if (entry->passkey_question.length > 0)
        challenge.passkey = value_text(entry->passkey_question);
    answer_shape(call, &second_factor_challenges_table, challenge.cells);
    call->response->status = 202;
    return true;
}

static bool login(struct call *call)
{
    const struct login *body = (const struct login *)call->taken;
    const struct credentials credentials = {
        .email = body->email.text,
        .password = body->password.text,
        .device = cookie_read(call, COOKIE_DEVICE),
        .otp = cell_text(body->otp),
    };
    struct entry entry;
    bool in_cookie;
    return cookie_mode(call, &in_cookie) && sign_in(&call->work, &credentials, &entry)
        && answer_entry(call, &entry, in_cookie);
}

/* A refusal is answered here, so that what it wrote, the count of attempts, is kept. */
static bool second_factor(struct call *call)
{
    const struct second_factor_proof *body = (const struct second_factor_proof *)call->taken;
    const struct second_factor_given given = {
        .kind = second_factor_named(body->method.text),
        .ticket = body->ticket.text,
        .code = cell_text(body->code),
        .credential = cell_text(body->credential),
    };
    struct entry entry;
    bool in_cookie;
    if (!cookie_mode(call, &in_cookie) || !entry_complete(&call->work, &given, &entry))
        return false;
    if (!entry.refused)
        return answer_entry(call, &entry, in_cookie);
    fail(&call->work.error, ERROR_second_factor_refused, "");
    answer_problem(call);
    return true;
}

static bool prove_again(struct call *call)
{
    const struct step_up_proof *body = (const struct step_up_proof *)call->taken;
    const struct step_up given = {
        .current_password = cell_text(body->current_password),
        .otp = cell_text(body->otp),
        .device = cookie_read(call, COOKIE_DEVICE),
    };
    struct entry entry;
    bool in_cookie;
    if (!cookie_mode(call, &in_cookie) || !step_up(&call->work, &given, &entry))
        return false;
    if (entry.refused)
        return fail(&call->work.error, ERROR_second_factor_refused, "");
    return answer_entry(call, &entry, in_cookie);
}

const struct route entry_routes[] = {
    { METHOD_POST, "/auth/login", "login", COST_SLOW, VISITOR, .handle = login, .takes = &logins_table,
      .gives = &token_grants_table, .how = GIVES_ROW, .defers = &second_factor_challenges_table,
      .no_idempotency = true,
      .codes = { ERROR_invalid_credentials, ERROR_second_factor_refused, ERROR_cross_site,
                 ERROR_rate_limited },
      .doc = "Sign in. One answer for every cause of a refusal. Where the account has a second factor, a "
             "ticket for it (202)." },
    { METHOD_POST, "/auth/second-factor", "prove_second_factor", COST_WRITE, VISITOR, .handle = second_factor,
      .takes = &second_factor_proofs_table, .gives = &token_grants_table, .how = GIVES_ROW,
      .no_idempotency = true, .codes = { ERROR_second_factor_refused, ERROR_cross_site, ERROR_rate_limited },
      .doc = "Prove the second factor that a ticket was given for: five attempts, five minutes." },
    { METHOD_POST, "/auth/step-up", "step_up", COST_SLOW, SIGNED_IN, .open_under = ANY_DUTY,
      .always_open = true, .handle = prove_again, .takes = &step_up_proofs_table, .body_optional = true,
      .gives = &token_grants_table, .how = GIVES_ROW, .defers = &second_factor_challenges_table,
      .no_idempotency = true, .codes = { ERROR_second_factor_refused, ERROR_cross_site, ERROR_rate_limited },
      .doc = "Prove again who one is, where step_up_required was answered: by a second factor, where the "
             "account has one, else by the password. The tokens given take the place of these. Who came from "
             "an identity provider may also go there again, by GET /auth/sso/{name}?prompt=login." },
    {},
};

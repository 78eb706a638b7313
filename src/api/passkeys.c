/* Passkeys: made and removed by who is signed in, and a way in. */
#include "api/cookie.h"
#include "api/entry.h"
#include "identity/passkey.h"
#include "identity/passkey_factor.h"
#include "identity/passkey_sign_in.h"
#include "model/model.h"
#include "record/store.h"

static bool answer_question(struct call *call, struct text options)
{
    const struct passkey_question answer = { .public_key = value_text(options) };
    return answer_shape(call, &passkey_questions_table, answer.cells);
}

static bool offer(struct call *call)
{
    struct text options;
    return passkey_offer(&call->work, &options) && answer_question(call, options);
}

static bool add(struct call *call)
{
    const struct fresh_passkey *body = (const struct fresh_passkey *)call->taken;
    const struct passkey_registration registration = { body->name.text, body->credential.text };
    struct user user;
    struct factor_change change = { .user = &user };
    struct user_passkey passkey;
    bool in_cookie;
    if (!cookie_mode(call, &in_cookie) || !passkey_register(&call->work, &registration, &change, &passkey))
        return false;
    response_header(call->response, TEXT("Location"),
                    arena_format(call->work.arena, "/api/v1/user_passkeys/%.*s", TEXT_ARG(passkey.id.text)));
    return answer_factor_change(call, &change, in_cookie);
}

static bool remove_own(struct call *call)
{
    struct work *work = &call->work;
    struct user user;
    struct factor_change change = { .user = &user, .kind = second_factor_kind_passkey };
    bool in_cookie;
    return cookie_mode(call, &in_cookie)
        && store_find_locked(work, &users_table, work->actor.user_id, user.cells)
        && passkey_remove_own(work, call->parameters[0], &change)
        && answer_factor_change(call, &change, in_cookie);
}

static bool ask(struct call *call)
{
    return answer_question(call, passkey_sign_in_question(&call->work));
}

static bool login(struct call *call)
{
    const struct passkey_login *body = (const struct passkey_login *)call->taken;
    const struct passkey_credentials credentials = {
        .credential = body->credential.text,
        .device = cookie_read(call, COOKIE_DEVICE),
    };
    struct entry entry;
    bool in_cookie;
    return cookie_mode(call, &in_cookie) && passkey_sign_in(&call->work, &credentials, &entry)
        && answer_entry(call, &entry, in_cookie);
}

const struct route passkey_routes[] = {
    { METHOD_POST, "/auth/passkeys/options", "offer_passkey", COST_QUERY, SIGNED_IN, .guarded = true,
      .open_under = DUTY_ENROL_FACTOR, .always_open = true, .handle = offer,
      .gives = &passkey_questions_table, .how = GIVES_ROW, .no_idempotency = true,
      .codes = { ERROR_not_found },
      .doc = "What one's browser is asked to make a passkey of: not one that its device has already." },
    { METHOD_POST, "/auth/passkeys", "add_passkey", COST_SLOW, SIGNED_IN, .guarded = true,
      .open_under = DUTY_ENROL_FACTOR, .always_open = true, .handle = add, .takes = &fresh_passkeys_table,
      .gives = &token_grants_table, .how = GIVES_ROW, .status = 201, .no_idempotency = true,
      .codes = { ERROR_invalid_body, ERROR_not_found, ERROR_taken, ERROR_limit_reached, ERROR_cross_site },
      .doc = "One more passkey of one's own: what the browser answered. All one's sessions end; the tokens "
             "given go on. With the first second factor come the recovery codes." },
    { METHOD_DELETE, "/auth/passkeys/{id}", "remove_own_passkey", COST_WRITE, SIGNED_IN, .guarded = true,
      .always_open = true, .handle = remove_own, .gives = &token_grants_table, .how = GIVES_ROW,
      .codes = { ERROR_not_found, ERROR_cross_site },
      .doc = "Remove one of one's own passkeys. All one's sessions end; the tokens given go on." },
    { METHOD_POST, "/auth/passkeys/login/options", "ask_for_passkey", COST_MEMORY, VISITOR, .handle = ask,
      .gives = &passkey_questions_table, .how = GIVES_ROW, .no_idempotency = true,
      .doc = "What a browser is asked to sign in by a passkey alone." },
    { METHOD_POST, "/auth/passkeys/login", "login_by_passkey", COST_SLOW, VISITOR, .handle = login,
      .takes = &passkey_logins_table, .gives = &token_grants_table, .how = GIVES_ROW, .no_idempotency = true,
      .codes = { ERROR_invalid_body, ERROR_passkey_refused, ERROR_cross_site, ERROR_rate_limited },
      .doc = "Sign in by a passkey alone, which counts as two factors. One answer for every cause of a "
             "refusal." },
    {},
};

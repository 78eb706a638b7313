/* Signing out, refreshing, and one's own sessions. */
#include "api/answer.h"
#include "api/cookie.h"
#include "api/entry.h"
#include "crypto/token.h"
#include "identity/identity.h"
#include "model/model.h"
#include "record/site.h"

static bool find_refresh_token(struct call *call, bool in_cookie, struct text *token)
{
    const struct refresh *body = (const struct refresh *)call->taken;
    *token = in_cookie ? cookie_read(call, COOKIE_REFRESH) : cell_text(body->refresh_token);
    if (in_cookie || value_is_set(body->refresh_token))
        return true;
    return fail_at(&call->work.error, "/refresh_token", ERROR_required, "");
}

/* A refusal is answered here, so that what it wrote, the end of a session, is kept. It clears no cookie:
 * another tab may have a better one by now. */
static bool refresh(struct call *call)
{
    struct text token;
    struct grant grant;
    bool in_cookie, refused;
    if (!cookie_mode(call, &in_cookie) || !find_refresh_token(call, in_cookie, &token)
        || !session_refresh(&call->work, token, &grant, &refused))
        return false;
    if (!refused)
        return answer_grant(call, &grant, in_cookie);
    fail(&call->work.error, ERROR_invalid_token, "");
    answer_problem(call);
    return true;
}

static bool sign_out(struct call *call)
{
    bool in_cookie;
    if (!cookie_mode(call, &in_cookie))
        return false;
    if (in_cookie)
        cookie_clear(call, COOKIE_REFRESH);
    return answer_nothing(call);
}

static bool logout(struct call *call)
{
    struct user_session session;
    struct work *work = &call->work;
    return sessions_find_own(work, work->actor.session_id, &session)
        && session_end(work, &session, "signed_out") && sign_out(call);
}

static bool logout_all(struct call *call)
{
    const struct actor *actor = &call->work.actor;
    return sessions_end_on_demand(&call->work, actor->user_id, actor->tenant_id, "signed_out_everywhere")
        && sign_out(call);
}

static bool forgot_password(struct call *call)
{
    const struct forgotten_password *body = (const struct forgotten_password *)call->taken;
    return password_reset_ask(&call->work, body->email.text) && answer_nothing(call);
}

static bool reset_password(struct call *call)
{
    const struct password_choice *body = (const struct password_choice *)call->taken;
    const struct password_reset reset = { body->token.text, body->password.text };
    return password_reset(&call->work, &reset) && answer_nothing(call);
}

static bool list_sessions(struct call *call)
{
    struct query query;
    struct page page;
    return sessions_list_own(&call->work, &query, &page) && answer_page(call, &query, &page, NULL);
}

static bool end_session(struct call *call)
{
    struct user_session session;
    return sessions_find_own(&call->work, call->parameters[0], &session)
        && session_end(&call->work, &session, "ended_by_its_owner") && answer_nothing(call);
}

static bool key_set(struct call *call)
{
    return answer_text(call, token_key_set(call->work.arena, call->work.site->keyring));
}

const struct route auth_routes[] = {
    { METHOD_POST, "/auth/refresh", "refresh", COST_WRITE, VISITOR, .handle = refresh,
      .takes = &refreshes_table, .body_optional = true, .gives = &token_grants_table, .how = GIVES_ROW,
      .no_idempotency = true, .codes = { ERROR_invalid_token, ERROR_cross_site },
      .doc = "The next pair of tokens. An old refresh token ends its session." },
    { METHOD_POST, "/auth/logout", "logout", COST_WRITE, SIGNED_IN, .in_anothers_name = true,
      .open_under = ANY_DUTY, .always_open = true, .handle = logout, .no_idempotency = true,
      .codes = { ERROR_cross_site }, .doc = "End this session, at once." },
    { METHOD_POST, "/auth/logout-all", "logout_all", COST_WRITE, SIGNED_IN, .open_under = ANY_DUTY,
      .always_open = true, .handle = logout_all, .no_idempotency = true, .codes = { ERROR_cross_site },
      .doc = "End all of one's sessions, at once." },
    { METHOD_POST, "/auth/forgot-password", "forgot_password", COST_WRITE, VISITOR, .handle = forgot_password,
      .takes = &forgotten_passwords_table, .status = 202, .no_idempotency = true,
      .codes = { ERROR_invalid_body },
      .doc = "Have a link mailed by which a password can be chosen. Answers the same whether anybody has the "
             "e-mail or not." },
    { METHOD_POST, "/auth/reset-password", "reset_password", COST_SLOW, VISITOR, .handle = reset_password,
      .takes = &password_choices_table, .no_idempotency = true, .codes = { ERROR_invalid_body },
      .doc = "Choose a password by a mailed link, an invitation's too. The link is good once; the sessions "
             "end." },
    { METHOD_GET, "/auth/sessions", "list_own_sessions", COST_QUERY, SIGNED_IN, .handle = list_sessions,
      .gives = &user_sessions_table, .how = GIVES_LIST,
      .doc = "One's own sessions that live, the latest first." },
    { METHOD_DELETE, "/auth/sessions/{id}", "end_own_session", COST_WRITE, SIGNED_IN, .guarded = true,
      .always_open = true, .handle = end_session, .codes = { ERROR_not_found },
      .doc = "End one of one's own sessions, at once." },
    { METHOD_GET, "/.well-known/jwks.json", "get_key_set", COST_MEMORY, ANYBODY, .handle = key_set,
      .how = GIVES_TEXT, .gives_type = "application/json; charset=utf-8", .root = true, .no_quota = true,
      .doc = "The public keys that access tokens are signed with (RFC 7517)." },
    {},
};

/* Signing in at identity providers, and what a super admin does with them beyond editing. */
#include "api/answer.h"
#include "api/cookie.h"
#include "api/route.h"
#include "base/calendar.h"
#include "base/percent.h"
#include "identity/known_device.h"
#include "model/model.h"
#include "record/document.h"
#include "record/store.h"
#include "sso/attempt.h"
#include "sso/provider.h"
#include "sso/published.h"
#include "sso/sign_in.h"

static bool answer_redirect(struct call *call, struct text url)
{
    response_header(call->response, TEXT("Location"), url);
    return answer_nothing(call);
}

static bool begin(struct call *call)
{
    struct sso_beginning beginning;
    const struct sso_wish wish = {
        .provider = call->parameters[0],
        .device = cookie_read(call, COOKIE_DEVICE),
        .return_to = call->queried[0],
        .prompt = call->queried[1],
    };
    if (!sso_begin(&call->work, &wish, &beginning))
        return false;
    cookie_set(call, COOKIE_ATTEMPT, beginning.cookie, ATTEMPT_LIFE_SECONDS);
    return answer_redirect(call, beginning.url);
}

/* Behind the '#', which no browser sends: the ticket stands in no log and in no Referer. */
static struct text second_factor_url(struct call *call, struct text ticket, struct text return_to)
{
    struct buffer url = { .arena = call->work.arena };
    buffer_add(&url, TEXT("/second-factor?return_to="));
    percent_encode(&url, return_to);
    buffer_print(&url, "#%.*s", TEXT_ARG(ticket));
    return url.text;
}

static void keep_session(struct call *call, const struct grant *grant)
{
    cookie_set(call, COOKIE_REFRESH, grant->refresh_token,
               (grant->refresh_expires_ms - call->work.now) / 1000);
    cookie_set(call, COOKIE_DEVICE, known_device_make(&call->work, grant->user.id.text),
               (int64_t)DEVICE_LIFE_DAYS * DAY_MS / 1000);
}

/* The browser comes from the provider's pages: who keeps no cookie gets no session. */
static bool finish(struct call *call)
{
    struct entry entry;
    struct text next;
    const struct sso_answer answer = {
        .provider = call->parameters[0],
        .cookie = cookie_read(call, COOKIE_ATTEMPT),
        .state = call->queried[0],
        .code = call->queried[1],
        .issuer = call->queried[2],
        .error = call->queried[3],
    };
    if (!sso_finish(&call->work, &answer, &entry, &next))
        return false;
    cookie_clear(call, COOKIE_ATTEMPT);
    if (entry_is_challenged(&entry))
        next = second_factor_url(call, entry.ticket, next);
    else
        keep_session(call, &entry.grant);
    return answer_redirect(call, next);
}

static bool leave(struct call *call)
{
    struct text url;
    bool in_cookie;
    if (!cookie_mode(call, &in_cookie) || !sso_sign_out(&call->work, &url))
        return false;
    if (in_cookie)
        cookie_clear(call, COOKIE_REFRESH);
    const struct way_out answer = { .url = value_text_or_null(url) };
    return answer_shape(call, &way_outs_table, answer.cells);
}

/* The value of one field of application/x-www-form-urlencoded; empty where it is not there. */
static struct text field_of(struct call *call, struct text form, const char *name)
{
    struct text value = {};
    while (form.length > 0) {
        struct text field = text_cut(&form, '&');
        if (text_is(text_cut(&field, '='), name) && percent_decode(call->work.arena, field, true, &value))
            return value;
    }
    return (struct text){};
}

/* The provider itself calls: what it wrongly says is its fault, and 400 as the standard wants it. */
static bool hear_logout(struct call *call)
{
    struct error *error = &call->work.error;
    struct text token = field_of(call, call->request->body, "logout_token");
    if (sso_hear_logout(&call->work, call->parameters[0], token))
        return answer_nothing(call);
    return error->code == ERROR_sso_untrusted ? fail(error, ERROR_malformed_value, "a logout token") : false;
}

/* Those that anybody may choose from, before he has signed in. */
static bool list(struct call *call)
{
    struct work *work = &call->work;
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error,
                "SELECT name, display_name FROM identity_providers WHERE is_enabled ORDER BY name LIMIT 100",
                NO_PARAMETERS))
        return false;
    struct buffer json = { .arena = work->arena };
    buffer_add_byte(&json, '[');
    for (size_t i = 0; i < result.row_count; i++) {
        buffer_add(&json, i > 0 ? TEXT(",{") : TEXT("{"));
        json_add_named_text(&json, "name", result_row(&result, i)[0].text);
        json_add_named_text(&json, "display_name", result_row(&result, i)[1].text);
        buffer_add_byte(&json, '}');
    }
    buffer_add_byte(&json, ']');
    const struct sign_in_way answer = { .providers = value_text(json.text) };
    return answer_shape(call, &sign_in_ways_table, answer.cells);
}

static const struct query_parameter begin_parameters[] = {
    { "return_to", TYPE_text, false,
      "A path of this place, where the browser goes once it is signed in; /." },
    { "prompt", TYPE_text, false,
      "login: to be recognised there anew, where step_up_required was answered." },
    {},
};
static const struct query_parameter finish_parameters[] = {
    { "state", TYPE_text, false, "As it was given to the provider." },
    { "code", TYPE_text, false, "What the provider exchanges for who signed in." },
    { "iss", TYPE_text, false, "The provider's own name (RFC 9207)." },
    { "error", TYPE_text, false, "Why the provider gives no code." },
    {},
};

/* ---- What a super admin does ---- */

static bool set_client_secret(struct call *call)
{
    const struct client_secret *body = (const struct client_secret *)call->taken;
    struct identity_provider before, after;
    return store_find_locked(&call->work, &identity_providers_table, call->parameters[0], before.cells)
        && provider_set_secret(&call->work, &before, body->client_secret.text, &after)
        && answer_row(call, &identity_providers_table, after.cells);
}

static bool check(struct call *call)
{
    struct work *work = &call->work;
    struct identity_provider row;
    struct provider provider;
    struct text key_set;
    if (!store_find(work, &identity_providers_table, call->parameters[0], row.cells)
        || !provider_find_by_id(work, row.id.text, &provider) || !provider_discover(work, &provider)
        || !provider_key_set(work, &provider, PUBLISHED_AGAIN_MS, &key_set))
        return false;
    const struct provider_check answer = {
        .authorization_endpoint = value_text(provider.authorization_endpoint),
        .end_session_endpoint = value_text_or_null(provider.end_session_endpoint),
        .redirect_uri = value_text(provider_return_url(work, row.name.text)),
    };
    return answer_shape(call, &provider_checks_table, answer.cells);
}

const struct route sso_routes[] = {
    { METHOD_GET, "/auth/sso", "list_sign_in_ways", COST_QUERY, ANYBODY, .handle = list,
      .gives = &sign_in_ways_table, .how = GIVES_ROW, .doc = "Where staff may sign in." },
    { METHOD_GET, "/auth/sso/{name}", "begin_sso", COST_REMOTE, ANYBODY, .handle = begin, .status = 303,
      .parameters = begin_parameters,
      .codes = { ERROR_not_found, ERROR_malformed_value, ERROR_rate_limited, ERROR_sso_unavailable },
      .doc = "Go to an identity provider and sign in there. For a browser: it comes back with a cookie." },
    { METHOD_GET, "/auth/sso/{name}/callback", "finish_sso", COST_REMOTE, ANYBODY, .handle = finish,
      .status = 303, .parameters = finish_parameters, .any_query = true,
      .codes = { ERROR_not_found, ERROR_sso_attempt_void, ERROR_sso_refused, ERROR_sso_untrusted,
                 ERROR_sso_no_access, ERROR_conflict, ERROR_rate_limited, ERROR_sso_unavailable },
      .doc = "Where an identity provider sends the browser back to: a session begins, its refresh token in a "
             "cookie." },
    { METHOD_POST, "/auth/sso/{name}/backchannel-logout", "hear_logout", COST_REMOTE, ANYBODY,
      .handle = hear_logout, .any_body = true, .status = 200, .no_idempotency = true,
      .codes = { ERROR_not_found, ERROR_malformed_value, ERROR_sso_unavailable },
      .doc = "An identity provider tells, with a logout token in a form, that sessions are over there; they "
             "end here too." },
    { METHOD_POST, "/auth/logout-sso", "logout_sso", COST_REMOTE, STAFF, .handle = leave,
      .gives = &way_outs_table, .how = GIVES_ROW, .no_idempotency = true, .codes = { ERROR_cross_site },
      .doc = "End this session, at once, and say where the browser ends it at the identity provider too." },
    { METHOD_POST, "/identity_providers/{id}/set_client_secret", "set_client_secret", COST_WRITE, SUPER_ADMIN,
      .guarded = true, .handle = set_client_secret, .takes = &client_secrets_table,
      .gives = &identity_providers_table, .how = GIVES_ROW, .codes = { ERROR_not_found },
      .doc = "Another secret, as it was changed at the provider." },
    { METHOD_POST, "/identity_providers/{id}/check", "check_identity_provider", COST_REMOTE, SUPER_ADMIN,
      .handle = check, .gives = &provider_checks_table, .how = GIVES_ROW, .no_idempotency = true,
      .codes = { ERROR_not_found, ERROR_sso_unavailable },
      .doc = "Ask the provider what it says of itself, and for its keys." },
    {},
};

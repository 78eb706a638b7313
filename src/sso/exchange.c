#include "sso/exchange.h"
#include "base/percent.h"
#include "crypto/hash.h"
#include "net/fetch.h"
#include "record/site.h"
#include "settings/options.h"
#include "sso/id_token.h"
#include "sso/signed.h"

enum { HTTP_OK = 200, HTTP_SERVER_FAULT = 500, ACCESS_TOKEN_LENGTH_MAX = 8 * 1024 };

static bool distrust(struct work *work, const char *why)
{
    return fail(&work->error, ERROR_sso_untrusted, "%s", why);
}

static bool ask(struct work *work, const struct provider *provider, struct fetch question,
                struct fetched *answer)
{
    question.trusted = option_string(work->site->options, OPTION_tls_trust);
    question.allows_private = value_is_true(provider->row.allows_private_network);
    if (!fetch(work->arena, &question, answer))
        return fail(&work->error, ERROR_sso_unavailable, "%s", answer->why);
    return answer->status < HTTP_SERVER_FAULT
        || fail(&work->error, ERROR_sso_unavailable, "HTTP %d", answer->status);
}

/* ---- The token endpoint ---- */

static void add_field(struct buffer *form, const char *name, struct text value)
{
    buffer_print(form, "%s%s=", form->length > 0 ? "&" : "", name);
    percent_encode(form, value);
}

/* client_secret_basic: both are encoded as in a form before they are joined (RFC 6749 §2.3.1). */
static struct text basic(struct work *work, struct text client_id, struct text secret)
{
    struct buffer pair = { .arena = work->arena };
    percent_encode(&pair, client_id);
    buffer_add_byte(&pair, ':');
    percent_encode(&pair, secret);
    return arena_format(work->arena, "Basic %.*s", TEXT_ARG(base64_encode(work->arena, pair.text)));
}

static bool request_tokens(struct work *work, const struct provider *provider, const struct attempt *attempt,
                           struct text code, struct fetched *answer)
{
    struct buffer form = { .arena = work->arena };
    struct fetch question = { .url = provider->token_endpoint };
    struct text client_id = provider->row.client_id.text, secret;
    if (!provider_secret(work, provider, &secret))
        return false;
    add_field(&form, "grant_type", TEXT("authorization_code"));
    add_field(&form, "code", code);
    add_field(&form, "redirect_uri", provider_return_url(work, provider->row.name.text));
    add_field(&form, "code_verifier", attempt->verifier);
    bool in_header = secret.length > 0 && !provider->takes_secret_in_form;
    if (in_header)
        question.authorization = basic(work, client_id, secret);
    else
        add_field(&form, "client_id", client_id);
    if (secret.length > 0 && !in_header)
        add_field(&form, "client_secret", secret);
    question.form = form.text;
    return ask(work, provider, question, answer);
}

/* It goes into a header: nothing but what RFC 6750 lets stand there. */
static bool is_bearer_token(struct text token)
{
    return token.length <= ACCESS_TOKEN_LENGTH_MAX
        && text_consists_of(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=");
}

/* ---- The ID token ---- */

static bool read_id_token(struct work *work, const struct provider *provider, const struct attempt *attempt,
                          struct said *said)
{
    struct claims_expected expected = claims_expected_of(work, provider, attempt->nonce);
    expected.recognised_since_ms = attempt->begun_ms - attempt->max_age_seconds * 1'000;
    expected.tells_when = attempt->max_age_seconds == 0;
    if (!signed_read(work, provider, said->id_token, TEXT("JWT"), &said->claims))
        return false;
    const char *fault = id_token_fault(&said->claims, &expected);
    return !fault || distrust(work, fault);
}

/* ---- What the ID token leaves out ---- */

const struct json *said_claim(const struct said *said, struct text name)
{
    const struct json *claim = json_member(&said->claims, name);
    return claim ? claim : json_member(&said->userinfo, name);
}

static bool ask_userinfo(struct work *work, const struct provider *provider, struct text access_token,
                         struct said *said)
{
    struct fetched answer;
    struct error ignored = {};
    const struct fetch question = {
        .url = provider->userinfo_endpoint,
        .authorization = arena_format(work->arena, "Bearer %.*s", TEXT_ARG(access_token)),
    };
    if (!ask(work, provider, question, &answer))
        return false;
    if (answer.status != HTTP_OK || !json_read(answer.body, work->arena, &said->userinfo, &ignored)
        || !text_equal(json_member_text(&said->userinfo, "sub"), json_member_text(&said->claims, "sub")))
        return distrust(work, "what it tells is of somebody else");
    return true;
}

bool exchange_code(struct work *work, const struct provider *provider, const struct attempt *attempt,
                   struct text code, struct said *said)
{
    struct fetched answer;
    struct json tokens;
    struct error ignored = {};
    *said = (struct said){};
    if (!request_tokens(work, provider, attempt, code, &answer))
        return false;
    if (answer.status != HTTP_OK)
        return fail(&work->error, ERROR_sso_refused, "the code was not taken");
    if (!json_read(answer.body, work->arena, &tokens, &ignored))
        return distrust(work, "the token is none that is taken");
    said->id_token = json_member_text(&tokens, "id_token");
    if (!read_id_token(work, provider, attempt, said))
        return false;
    struct text access_token = json_member_text(&tokens, "access_token");
    bool says_all = said_claim(said, provider->row.role_claim.text) && said_claim(said, TEXT("email"));
    if (says_all || provider->userinfo_endpoint.length == 0 || !is_bearer_token(access_token))
        return true;
    return ask_userinfo(work, provider, access_token, said);
}

#include "sso/ending.h"
#include "base/percent.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "identity/session.h"
#include "record/site.h"
#include "record/store.h"
#include "record/transact.h"
#include "settings/options.h"
#include "sso/id_token.h"
#include "sso/sign_in.h"
#include "sso/signed.h"

enum { PROVIDER_SESSION_LENGTH_MAX = 253 };

static struct text token_place(struct arena *arena, struct text id)
{
    return arena_format(arena, "provider_sign_ins.id_token_sealed:%.*s", TEXT_ARG(id));
}

/* The provider's own name of the session; empty where it has none. */
static struct text provider_session(const struct said *said)
{
    struct text session = json_member_text(&said->claims, "sid");
    return session.length <= PROVIDER_SESSION_LENGTH_MAX ? session : (struct text){};
}

bool ending_note(struct work *work, const struct provider *provider, const struct attempt *attempt,
                 const struct said *said, struct text *id)
{
    *id = random_uuid(work->arena, work->now);
    struct provider_sign_in row = {
        .id = value_text(*id),
        .provider_id = provider->row.id,
        .nonce_hash = value_text(sha256_hex(work->arena, attempt->nonce)),
        .provider_session = value_text_or_null(provider_session(said)),
        .id_token_sealed =
            value_text(seal(work->arena, work->site->keyring, said->id_token, token_place(work->arena, *id))),
    };
    if (store_create(work, &provider_sign_ins_table, row.cells))
        return true;
    if (work->error.fault_count == 0)
        return false;
    error_clear(&work->error);
    return fail(&work->error, ERROR_sso_attempt_void, "");
}

/* ---- The provider's end of it ---- */

bool ending_spread(struct work *work, const struct ended_there *ended, const char *reason)
{
    static const char find[] =
        "SELECT u.id FROM provider_sign_ins s JOIN user_sessions u ON u.id = s.session_id "
        "WHERE s.provider_id = $1 AND u.is_active AND (CAST($2 AS text) IS NULL OR s.provider_session = $2) "
        "AND (CAST($3 AS text) IS NULL OR EXISTS (SELECT 1 FROM provider_identities i "
        "WHERE i.provider_id = s.provider_id AND i.subject = $3 AND i.user_id = u.user_id)) ORDER BY u.id";
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, find,
                PARAMETERS(value_text(ended->provider_id), value_text_or_null(ended->session),
                           value_text_or_null(ended->subject))))
        return false;
    for (size_t i = 0; i < result.row_count; i++) {
        struct user_session session;
        if (!store_find_by(work, &user_sessions_table, "id", result_row(&result, i)[0], true, session.cells)
            || !session_end(work, &session, reason))
            return false;
    }
    return true;
}

static bool spread(struct work *work, void *data)
{
    return ending_spread(work, data, "signed_out_at_provider");
}

bool sso_hear_logout(struct work *work, struct text name, struct text token)
{
    struct provider provider;
    struct json claims;
    if (!provider_find(work, name, &provider) || !provider_discover(work, &provider)
        || !signed_read(work, &provider, token, TEXT("logout+jwt"), &claims))
        return false;
    const struct claims_expected expected = claims_expected_of(work, &provider, (struct text){});
    const char *fault = logout_token_fault(&claims, &expected);
    if (fault)
        return fail(&work->error, ERROR_sso_untrusted, "%s", fault);
    struct ended_there ended = {
        .provider_id = provider.row.id.text,
        .session = json_member_text(&claims, "sid"),
        .subject = json_member_text(&claims, "sub"),
    };
    return db_transact(work, spread, &ended);
}

/* ---- Signing out here ---- */

struct leaving {
    struct provider_sign_in sign_in;
    bool found;
};

static bool leave(struct work *work, void *data)
{
    struct leaving *leaving = data;
    struct user_session session;
    leaving->found = store_find_by(work, &provider_sign_ins_table, "session_id",
                                   value_text(work->actor.session_id), false, leaving->sign_in.cells);
    if (!leaving->found && work->error.code != ERROR_not_found)
        return false;
    error_clear(&work->error);
    return sessions_find_own(work, work->actor.session_id, &session)
        && session_end(work, &session, "signed_out");
}

static void add_parameter(struct buffer *url, const char *name, struct text value)
{
    buffer_print(url, "%s%s=", text_find_byte(url->text, '?') < url->length ? "&" : "?", name);
    percent_encode(url, value);
}

/* RP-initiated logout: with the hint the provider knows whose session it is, and asks nobody. */
static struct text end_session_url(struct work *work, const struct provider *provider, struct text hint)
{
    struct buffer url = { .arena = work->arena };
    struct text home = options_public_url(work->site->options, work->arena);
    buffer_add(&url, provider->end_session_endpoint);
    add_parameter(&url, "id_token_hint", hint);
    add_parameter(&url, "client_id", provider->row.client_id.text);
    add_parameter(&url, "post_logout_redirect_uri", arena_format(work->arena, "%.*s/", TEXT_ARG(home)));
    return url.text;
}

/* The session here is over whatever the provider says of itself, or does not. */
static void find_way_out(struct work *work, const struct provider_sign_in *sign_in, struct text *url)
{
    struct provider provider;
    struct text hint;
    if (provider_find_by_id(work, sign_in->provider_id.text, &provider) && provider_discover(work, &provider)
        && provider.end_session_endpoint.length > 0
        && unseal(work->arena, work->site->keyring, sign_in->id_token_sealed.text,
                  token_place(work->arena, sign_in->id.text), &hint, &work->error))
        *url = end_session_url(work, &provider, hint);
    error_clear(&work->error);
}

bool sso_sign_out(struct work *work, struct text *url)
{
    struct leaving leaving = {};
    *url = (struct text){};
    if (!db_transact(work, leave, &leaving))
        return false;
    if (leaving.found)
        find_way_out(work, &leaving.sign_in, url);
    return true;
}

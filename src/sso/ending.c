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
#include "sso/sign_in.h"

enum { PROVIDER_SESSION_LENGTH_MAX = 255 };

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
                 const struct said *said, struct text session_id)
{
    struct text id = random_uuid(work->arena, work->now);
    struct provider_sign_in row = {
        .id = value_text(id),
        .session_id = value_text(session_id),
        .provider_id = provider->row.id,
        .nonce_hash = value_text(sha256_hex(work->arena, attempt->nonce)),
        .provider_session = value_text_or_null(provider_session(said)),
        .id_token_sealed =
            value_text(seal(work->arena, work->site->keyring, said->id_token, token_place(work->arena, id))),
    };
    if (store_create(work, &provider_sign_ins_table, row.cells))
        return true;
    if (work->error.fault_count == 0)
        return false;
    error_clear(&work->error);
    return fail(&work->error, ERROR_sso_attempt_void, "");
}

/* ---- Signing out ---- */

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

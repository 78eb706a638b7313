#include "sso/provider.h"
#include "base/random.h"
#include "crypto/seal.h"
#include "record/site.h"
#include "record/store.h"
#include "settings/options.h"
#include "sso/ending.h"
#include "sso/published.h"
#include "sso/staff.h"
#include "json/json.h"

enum { ENDPOINT_LENGTH_MAX = 2'000 };

bool provider_find_by_id(struct work *work, struct text id, struct provider *provider)
{
    *provider = (struct provider){};
    return store_find_by(work, &identity_providers_table, "id", value_text(id), false, provider->row.cells);
}

bool provider_find(struct work *work, struct text name, struct provider *provider)
{
    *provider = (struct provider){};
    return store_find_by(work, &identity_providers_table, "name", value_text(name), false,
                         provider->row.cells)
        && (value_is_true(provider->row.is_enabled)
            || fail(&work->error, ERROR_not_found, "identity_provider"));
}

struct text provider_return_url(struct work *work, struct text name)
{
    struct text base = options_public_url(work->site->options, work->arena);
    return arena_format(work->arena, "%.*s/api/v1/auth/sso/%.*s/callback", TEXT_ARG(base), TEXT_ARG(name));
}

/* ---- What it says of itself ---- */

static bool read_endpoint(const struct json *metadata, const char *name, struct text *endpoint)
{
    *endpoint = json_member_text(metadata, name);
    return endpoint->length <= ENDPOINT_LENGTH_MAX && text_starts(*endpoint, TEXT("https://"));
}

/* The default, where nothing is said, is client_secret_basic. */
static bool wants_secret_in_form(const struct json *metadata)
{
    const struct json *methods = json_member(metadata, TEXT("token_endpoint_auth_methods_supported"));
    bool in_form = false, basic = false;
    for (size_t i = 0; methods && methods->kind == JSON_ARRAY && i < methods->count; i++) {
        in_form |= text_is(methods->items[i].text, "client_secret_post");
        basic |= text_is(methods->items[i].text, "client_secret_basic");
    }
    return in_form && !basic;
}

/* A provider speaks for itself alone: under the very name by which it is known here. */
static bool read_metadata(struct provider *provider, const struct json *metadata)
{
    if (!text_equal(json_member_text(metadata, "issuer"), provider->row.issuer.text)
        || !read_endpoint(metadata, "authorization_endpoint", &provider->authorization_endpoint)
        || !read_endpoint(metadata, "token_endpoint", &provider->token_endpoint)
        || !read_endpoint(metadata, "jwks_uri", &provider->key_set_url))
        return false;
    if (!read_endpoint(metadata, "userinfo_endpoint", &provider->userinfo_endpoint))
        provider->userinfo_endpoint = (struct text){};
    if (!read_endpoint(metadata, "end_session_endpoint", &provider->end_session_endpoint))
        provider->end_session_endpoint = (struct text){};
    const struct json *named = json_member(metadata, TEXT("authorization_response_iss_parameter_supported"));
    provider->names_itself = named && named->kind == JSON_BOOLEAN && named->boolean;
    provider->takes_secret_in_form = wants_secret_in_form(metadata);
    return true;
}

bool provider_discover(struct work *work, struct provider *provider)
{
    struct text issuer = provider->row.issuer.text, document;
    struct json metadata;
    struct error ignored = {};
    struct text base = text_ends(issuer, TEXT("/")) ? text_slice(issuer, 0, issuer.length - 1) : issuer;
    struct text url = arena_format(work->arena, "%.*s/.well-known/openid-configuration", TEXT_ARG(base));
    return published_read(work, url, value_is_true(provider->row.allows_private_network), PUBLISHED_KEPT_MS,
                          &document)
        && ((json_read(document, work->arena, &metadata, &ignored) && read_metadata(provider, &metadata))
            || fail(&work->error, ERROR_sso_unavailable, "what it says of itself is not usable"));
}

bool provider_key_set(struct work *work, const struct provider *provider, int64_t age_ms,
                      struct text *key_set)
{
    return published_read(work, provider->key_set_url, value_is_true(provider->row.allows_private_network),
                          age_ms, key_set);
}

/* ---- Its secret ---- */

static struct text secret_place(struct arena *arena, struct text id)
{
    return arena_format(arena, "identity_providers.client_secret_encrypted:%.*s", TEXT_ARG(id));
}

static struct value seal_secret(struct work *work, struct text secret, struct text id)
{
    return value_text(seal(work->arena, work->site->keyring, secret, secret_place(work->arena, id)));
}

bool provider_secret(struct work *work, const struct provider *provider, struct text *secret)
{
    struct text sealed = cell_text(provider->row.client_secret_encrypted);
    *secret = (struct text){};
    return sealed.length == 0
        || unseal(work->arena, work->site->keyring, sealed, secret_place(work->arena, provider->row.id.text),
                  secret, &work->error);
}

bool provider_set_secret(struct work *work, const struct identity_provider *before, struct text secret,
                         struct identity_provider *after)
{
    struct identity_provider changes = { .client_secret_encrypted =
                                             seal_secret(work, secret, before->id.text) };
    return store_update(work, &identity_providers_table, before->cells, changes.cells, after->cells);
}

/* ---- The service ---- */

static bool has_scope(struct text scopes, const char *scope)
{
    while (scopes.length > 0)
        if (text_is(text_cut(&scopes, ' '), scope))
            return true;
    return false;
}

static bool check(struct work *work, const struct identity_provider *provider)
{
    if (value_is_set(provider->issuer) && !text_starts(provider->issuer.text, TEXT("https://")))
        (void)fail_at(&work->error, "/issuer", ERROR_malformed, "");
    if (value_is_set(provider->scopes) && !has_scope(provider->scopes.text, "openid"))
        (void)fail_at(&work->error, "/scopes", ERROR_malformed, "");
    return work->error.fault_count == 0;
}

static bool create(struct work *work, struct value *cells)
{
    struct identity_provider *provider = (struct identity_provider *)cells;
    if (!check(work, provider))
        return false;
    provider->id = value_text(random_uuid(work->arena, work->now));
    if (value_is_set(provider->client_secret))
        provider->client_secret_encrypted =
            seal_secret(work, provider->client_secret.text, provider->id.text);
    provider->client_secret = (struct value){};
    return store_create(work, &identity_providers_table, cells);
}

/* Who came in there goes, where it is shut. */
static bool update(struct work *work, const struct value *before, struct value *changes, struct value *after)
{
    const struct identity_provider *wanted = (const struct identity_provider *)changes;
    bool shuts = value_is_set(wanted->is_enabled) && !value_is_true(wanted->is_enabled);
    const struct ended_there all = { .provider_id = ((const struct identity_provider *)before)->id.text };
    return check(work, wanted) && store_update(work, &identity_providers_table, before, changes, after)
        && (!shuts || ending_spread(work, &all, "provider_disabled"));
}

const struct service sso_services[] = {
    { .table = &identity_providers_table, .create = create, .update = update },
    { .table = &provider_identities_table, .create = staff_link },
    {},
};

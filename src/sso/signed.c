#include "sso/signed.h"
#include "sso/jwt.h"
#include "sso/published.h"

static bool distrust(struct work *work, const char *why)
{
    return fail(&work->error, ERROR_sso_untrusted, "%s", why);
}

/* A key that is not known may have come since the keys were fetched: they are fetched anew, once. */
static bool verify(struct work *work, const struct provider *provider, const struct jwt *jwt)
{
    static const int64_t ages_ms[] = { PUBLISHED_KEPT_MS, PUBLISHED_AGAIN_MS };
    enum jwt_outcome outcome = JWT_KEY_MISSING;
    for (size_t i = 0; i < sizeof ages_ms / sizeof *ages_ms && outcome == JWT_KEY_MISSING; i++) {
        struct text key_set;
        if (!provider_key_set(work, provider, ages_ms[i], &key_set))
            return false;
        outcome = jwt_verify(work->arena, jwt, key_set);
    }
    return outcome == JWT_GENUINE
        || distrust(work, outcome == JWT_FORGED ? "the signature is wrong" : "the key is unknown");
}

static bool is_of_type(const struct jwt *jwt, struct text type)
{
    return text_equal_blind(jwt->type, type) || (jwt->type.length == 0 && text_is(type, "JWT"));
}

bool signed_read(struct work *work, const struct provider *provider, struct text token, struct text type,
                 struct json *claims)
{
    struct jwt jwt;
    struct error ignored = {};
    if (!jwt_read(work->arena, token, &jwt) || !is_of_type(&jwt, type))
        return distrust(work, "the token is none that is taken");
    return verify(work, provider, &jwt)
        && (json_read(jwt.payload, work->arena, claims, &ignored)
            || distrust(work, "the token is none that is taken"));
}

#include "sso/jwt.h"
#include "crypto/hash.h"

/* ---- Tokens ---- */

/* The header is read before anything is verified: what it says only narrows down what may verify the rest. */
static bool read_header(struct arena *arena, struct text encoded, struct jwt *jwt)
{
    struct text decoded;
    struct json header;
    struct error ignored = {};
    if (!base64url_decode(arena, encoded, &decoded) || !json_read(decoded, arena, &header, &ignored)
        || header.kind != JSON_OBJECT || json_member(&header, TEXT("crit")))
        return false;
    jwt->key_id = json_member_text(&header, "kid");
    jwt->type = json_member_text(&header, "typ");
    return jwt->key_id.length <= KEY_ID_LENGTH_MAX
        && signature_algorithm_named(json_member_text(&header, "alg"), &jwt->algorithm);
}

bool jwt_read(struct arena *arena, struct text token, struct jwt *jwt)
{
    *jwt = (struct jwt){};
    if (token.length > JWT_LENGTH_MAX)
        return false;
    struct text rest = token, header = text_cut(&rest, '.'), payload = text_cut(&rest, '.');
    if (rest.length == 0)
        return false;
    jwt->covered = text_slice(token, 0, token.length - rest.length - 1);
    return read_header(arena, header, jwt) && base64url_decode(arena, payload, &jwt->payload)
        && base64url_decode(arena, rest, &jwt->signature);
}

/* ---- Keys ---- */

/* What a kind of key is called, and where its parts stand. */
static const struct kind {
    const char *type, *curve; /* curve NULL: it has none */
    enum signature_algorithm algorithm;
    const char *parts[2]; /* NULL: there is no second one */
} kinds[] = {
    { "RSA", NULL, SIGNATURE_RS256, { "n", "e" } },
    { "EC", "P-256", SIGNATURE_ES256, { "x", "y" } },
    { "OKP", "Ed25519", SIGNATURE_EDDSA, { "x", NULL } },
};

static const struct kind *kind_of(const struct json *jwk)
{
    struct text type = json_member_text(jwk, "kty"), curve = json_member_text(jwk, "crv");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (text_is(type, kinds[i].type) && (!kinds[i].curve || text_is(curve, kinds[i].curve)))
            return &kinds[i];
    return NULL;
}

/* Is it a key for this token: of the algorithm's kind, of its name, and not meant for something else? */
static bool key_fits(const struct json *jwk, const struct jwt *jwt, const struct kind **kind)
{
    struct text use = json_member_text(jwk, "use"), algorithm = json_member_text(jwk, "alg");
    enum signature_algorithm meant = jwt->algorithm;
    *kind = kind_of(jwk);
    return *kind && (*kind)->algorithm == jwt->algorithm && (use.length == 0 || text_is(use, "sig"))
        && (algorithm.length == 0 || signature_algorithm_named(algorithm, &meant)) && meant == jwt->algorithm
        && (jwt->key_id.length == 0 || text_equal(json_member_text(jwk, "kid"), jwt->key_id));
}

static bool key_verifies(struct arena *arena, const struct json *jwk, const struct kind *kind,
                         const struct jwt *jwt)
{
    struct foreign_key key = { .algorithm = kind->algorithm };
    for (int i = 0; i < 2 && kind->parts[i]; i++)
        if (!base64url_decode(arena, json_member_text(jwk, kind->parts[i]), &key.parts[i]))
            return false;
    return foreign_key_verifies(&key, jwt->covered, jwt->signature);
}

enum jwt_outcome jwt_verify(struct arena *arena, const struct jwt *jwt, struct text key_set)
{
    struct json set;
    struct error ignored = {};
    enum jwt_outcome outcome = JWT_KEY_MISSING;
    if (!json_read(key_set, arena, &set, &ignored))
        return outcome;
    const struct json *keys = json_member(&set, TEXT("keys"));
    for (size_t i = 0; keys && keys->kind == JSON_ARRAY && i < keys->count && i < JWK_COUNT_MAX; i++) {
        const struct kind *kind;
        if (!key_fits(&keys->items[i], jwt, &kind))
            continue;
        if (key_verifies(arena, &keys->items[i], kind, jwt))
            return JWT_GENUINE;
        outcome = JWT_FORGED;
    }
    return outcome;
}

#include "crypto/foreign_key.h"
#include "crypto/algorithms.h"
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <string.h>

enum {
    RSA_SIZE_MIN = 2048 / 8,
    RSA_SIZE_MAX = 8192 / 8,
    RSA_EXPONENT_SIZE_MAX = 4,
    COORDINATE_SIZE = 32,
    POINT_SIZE = 1 + 2 * COORDINATE_SIZE,
    ED25519_PUBLIC_SIZE = 32,
    ED25519_SIGNATURE_SIZE = 64,
    ES256_SIGNATURE_SIZE = 2 * COORDINATE_SIZE,
    DER_SIZE_MAX = ES256_SIGNATURE_SIZE + 16,
};

static const struct {
    const char *name;
    enum signature_algorithm algorithm;
} names[] = {
    { "RS256", SIGNATURE_RS256 },
    { "ES256", SIGNATURE_ES256 },
    { "EdDSA", SIGNATURE_EDDSA },
    { "Ed25519", SIGNATURE_EDDSA }, /* the same, as RFC 9864 names it */
};

bool signature_algorithm_named(struct text name, enum signature_algorithm *algorithm)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_is(name, names[i].name)) {
            *algorithm = names[i].algorithm;
            return true;
        }
    return false;
}

/* ---- Keys ---- */

static const unsigned char *bytes_of(struct text text)
{
    return (const unsigned char *)text.data;
}

static void free_number(BIGNUM **number)
{
    BN_free(*number);
}

static void free_builder(OSSL_PARAM_BLD **builder)
{
    OSSL_PARAM_BLD_free(*builder);
}

static void free_parameters(OSSL_PARAM **parameters)
{
    OSSL_PARAM_free(*parameters);
}

static void free_key_context(EVP_PKEY_CTX **context)
{
    EVP_PKEY_CTX_free(*context);
}

static void free_key(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

/* NULL where libcrypto does not take it for a key: a point that is not on the curve, say. */
static EVP_PKEY *key_of(const char *type, OSSL_PARAM *parameters)
{
    EVP_PKEY *key = NULL;
    [[gnu::cleanup(free_key_context)]] EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    algorithm_require(context && parameters && EVP_PKEY_fromdata_init(context) == 1);
    return EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) == 1 ? key : NULL;
}

static EVP_PKEY *rsa_key(struct text modulus, struct text exponent)
{
    if (modulus.length < RSA_SIZE_MIN || modulus.length > RSA_SIZE_MAX || exponent.length == 0
        || exponent.length > RSA_EXPONENT_SIZE_MAX)
        return NULL;
    [[gnu::cleanup(free_number)]] BIGNUM *n = BN_bin2bn(bytes_of(modulus), (int)modulus.length, NULL);
    [[gnu::cleanup(free_number)]] BIGNUM *e = BN_bin2bn(bytes_of(exponent), (int)exponent.length, NULL);
    [[gnu::cleanup(free_builder)]] OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    algorithm_require(n && e && builder && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1
                      && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1);
    /* Leading zeros must not make a short modulus long; an exponent of one would make any text its own
     * signature. */
    if (BN_num_bits(n) < RSA_SIZE_MIN * 8 || !BN_is_odd(e) || BN_is_one(e))
        return NULL;
    [[gnu::cleanup(free_parameters)]] OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    return key_of("RSA", parameters);
}

static EVP_PKEY *p256_key(struct text x, struct text y)
{
    unsigned char point[POINT_SIZE] = { POINT_CONVERSION_UNCOMPRESSED };
    static char group[] = "P-256";
    if (x.length != COORDINATE_SIZE || y.length != COORDINATE_SIZE)
        return NULL;
    memcpy(point + 1, x.data, COORDINATE_SIZE);
    memcpy(point + 1 + COORDINATE_SIZE, y.data, COORDINATE_SIZE);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_construct_end(),
    };
    return key_of("EC", parameters);
}

static EVP_PKEY *ed25519_key(struct text x)
{
    return x.length == ED25519_PUBLIC_SIZE
             ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bytes_of(x), x.length)
             : NULL;
}

static EVP_PKEY *open_key(const struct foreign_key *key)
{
    switch (key->algorithm) {
    case SIGNATURE_RS256: return rsa_key(key->parts[0], key->parts[1]);
    case SIGNATURE_ES256: return p256_key(key->parts[0], key->parts[1]);
    case SIGNATURE_EDDSA: return ed25519_key(key->parts[0]);
    }
    return NULL;
}

/* ---- Signatures ---- */

static void free_signature(ECDSA_SIG **signature)
{
    ECDSA_SIG_free(*signature);
}

/* JOSE's r and s, one behind the other, as libcrypto wants them: DER. */
static struct text to_der(struct text signature, unsigned char der[static DER_SIZE_MAX])
{
    [[gnu::cleanup(free_signature)]] ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(bytes_of(signature), COORDINATE_SIZE, NULL);
    BIGNUM *s = BN_bin2bn(bytes_of(signature) + COORDINATE_SIZE, COORDINATE_SIZE, NULL);
    algorithm_require(pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1);
    unsigned char *end = der;
    int length = i2d_ECDSA_SIG(pair, &end);
    algorithm_require(length > 0 && length <= DER_SIZE_MAX);
    return (struct text){ (const char *)der, (size_t)length };
}

static void free_context(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

bool foreign_key_verifies(const struct foreign_key *key, struct text data, struct text signature)
{
    unsigned char der[DER_SIZE_MAX];
    bool is_ed25519 = key->algorithm == SIGNATURE_EDDSA, is_ecdsa = key->algorithm == SIGNATURE_ES256;
    if ((is_ed25519 && signature.length != ED25519_SIGNATURE_SIZE)
        || (is_ecdsa && signature.length != ES256_SIGNATURE_SIZE))
        return false;
    [[gnu::cleanup(free_key)]] EVP_PKEY *pair = open_key(key);
    if (!pair)
        return false;
    if (is_ecdsa)
        signature = to_der(signature, der);
    const EVP_MD *digest = is_ed25519 ? NULL : algorithms()->sha256; /* Ed25519 hashes by itself */
    [[gnu::cleanup(free_context)]] EVP_MD_CTX *context = EVP_MD_CTX_new();
    algorithm_require(context && EVP_DigestVerifyInit(context, NULL, digest, NULL, pair) == 1);
    return EVP_DigestVerify(context, bytes_of(signature), signature.length, bytes_of(data), data.length) == 1;
}

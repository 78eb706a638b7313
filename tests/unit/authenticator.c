#include "authenticator.h"
#include "base/buffer.h"
#include "crypto/hash.h"
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_SIZE = 256 /* the modulus of a key of 2048 bits */ };

static void require(bool done)
{
    if (!done)
        abort();
}

struct authenticator authenticator_create(struct arena *arena, enum webauthn_algorithm algorithm)
{
    EVP_PKEY *pair = algorithm == WEBAUTHN_RS256 ? EVP_RSA_gen(2048)
                   : algorithm == WEBAUTHN_EDDSA ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
                                                 : EVP_EC_gen("P-256");
    require(pair);
    return (struct authenticator){ .arena = arena,
                                   .pair = pair,
                                   .algorithm = algorithm,
                                   .credential_id = "a-credential-of-this-key",
                                   .relying_party = "localhost",
                                   .flags = AUTHENTICATOR_PRESENT | AUTHENTICATOR_VERIFIED,
                                   .sign_count = 1 };
}

void authenticator_destroy(struct authenticator *authenticator)
{
    EVP_PKEY_free(authenticator->pair);
}

/* ---- CBOR ---- */

enum major { UNSIGNED, NEGATIVE, BYTES, TEXT_STRING, ARRAY, MAP };

static void add_head(struct buffer *cbor, enum major major, size_t argument)
{
    if (argument < 24) {
        buffer_add_byte(cbor, (char)(major << 5 | argument));
        return;
    }
    buffer_add_byte(cbor, (char)(major << 5 | 25));
    buffer_add_byte(cbor, (char)(argument >> 8));
    buffer_add_byte(cbor, (char)argument);
}

static void add_integer(struct buffer *cbor, int integer)
{
    add_head(cbor, integer < 0 ? NEGATIVE : UNSIGNED, (size_t)(integer < 0 ? -1 - integer : integer));
}

static void add_string(struct buffer *cbor, enum major major, struct text bytes)
{
    add_head(cbor, major, bytes.length);
    buffer_add(cbor, bytes);
}

/* A number of the public key, as a member of the COSE key. */
static void add_number(struct buffer *cbor, int member, const EVP_PKEY *pair, const char *name, int size)
{
    unsigned char bytes[NUMBER_SIZE];
    BIGNUM *number = NULL;
    require(EVP_PKEY_get_bn_param(pair, name, &number) == 1 && BN_bn2binpad(number, bytes, size) == size);
    BN_free(number);
    add_integer(cbor, member);
    add_string(cbor, BYTES, (struct text){ (const char *)bytes, (size_t)size });
}

static void add_key(struct buffer *cbor, const struct authenticator *authenticator)
{
    enum { TYPE = 1, ALGORITHM = 3, OKP = 1, EC2 = 2, RSA = 3, P256 = 1, ED25519 = 6, POINT_SIZE = 32 };
    int kind = EVP_PKEY_get_base_id(authenticator->pair);
    int type = kind == EVP_PKEY_RSA ? RSA : kind == EVP_PKEY_ED25519 ? OKP : EC2;
    add_head(cbor, MAP, type == RSA || type == OKP ? 4 : 5);
    add_integer(cbor, TYPE);
    add_integer(cbor, type);
    add_integer(cbor, ALGORITHM);
    add_integer(cbor, (int)authenticator->algorithm);
    if (type == RSA) {
        add_number(cbor, -1, authenticator->pair, OSSL_PKEY_PARAM_RSA_N, NUMBER_SIZE);
        add_number(cbor, -2, authenticator->pair, OSSL_PKEY_PARAM_RSA_E, 3);
        return;
    }
    add_integer(cbor, -1);
    add_integer(cbor, type == OKP ? ED25519 : P256);
    if (type == OKP) {
        unsigned char point[POINT_SIZE];
        size_t length = sizeof point;
        require(EVP_PKEY_get_raw_public_key(authenticator->pair, point, &length) == 1);
        add_integer(cbor, -2);
        add_string(cbor, BYTES, TEXT_BYTES(point));
        return;
    }
    add_number(cbor, -2, authenticator->pair, OSSL_PKEY_PARAM_EC_PUB_X, POINT_SIZE);
    add_number(cbor, -3, authenticator->pair, OSSL_PKEY_PARAM_EC_PUB_Y, POINT_SIZE);
}

/* ---- What it says and signs ---- */

struct text authenticator_say(struct authenticator *authenticator, bool attested)
{
    static const char no_make[16];
    struct buffer said = { .arena = authenticator->arena };
    unsigned char hash[SHA256_SIZE];
    sha256(text_from(authenticator->relying_party), hash);
    buffer_add(&said, TEXT_BYTES(hash));
    buffer_add_byte(&said, (char)(authenticator->flags | (attested ? AUTHENTICATOR_ATTESTED : 0)));
    for (int shift = 24; shift >= 0; shift -= 8)
        buffer_add_byte(&said, (char)(authenticator->sign_count >> shift));
    if (attested) {
        struct text id = text_from(authenticator->credential_id);
        buffer_add(&said, TEXT_BYTES(no_make));
        buffer_add_byte(&said, (char)(id.length >> 8));
        buffer_add_byte(&said, (char)id.length);
        buffer_add(&said, id);
        add_key(&said, authenticator);
    }
    buffer_add(&said, authenticator->extensions);
    return said.text;
}

struct text authenticator_sign(struct authenticator *authenticator, struct text said, struct text client_data)
{
    struct arena *arena = authenticator->arena;
    struct buffer covered = { .arena = arena };
    unsigned char hash[SHA256_SIZE];
    sha256(client_data, hash);
    buffer_add(&covered, said);
    buffer_add(&covered, TEXT_BYTES(hash));
    size_t length = 512;
    unsigned char *signature = arena_alloc(arena, length);
    bool is_eddsa = EVP_PKEY_get_base_id(authenticator->pair) == EVP_PKEY_ED25519;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    require(
        EVP_DigestSignInit(context, NULL, is_eddsa ? NULL : EVP_sha256(), NULL, authenticator->pair) == 1
        && EVP_DigestSign(context, signature, &length, (const unsigned char *)covered.data, covered.length)
               == 1);
    EVP_MD_CTX_free(context);
    return (struct text){ (const char *)signature, length };
}

/* ---- Attestation ---- */

static void add_certificate(struct buffer *cbor, EVP_PKEY *pair)
{
    X509 *certificate = X509_new();
    unsigned char *bytes = NULL;
    bool is_eddsa = EVP_PKEY_get_base_id(pair) == EVP_PKEY_ED25519;
    require(X509_set_pubkey(certificate, pair) == 1 && X509_gmtime_adj(X509_getm_notBefore(certificate), 0)
            && X509_gmtime_adj(X509_getm_notAfter(certificate), 3600)
            && X509_sign(certificate, pair, is_eddsa ? NULL : EVP_sha256()) > 0);
    int length = i2d_X509(certificate, &bytes);
    require(length > 0);
    add_string(cbor, TEXT_STRING, TEXT("x5c"));
    add_head(cbor, ARRAY, 1);
    add_string(cbor, BYTES, (struct text){ (const char *)bytes, (size_t)length });
    OPENSSL_free(bytes);
    X509_free(certificate);
}

struct text authenticator_attest(struct authenticator *authenticator, enum attestation_format format,
                                 struct text client_data)
{
    struct text said = authenticator_say(authenticator, true);
    struct buffer object = { .arena = authenticator->arena };
    add_head(&object, MAP, 3);
    add_string(&object, TEXT_STRING, TEXT("fmt"));
    add_string(&object, TEXT_STRING, format == ATTEST_NONE ? TEXT("none") : TEXT("packed"));
    add_string(&object, TEXT_STRING, TEXT("attStmt"));
    add_head(&object, MAP, format == ATTEST_NONE ? 0 : format == ATTEST_SELF ? 2 : 3);
    if (format != ATTEST_NONE) {
        add_string(&object, TEXT_STRING, TEXT("alg"));
        add_integer(&object, (int)authenticator->algorithm);
        add_string(&object, TEXT_STRING, TEXT("sig"));
        add_string(&object, BYTES, authenticator_sign(authenticator, said, client_data));
    }
    if (format == ATTEST_BY_CERTIFICATE)
        add_certificate(&object, authenticator->pair);
    add_string(&object, TEXT_STRING, TEXT("authData"));
    add_string(&object, BYTES, said);
    return object.text;
}

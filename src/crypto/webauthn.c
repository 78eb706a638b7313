#include "crypto/webauthn.h"
#include "crypto/algorithms.h"
#include "crypto/authenticator_data.h"
#include "crypto/cbor.h"
#include "crypto/hash.h"
#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>

enum { COSE_ALGORITHM = 3 /* the member of a COSE key that names it */ };

/* The generator of P-256: its secret key, 1, would be known to all, were anything signed with it believed. */
#define DECOY                                                                                                \
    "\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\x77\x03\x7d\x81\x2d\xeb\x33\xa0"       \
    "\xf4\xa1\x39\x45\xd8\x98\xc2\x96\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16"       \
    "\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5"
const struct webauthn_key webauthn_decoy = { WEBAUTHN_ES256, TEXT_CONSTANT(DECOY) };

static const unsigned char *bytes_of(struct text text)
{
    return (const unsigned char *)text.data;
}

static fido_opt_t verification_of(const struct webauthn_demand *demand)
{
    return demand->verification ? FIDO_OPT_TRUE : FIDO_OPT_OMIT;
}

/* ---- Signing in ---- */

static bool es256_signed(const fido_assert_t *assertion, struct text bytes)
{
    [[gnu::cleanup(es256_pk_free)]] es256_pk_t *key = es256_pk_new();
    return key && es256_pk_from_ptr(key, bytes.data, bytes.length) == FIDO_OK
        && fido_assert_verify(assertion, 0, COSE_ES256, key) == FIDO_OK;
}

static bool eddsa_signed(const fido_assert_t *assertion, struct text bytes)
{
    [[gnu::cleanup(eddsa_pk_free)]] eddsa_pk_t *key = eddsa_pk_new();
    return key && eddsa_pk_from_ptr(key, bytes.data, bytes.length) == FIDO_OK
        && fido_assert_verify(assertion, 0, COSE_EDDSA, key) == FIDO_OK;
}

static bool rs256_signed(const fido_assert_t *assertion, struct text bytes)
{
    [[gnu::cleanup(rs256_pk_free)]] rs256_pk_t *key = rs256_pk_new();
    return key && rs256_pk_from_ptr(key, bytes.data, bytes.length) == FIDO_OK
        && fido_assert_verify(assertion, 0, COSE_RS256, key) == FIDO_OK;
}

static const struct algorithm {
    enum webauthn_algorithm number;
    bool (*is_signed)(const fido_assert_t *assertion, struct text key);
} known[] = { { WEBAUTHN_ES256, es256_signed },
              { WEBAUTHN_EDDSA, eddsa_signed },
              { WEBAUTHN_RS256, rs256_signed } };

static const struct algorithm *algorithm_numbered(int64_t number)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].number == number)
            return &known[i];
    return NULL;
}

static void free_assertion(fido_assert_t **assertion)
{
    fido_assert_free(assertion);
}

enum webauthn_fault webauthn_verify(struct arena *arena, const struct webauthn_demand *demand,
                                    const struct webauthn_key *key, const struct webauthn_assertion *given,
                                    struct webauthn_state *state)
{
    const struct algorithm *algorithm = algorithm_numbered(key->algorithm);
    struct text bytes = given->authenticator_data, signature = given->signature;
    struct authenticator_data data;
    unsigned char hash[SHA256_SIZE];
    if (!authenticator_data_read(bytes, false, &data))
        return WEBAUTHN_MALFORMED;
    enum webauthn_fault fault = authenticator_data_judge(&data, demand);
    if (fault || !algorithm)
        return fault ? fault : WEBAUTHN_ALGORITHM;

    [[gnu::cleanup(free_assertion)]] fido_assert_t *assertion = fido_assert_new();
    sha256(demand->client_data, hash);
    algorithm_require(assertion && fido_assert_set_count(assertion, 1) == FIDO_OK
                      && fido_assert_set_clientdata_hash(assertion, hash, sizeof hash) == FIDO_OK
                      && fido_assert_set_rp(assertion, arena_string(arena, demand->relying_party)) == FIDO_OK
                      && fido_assert_set_up(assertion, FIDO_OPT_TRUE) == FIDO_OK
                      && fido_assert_set_uv(assertion, verification_of(demand)) == FIDO_OK);
    if (fido_assert_set_authdata_raw(assertion, 0, bytes_of(bytes), bytes.length) != FIDO_OK
        || fido_assert_set_sig(assertion, 0, bytes_of(signature), signature.length) != FIDO_OK
        || !algorithm->is_signed(assertion, key->bytes))
        return WEBAUTHN_SIGNATURE;
    *state = data.state;
    return WEBAUTHN_SOUND;
}

/* ---- Registering ---- */

static void free_credential(fido_cred_t **credential)
{
    fido_cred_free(credential);
}

/* libfido2 wants to be told which extensions were asked for. We ask for none; browsers and authenticators add
 * these two by themselves. */
static void expect_extensions(fido_cred_t *credential, struct text extensions)
{
    [[gnu::cleanup(cbor_close)]] struct cbor_item_t *map = cbor_open_map(extensions);
    int64_t protection;
    if (map && cbor_integer_of(cbor_named(map, "credProtect"), &protection)
        && protection >= FIDO_CRED_PROT_UV_OPTIONAL && protection <= FIDO_CRED_PROT_UV_REQUIRED)
        algorithm_require(fido_cred_set_prot(credential, (int)protection) == FIDO_OK);
    if (map && cbor_is_yes(cbor_named(map, "hmac-secret")))
        algorithm_require(fido_cred_set_extensions(credential, FIDO_EXT_HMAC_SECRET) == FIDO_OK);
}

/* What the attestation object holds. */
struct attestation {
    struct text format, authenticator_data, statement;
    int64_t statement_algorithm;
    bool has_certificate;
};

static bool read_attestation(struct arena *arena, struct text object, struct attestation *attestation)
{
    [[gnu::cleanup(cbor_close)]] struct cbor_item_t *map = cbor_open_map(object);
    struct text format, data;
    if (!map || !cbor_text_of(cbor_named(map, "fmt"), &format)
        || !cbor_bytes_of(cbor_named(map, "authData"), &data))
        return false;
    const struct cbor_item_t *statement = cbor_named(map, "attStmt");
    if (!cbor_is_map(statement))
        return false;
    *attestation = (struct attestation){ .format = arena_copy(arena, format),
                                         .authenticator_data = arena_copy(arena, data),
                                         .statement = cbor_encode(arena, statement),
                                         .has_certificate = cbor_named(statement, "x5c") };
    return cbor_integer_of(cbor_named(statement, "alg"), &attestation->statement_algorithm)
        || !text_is(attestation->format, "packed");
}

static bool is_attested(fido_cred_t *credential, const struct attestation *attestation,
                        const struct algorithm *algorithm)
{
    struct text statement = attestation->statement;
    if (text_is(attestation->format, "none"))
        return text_is(statement, "\xa0"); /* an empty map */
    if (!text_is(attestation->format, "packed") || fido_cred_set_fmt(credential, "packed") != FIDO_OK
        || fido_cred_set_attstmt(credential, bytes_of(statement), statement.length) != FIDO_OK)
        return false;
    return attestation->has_certificate ? fido_cred_verify(credential) == FIDO_OK
                                        : attestation->statement_algorithm == algorithm->number
                                              && fido_cred_verify_self(credential) == FIDO_OK;
}

static const struct algorithm *algorithm_of(struct text key)
{
    [[gnu::cleanup(cbor_close)]] struct cbor_item_t *map = cbor_open_map(key);
    int64_t number;
    return map && cbor_integer_of(cbor_numbered(map, COSE_ALGORITHM), &number) ? algorithm_numbered(number)
                                                                               : NULL;
}

static fido_cred_t *open_credential(struct arena *arena, const struct webauthn_demand *demand,
                                    const struct algorithm *algorithm, struct text extensions)
{
    unsigned char hash[SHA256_SIZE];
    fido_cred_t *credential = fido_cred_new();
    sha256(demand->client_data, hash);
    algorithm_require(credential && fido_cred_set_type(credential, algorithm->number) == FIDO_OK
                      && fido_cred_set_clientdata_hash(credential, hash, sizeof hash) == FIDO_OK
                      && fido_cred_set_rp(credential, arena_string(arena, demand->relying_party), NULL)
                             == FIDO_OK
                      && fido_cred_set_uv(credential, verification_of(demand)) == FIDO_OK);
    expect_extensions(credential, extensions);
    return credential;
}

enum webauthn_fault webauthn_register(struct arena *arena, const struct webauthn_demand *demand,
                                      struct text attestation_object, struct webauthn_credential *out)
{
    struct attestation attestation;
    struct authenticator_data data;
    if (!read_attestation(arena, attestation_object, &attestation)
        || !authenticator_data_read(attestation.authenticator_data, true, &data))
        return WEBAUTHN_MALFORMED;
    enum webauthn_fault fault = authenticator_data_judge(&data, demand);
    const struct algorithm *algorithm = algorithm_of(data.key);
    if (fault || !algorithm)
        return fault ? fault : WEBAUTHN_ALGORITHM;

    struct text bytes = attestation.authenticator_data;
    [[gnu::cleanup(free_credential)]] fido_cred_t *credential =
        open_credential(arena, demand, algorithm, data.extensions);
    if (fido_cred_set_authdata_raw(credential, bytes_of(bytes), bytes.length) != FIDO_OK)
        return WEBAUTHN_MALFORMED;
    if (!is_attested(credential, &attestation, algorithm))
        return WEBAUTHN_ATTESTATION;
    struct text key = { (const char *)fido_cred_pubkey_ptr(credential), fido_cred_pubkey_len(credential) };
    *out = (struct webauthn_credential){ .id = data.credential_id,
                                         .key = { algorithm->number, arena_copy(arena, key) },
                                         .state = data.state };
    return WEBAUTHN_SOUND;
}

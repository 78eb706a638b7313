#include "crypto/token.h"
#include "base/buffer.h"
#include "crypto/algorithms.h"
#include "crypto/hash.h"

enum { SIGNATURE_SIZE = 64, SIGNATURE_LENGTH = 86, PUBLIC_SIZE = 32 };

static void free_context(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

struct text token_sign(struct arena *arena, const struct keyring *keyring, struct text claims)
{
    const struct signer *signer = keyring_signer(keyring, 0);
    struct text payload = base64url_encode(arena, claims);
    struct buffer token = { .arena = arena };
    buffer_reserve(&token, signer->header.length + payload.length + 1 + SIGNATURE_LENGTH);
    buffer_add(&token, signer->header);
    buffer_add(&token, payload);

    unsigned char signature[SIGNATURE_SIZE];
    size_t length = sizeof signature;
    [[gnu::cleanup(free_context)]] EVP_MD_CTX *context = EVP_MD_CTX_new();
    algorithm_require(
        context && EVP_DigestSignInit_ex(context, NULL, NULL, NULL, NULL, signer->pair, NULL) == 1
        && EVP_DigestSign(context, signature, &length, (const unsigned char *)token.data, token.length) == 1);
    buffer_add_byte(&token, '.');
    buffer_add(&token, base64url_encode(arena, (struct text){ (const char *)signature, length }));
    return token.text;
}

/* The key whose header stands before the token, byte for byte: another algorithm, type, key, order of members
 * or any member more is no header of ours, so no JSON of a stranger is ever read. */
static const struct signer *signer_of(const struct keyring *keyring, struct text token)
{
    for (size_t i = 0; i < keyring_count(keyring, KEY_SIGN); i++)
        if (text_starts(token, keyring_signer(keyring, i)->header))
            return keyring_signer(keyring, i);
    return NULL;
}

bool token_verify(struct arena *arena, const struct keyring *keyring, struct text token, struct text *claims)
{
    const struct signer *signer = signer_of(keyring, token);
    if (!signer || token.length < signer->header.length + 1 + SIGNATURE_LENGTH)
        return false;
    size_t dot = token.length - SIGNATURE_LENGTH - 1;
    struct text payload, signature;
    if (token.data[dot] != '.'
        || !base64url_decode(arena, text_slice(token, dot + 1, token.length), &signature)
        || !base64url_decode(arena, text_slice(token, signer->header.length, dot), &payload))
        return false;

    [[gnu::cleanup(free_context)]] EVP_MD_CTX *context = EVP_MD_CTX_new();
    algorithm_require(context
                      && EVP_DigestVerifyInit_ex(context, NULL, NULL, NULL, NULL, signer->pair, NULL) == 1);
    if (EVP_DigestVerify(context, (const unsigned char *)signature.data, signature.length,
                         (const unsigned char *)token.data, dot)
        != 1)
        return false;
    *claims = payload;
    return true;
}

struct text token_key_set(struct arena *arena, const struct keyring *keyring)
{
    struct buffer json = { .arena = arena };
    buffer_add(&json, TEXT("{\"keys\":["));
    for (size_t i = 0; i < keyring_count(keyring, KEY_SIGN); i++) {
        unsigned char bytes[PUBLIC_SIZE];
        size_t length = sizeof bytes;
        algorithm_require(EVP_PKEY_get_raw_public_key(keyring_signer(keyring, i)->pair, bytes, &length) == 1);
        struct text x = base64url_encode(arena, (struct text){ (const char *)bytes, length });
        buffer_print(
            &json,
            "%s{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"alg\":\"EdDSA\",\"use\":\"sig\",\"kid\":\"%s\","
            "\"x\":\"%.*s\"}",
            i > 0 ? "," : "", keyring_at(keyring, KEY_SIGN, i)->id, TEXT_ARG(x));
    }
    buffer_add(&json, TEXT("]}"));
    return json.text;
}

#include "crypto/hash.h"
#include "base/random.h"
#include "crypto/algorithms.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <stdio.h>

static const char base64_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void sha256(struct text data, unsigned char out[static SHA256_SIZE])
{
    algorithm_require(EVP_Digest(data.data, data.length, out, NULL, algorithms()->sha256, NULL) == 1);
}

struct text sha256_hex(struct arena *arena, struct text data)
{
    unsigned char digest[SHA256_SIZE];
    sha256(data, digest);
    return hex_encode(arena, TEXT_BYTES(digest));
}

void sha1_hex(struct text data, char out[static 2 * SHA1_SIZE + 1])
{
    unsigned char digest[SHA1_SIZE];
    algorithm_require(EVP_Digest(data.data, data.length, digest, NULL, algorithms()->sha1, NULL) == 1);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(out + 2 * i, 3, "%02X", digest[i]);
}

static OSSL_PARAM parameter(const char *name, struct text bytes)
{
    /* libcrypto takes a pointer to what it only reads. */
    return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)bytes.data, bytes.length);
}

static OSSL_PARAM digest_parameter(void)
{
    static char name[] = "SHA256";
    return OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, name, 0);
}

static void free_mac(EVP_MAC_CTX **context)
{
    EVP_MAC_CTX_free(*context);
}

static void free_kdf(EVP_KDF_CTX **context)
{
    EVP_KDF_CTX_free(*context);
}

void hmac_sha256(struct text key, struct text data, unsigned char out[static SHA256_SIZE])
{
    /* An empty key must not be a NULL one: libcrypto would take that for "no key was given". */
    const unsigned char *bytes = key.length > 0 ? (const unsigned char *)key.data : (const unsigned char *)"";
    [[gnu::cleanup(free_mac)]] EVP_MAC_CTX *context = EVP_MAC_CTX_new(algorithms()->hmac);
    const OSSL_PARAM parameters[] = { digest_parameter(), OSSL_PARAM_construct_end() };
    size_t length;
    algorithm_require(context && EVP_MAC_init(context, bytes, key.length, parameters) == 1
                      && EVP_MAC_update(context, (const unsigned char *)data.data, data.length) == 1
                      && EVP_MAC_final(context, out, &length, SHA256_SIZE) == 1 && length == SHA256_SIZE);
}

void hkdf_sha256(struct text key, struct text salt, struct text info, unsigned char *out, size_t size)
{
    [[gnu::cleanup(free_kdf)]] EVP_KDF_CTX *context = EVP_KDF_CTX_new(algorithms()->hkdf);
    OSSL_PARAM parameters[5] = { digest_parameter(), parameter(OSSL_KDF_PARAM_KEY, key) };
    size_t count = 2;
    if (salt.length > 0)
        parameters[count++] = parameter(OSSL_KDF_PARAM_SALT, salt);
    if (info.length > 0)
        parameters[count++] = parameter(OSSL_KDF_PARAM_INFO, info);
    parameters[count] = OSSL_PARAM_construct_end();
    algorithm_require(context && EVP_KDF_derive(context, out, size, parameters) == 1);
}

void pbkdf2_sha256(struct text password, struct text salt, unsigned iterations,
                   unsigned char out[static SHA256_SIZE])
{
    [[gnu::cleanup(free_kdf)]] EVP_KDF_CTX *context = EVP_KDF_CTX_new(algorithms()->pbkdf2);
    const OSSL_PARAM parameters[] = {
        digest_parameter(),
        parameter(OSSL_KDF_PARAM_PASSWORD, password),
        parameter(OSSL_KDF_PARAM_SALT, salt),
        OSSL_PARAM_construct_uint(OSSL_KDF_PARAM_ITER, &iterations),
        OSSL_PARAM_construct_end(),
    };
    algorithm_require(context && EVP_KDF_derive(context, out, SHA256_SIZE, parameters) == 1);
}

static struct text encode(struct arena *arena, struct text data, const char *alphabet, bool padded)
{
    const unsigned char *bytes = (const unsigned char *)data.data;
    char *out = arena_alloc(arena, (data.length + 2) / 3 * 4 + 1), *at = out;
    for (size_t i = 0; i < data.length; i += 3) {
        size_t left = data.length - i;
        uint32_t group = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0)
                       | (left > 2 ? bytes[i + 2] : 0);
        for (size_t digit = 0; digit < 4; digit++)
            if (digit <= left)
                *at++ = alphabet[group >> (18 - 6 * digit) & 63];
            else if (padded)
                *at++ = '=';
    }
    return (struct text){ out, (size_t)(at - out) };
}

struct text base64url_encode(struct arena *arena, struct text data)
{
    return encode(arena, data, base64url_alphabet, false);
}

struct text base64_encode(struct arena *arena, struct text data)
{
    return encode(arena, data, base64_alphabet, true);
}

static int digit_value(char digit)
{
    if (digit >= 'A' && digit <= 'Z')
        return digit - 'A';
    if (digit >= 'a' && digit <= 'z')
        return digit - 'a' + 26;
    if (digit >= '0' && digit <= '9')
        return digit - '0' + 52;
    return digit == '-' ? 62 : digit == '_' ? 63 : -1;
}

bool base64url_decode(struct arena *arena, struct text text, struct text *data)
{
    if (text.length % 4 == 1)
        return false;
    char *out = arena_alloc(arena, text.length / 4 * 3 + 3), *at = out;
    uint32_t bits = 0;
    int bit_count = 0;
    for (size_t i = 0; i < text.length; i++) {
        int value = digit_value(text.data[i]);
        if (value < 0)
            return false;
        bits = (bits << 6 | (uint32_t)value) & 0xffff;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            *at++ = (char)(bits >> bit_count & 0xff);
        }
    }
    if (bits & ((UINT32_C(1) << bit_count) - 1))
        return false;
    *data = (struct text){ out, (size_t)(at - out) };
    return true;
}

struct text hex_encode(struct arena *arena, struct text data)
{
    static const char digits[] = "0123456789abcdef";
    char *out = arena_alloc(arena, data.length * 2 + 1);
    for (size_t i = 0; i < data.length; i++) {
        out[2 * i] = digits[(unsigned char)data.data[i] >> 4];
        out[2 * i + 1] = digits[(unsigned char)data.data[i] & 15];
    }
    return (struct text){ out, data.length * 2 };
}

bool secret_equal(struct text a, struct text b)
{
    return a.length == b.length && CRYPTO_memcmp(a.data, b.data, a.length) == 0;
}

struct text random_token(struct arena *arena, size_t bytes)
{
    char *fresh = arena_alloc(arena, bytes);
    random_bytes(fresh, bytes);
    return base64url_encode(arena, (struct text){ fresh, bytes });
}

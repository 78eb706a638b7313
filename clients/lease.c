/*
 * Reads a lease of NIDIA Flow SuperAdmin without calling it: cc lease.c -lcrypto -ljansson
 *   lease KEYS LEASE EPOCH   (files: the saved /.well-known/jwks.json and the lease; the latest epoch known)
 * Prints what the tenant may use. Ends with 1 where the lease is forged, expired or revoked: then nobody is served.
 */
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LEASE_MAX = 100 * 1024, KEY_SIZE = 32, SIGNATURE_SIZE = 64 };

/* Base64url without padding (RFC 4648 §5); -1 where it is none. */
static int decode(const char *text, size_t length, unsigned char *bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned bits = 0, have = 0, count = 0;
    for (size_t i = 0; i < length; i++) {
        const char *digit = text[i] ? strchr(digits, text[i]) : NULL;
        if (!digit)
            return -1;
        bits = bits << 6 | (unsigned)(digit - digits);
        if ((have += 6) >= 8)
            bytes[count++] = (unsigned char)(bits >> (have -= 8));
    }
    return (int)count;
}

/* Is the signature that of one of the keys? Each is tried: there are one or two. */
static int is_signed(json_t *keys, const char *lease, size_t length, const unsigned char *signature)
{
    json_t *list = json_object_get(keys, "keys");
    int good = 0;
    for (size_t i = 0; i < json_array_size(list) && !good; i++) {
        unsigned char raw[64];
        const char *x = json_string_value(json_object_get(json_array_get(list, i), "x"));
        if (!x || strlen(x) > 64 || decode(x, strlen(x), raw) != KEY_SIZE)
            continue;
        EVP_PKEY *public = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw, KEY_SIZE);
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        good = EVP_DigestVerifyInit(context, NULL, NULL, NULL, public) == 1
            && EVP_DigestVerify(context, signature, SIGNATURE_SIZE, (const unsigned char *)lease, length) == 1;
        EVP_MD_CTX_free(context);
        EVP_PKEY_free(public);
    }
    return good;
}

int main(int count, char **arguments)
{
    static char lease[LEASE_MAX];
    static unsigned char claims[LEASE_MAX], signature[LEASE_MAX]; /* all zero: a NUL follows what is decoded */
    FILE *file = count == 4 ? fopen(arguments[2], "r") : NULL;
    json_t *keys = count == 4 ? json_load_file(arguments[1], 0, NULL) : NULL, *read = NULL;
    if (!file || !keys || !fgets(lease, sizeof lease, file))
        return fprintf(stderr, "usage: lease KEYS LEASE EPOCH\n"), 2;
    lease[strcspn(lease, "\r\n")] = 0;
    char *payload = strchr(lease, '.'), *end = strrchr(lease, '.');
    if (!payload || end == payload || decode(end + 1, strlen(end + 1), signature) != SIGNATURE_SIZE
        || !is_signed(keys, lease, (size_t)(end - lease), signature)
        || decode(payload + 1, (size_t)(end - payload - 1), claims) < 0 || !(read = json_loads((char *)claims, 0, NULL)))
        return fprintf(stderr, "the lease is not signed by these keys\n"), 1;
    const char *audience = json_string_value(json_object_get(read, "aud"));
    json_t *entitlements = json_object_get(read, "entitlements");
    if (!audience || strcmp(audience, "nidia-lease") != 0 || json_integer_value(json_object_get(read, "exp")) <= time(NULL)
        || json_integer_value(json_object_get(entitlements, "lease_epoch")) < atoll(arguments[3]))
        return fprintf(stderr, "the lease is expired, revoked, or no lease\n"), 1;
    return json_dumpf(entitlements, stdout, JSON_COMPACT) ? 1 : puts("") < 0;
}

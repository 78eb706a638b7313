/* The algorithms of libcrypto that we use, fetched once: fetching costs more than hashing a token. */
#pragma once
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <stdbool.h>

struct algorithms {
    EVP_MD *sha256, *sha1;
    EVP_MAC *hmac;
    EVP_KDF *hkdf, *pbkdf2;
    EVP_CIPHER *aes_256_gcm;
};

const struct algorithms *algorithms(void);

/* What fails only where memory or libcrypto itself is broken ends the process: no secret is safe then. */
void algorithm_require(bool done);

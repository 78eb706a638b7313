#include "crypto/algorithms.h"
#include <pthread.h>
#include <stdlib.h>

static struct algorithms fetched;

static void fetch(void)
{
    fetched = (struct algorithms){
        .sha256 = EVP_MD_fetch(NULL, "SHA256", NULL),
        .sha1 = EVP_MD_fetch(NULL, "SHA1", NULL),
        .hmac = EVP_MAC_fetch(NULL, "HMAC", NULL),
        .hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL),
        .pbkdf2 = EVP_KDF_fetch(NULL, "PBKDF2", NULL),
        .aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL),
    };
    algorithm_require(fetched.sha256 && fetched.sha1 && fetched.hmac && fetched.hkdf && fetched.pbkdf2
                      && fetched.aes_256_gcm);
}

const struct algorithms *algorithms(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fetch);
    return &fetched;
}

void algorithm_require(bool done)
{
    if (!done)
        abort();
}

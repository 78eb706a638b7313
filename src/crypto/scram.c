#include "crypto/scram.h"
#include "base/random.h"
#include "crypto/hash.h"
#include <openssl/crypto.h>

enum { SALT_SIZE = 16, ITERATIONS = 4096 /* PostgreSQL 15's own */ };

struct text scram_verifier_salted(struct arena *arena, struct text password, struct text salt,
                                  unsigned iterations)
{
    unsigned char salted[SHA256_SIZE], client_key[SHA256_SIZE], stored_key[SHA256_SIZE],
        server_key[SHA256_SIZE];
    struct text salted_text = TEXT_BYTES(salted);
    pbkdf2_sha256(password, salt, iterations, salted);
    hmac_sha256(salted_text, TEXT("Client Key"), client_key);
    sha256(TEXT_BYTES(client_key), stored_key);
    hmac_sha256(salted_text, TEXT("Server Key"), server_key);
    OPENSSL_cleanse(salted, sizeof salted);
    OPENSSL_cleanse(client_key, sizeof client_key);

    struct text salt_text = base64_encode(arena, salt);
    struct text stored = base64_encode(arena, TEXT_BYTES(stored_key));
    struct text server = base64_encode(arena, TEXT_BYTES(server_key));
    return arena_format(arena, "SCRAM-SHA-256$%u:%.*s$%.*s:%.*s", iterations, TEXT_ARG(salt_text),
                        TEXT_ARG(stored), TEXT_ARG(server));
}

struct text scram_verifier(struct arena *arena, struct text password)
{
    char salt[SALT_SIZE];
    random_bytes(salt, sizeof salt);
    return scram_verifier_salted(arena, password, (struct text){ salt, sizeof salt }, ITERATIONS);
}

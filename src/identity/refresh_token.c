#include "identity/refresh_token.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "record/site.h"
#include <string.h>

enum {
    SECRET_SIZE = 32,
    CODE_SIZE = 16,
    TOKEN_SIZE = UUID_LENGTH + SECRET_SIZE + CODE_SIZE,
    TOKEN_LENGTH_MAX = 2 * TOKEN_SIZE
};

static void compute_code(const struct key *key, const char *bytes, unsigned char code[static SHA256_SIZE])
{
    unsigned char derived[KEY_SIZE];
    hkdf_sha256((struct text){ (const char *)key->bytes, KEY_SIZE }, TEXT(""), TEXT("refresh token"), derived,
                sizeof derived);
    hmac_sha256((struct text){ (const char *)derived, KEY_SIZE },
                (struct text){ bytes, UUID_LENGTH + SECRET_SIZE }, code);
}

struct text refresh_token_make(struct work *work, struct text session_id)
{
    char bytes[TOKEN_SIZE];
    unsigned char code[SHA256_SIZE];
    memcpy(bytes, session_id.data, UUID_LENGTH);
    random_bytes(bytes + UUID_LENGTH, SECRET_SIZE);
    compute_code(keyring_current(work->site->keyring, KEY_COOKIE), bytes, code);
    memcpy(bytes + UUID_LENGTH + SECRET_SIZE, code, CODE_SIZE);
    return base64url_encode(work->arena, (struct text){ bytes, sizeof bytes });
}

bool refresh_token_read(struct work *work, struct text token, struct text *session_id)
{
    const struct keyring *keyring = work->site->keyring;
    struct text bytes;
    if (token.length > TOKEN_LENGTH_MAX || !base64url_decode(work->arena, token, &bytes)
        || bytes.length != TOKEN_SIZE || !text_is_uuid(text_slice(bytes, 0, UUID_LENGTH)))
        return false;
    struct text given = text_slice(bytes, UUID_LENGTH + SECRET_SIZE, TOKEN_SIZE);
    *session_id = text_slice(bytes, 0, UUID_LENGTH);
    for (size_t i = 0; i < keyring_count(keyring, KEY_COOKIE); i++) {
        unsigned char code[SHA256_SIZE];
        compute_code(keyring_at(keyring, KEY_COOKIE, i), bytes.data, code);
        if (secret_equal(given, (struct text){ (const char *)code, CODE_SIZE }))
            return true;
    }
    return false;
}

struct text refresh_token_hash(struct work *work, struct text token)
{
    return sha256_hex(work->arena, token);
}

static struct text place_of(struct work *work, struct text session_id)
{
    return arena_format(work->arena, "user_sessions.successor_sealed:%.*s", TEXT_ARG(session_id));
}

static void derive_key(struct text predecessor, unsigned char key[static KEY_SIZE])
{
    hkdf_sha256(predecessor, TEXT(""), TEXT("successor"), key, KEY_SIZE);
}

struct text refresh_token_seal(struct work *work, struct text successor, struct text predecessor,
                               struct text session_id)
{
    unsigned char key[KEY_SIZE];
    derive_key(predecessor, key);
    return seal_with(work->arena, key, successor, place_of(work, session_id));
}

bool refresh_token_unseal(struct work *work, struct text sealed, struct text predecessor,
                          struct text session_id, struct text *successor)
{
    unsigned char key[KEY_SIZE];
    derive_key(predecessor, key);
    return unseal_with(work->arena, key, sealed, place_of(work, session_id), successor, &work->error);
}

#include "identity/refresh_token.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "crypto/mac.h"
#include "crypto/seal.h"
#include "record/site.h"
#include <string.h>

enum {
    SECRET_SIZE = 32,
    CODE_SIZE = MAC_SIZE_MIN,
    TOKEN_SIZE = UUID_LENGTH + SECRET_SIZE + CODE_SIZE,
    TOKEN_LENGTH_MAX = 2 * TOKEN_SIZE
};

/* Of the session's id and the random bytes. */
static struct text covered_by_mac(struct work *work, struct text bytes)
{
    return arena_format(work->arena, "refresh token:%.*s", TEXT_ARG(hex_encode(work->arena, bytes)));
}

struct text refresh_token_make(struct work *work, struct text session_id)
{
    char bytes[TOKEN_SIZE];
    memcpy(bytes, session_id.data, UUID_LENGTH);
    random_bytes(bytes + UUID_LENGTH, SECRET_SIZE);
    struct text covered = covered_by_mac(work, (struct text){ bytes, TOKEN_SIZE - CODE_SIZE });
    memcpy(bytes + TOKEN_SIZE - CODE_SIZE, mac_make(work->arena, work->site->keyring, covered).data,
           CODE_SIZE);
    return base64url_encode(work->arena, TEXT_BYTES(bytes));
}

bool refresh_token_read(struct work *work, struct text token, struct text *session_id)
{
    struct text bytes;
    if (token.length > TOKEN_LENGTH_MAX || !base64url_decode(work->arena, token, &bytes)
        || bytes.length != TOKEN_SIZE || !text_is_uuid(text_slice(bytes, 0, UUID_LENGTH)))
        return false;
    struct text covered = covered_by_mac(work, text_slice(bytes, 0, TOKEN_SIZE - CODE_SIZE));
    struct text code = text_slice(bytes, TOKEN_SIZE - CODE_SIZE, TOKEN_SIZE);
    *session_id = text_slice(bytes, 0, UUID_LENGTH);
    return mac_matches(work->arena, work->site->keyring, covered, code);
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

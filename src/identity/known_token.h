/*
 * Credentials that were verified, by their SHA-256, until they expire: verifying a signature costs 71 µs,
 * looking here less than one. Bounded: where it is full, others make room and are verified again.
 */
#pragma once
#include "base/random.h"
#include "crypto/hash.h"
#include "identity/access.h"

enum { SCOPES_MAX = 64 };

/* Whose a credential is; ids are empty or whole. */
struct holder {
    enum role role;
    char user_id[UUID_LENGTH + 1], tenant_id[UUID_LENGTH + 1];
    char session_id[UUID_LENGTH + 1], api_key_id[UUID_LENGTH + 1];
    char scopes[SCOPES_MAX + 1];
    unsigned duties;
    int64_t version;    /* the user's session epoch, or the key's revision */
    int64_t expires_ms; /* until then it need not be verified again */
    int64_t ends_ms;    /* the credential's own end: from then on it is void */
};

/* Whether or not it has to be verified again by now. */
bool known_tokens_find(struct known_tokens *known, const unsigned char digest[static SHA256_SIZE],
                       int64_t now_ms, struct holder *holder);
void known_tokens_keep(struct known_tokens *known, const unsigned char digest[static SHA256_SIZE],
                       int64_t now_ms, const struct holder *holder);

/* Calls `each` for the holders that were found since the last time this was called, with when that was. */
void known_tokens_each_used(struct known_tokens *known,
                            void (*each)(const struct holder *holder, int64_t used_ms, void *data),
                            void *data);

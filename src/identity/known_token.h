/*
 * Credentials that were verified, by their SHA-256, until they expire: verifying a signature costs 71 µs,
 * looking here less than one. Bounded: where it is full, others make room and are verified again.
 */
#pragma once
#include "base/random.h"
#include "crypto/hash.h"
#include "identity/access.h"

enum { KEY_TENANTS_MAX = 8 };

/* Whose a credential is; ids are empty or whole. */
struct holder {
    enum role role;
    char user_id[UUID_LENGTH + 1], tenant_id[UUID_LENGTH + 1];
    char session_id[UUID_LENGTH + 1], api_key_id[UUID_LENGTH + 1];
    char tenant_ids[KEY_TENANTS_MAX * (UUID_LENGTH + 1)]; /* of a key for several, separated by spaces */
    char sponsor_id[UUID_LENGTH + 1];                     /* record/work.h */
    int64_t sponsor_version;
    struct scopes scopes;
    char language[LANGUAGE_LENGTH + 1];
    unsigned duties;
    bool lacks_factor;
    int64_t auth_time_ms;
    int64_t version;    /* the user's session epoch, or the key's revision */
    int64_t expires_ms; /* until then it need not be verified again */
    int64_t ends_ms;    /* the credential's own end: from then on it is void */
};

static inline bool holder_is_machine(const struct holder *holder)
{
    return holder->api_key_id[0];
}

/* Keeps an id, whole or not at all. */
void holder_keep_id(char out[static UUID_LENGTH + 1], struct text id);

/* Whether or not it has to be verified again by now. */
bool known_tokens_find(struct known_tokens *known, const unsigned char digest[static SHA256_SIZE],
                       struct holder *holder);
void known_tokens_keep(struct known_tokens *known, const unsigned char digest[static SHA256_SIZE],
                       const struct holder *holder);
/* It let somebody in. */
void known_tokens_count(struct known_tokens *known, const unsigned char digest[static SHA256_SIZE],
                        int64_t now_ms);

struct token_use {
    int64_t used_ms; /* the last time */
    int64_t count;   /* since the last time it was told */
};

/* Calls `each` for those that let somebody in since the last time this was called. */
void known_tokens_each_used(struct known_tokens *known,
                            void (*each)(const struct holder *holder, const struct token_use *use,
                                         void *data),
                            void *data);

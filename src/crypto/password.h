/* Passwords: bcrypt $2b$ over base64(HMAC-SHA-256(pepper, password)), since bcrypt cuts at 72 bytes and at
 * NUL. */
#pragma once
#include "crypto/keyring.h"

enum { BCRYPT_COST = 12, BCRYPT_COST_MIN = 4, BCRYPT_COST_MAX = 16, PASSWORD_HASH_LENGTH = 60 };

/* 60 characters, "$2b$12$…", under the ring's current pepper, whose id goes to *pepper_id. Takes about 200
 * ms. */
struct text password_hash(struct arena *arena, const struct keyring *keyring, struct text password, int cost,
                          struct text *pepper_id);

/* `pepper_id` empty: a hash made without one (imported). Always costs one hash; false for a malformed one
 * too. */
bool password_matches(struct arena *arena, const struct keyring *keyring, struct text password,
                      struct text hash, struct text pepper_id);

/* True where the hash was made with other than the current pepper or cost, and is to be replaced at this
 * sign-in. */
bool password_is_stale(const struct keyring *keyring, struct text hash, struct text pepper_id, int cost);

/* Costs what password_matches costs; for when there is nothing to compare with. */
void password_spend(struct arena *arena, const struct keyring *keyring, struct text password, int cost);

/* Spends what a hash of lower cost saved when it was matched,
 * so that time does not tell whose hash is old. */
void password_level(struct arena *arena, const struct keyring *keyring, struct text password,
                    struct text hash, int cost);

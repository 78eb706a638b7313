/* Passwords: bcrypt $2b$ over base64(HMAC-SHA-256(pepper, password)), since bcrypt cuts at 72 bytes and at
 * NUL. */
#pragma once
#include "crypto/keyring.h"

enum { BCRYPT_COST_MIN = 4, BCRYPT_COST_MAX = 16, PASSWORD_HASH_LENGTH = 60 };

/* 60 characters, "$2b$12$…", under the ring's current pepper, whose id goes to *pepper_id. Takes about 200
 * ms. */
struct text password_hash(struct arena *arena, const struct keyring *keyring, struct text password, int cost,
                          struct text *pepper_id);

/*
 * Costs what a hash of `cost` costs, whatever `hash` is: empty (there is nobody, or no password), malformed,
 * or of a lower cost. Only one of a higher cost takes longer. `pepper_id` empty: it was made without one
 * (imported).
 */
bool password_matches(struct arena *arena, const struct keyring *keyring, struct text password,
                      struct text hash, struct text pepper_id, int cost);

/* True where the hash was made with other than the current pepper or cost, and is to be replaced at this
 * sign-in. */
bool password_is_stale(const struct keyring *keyring, struct text hash, struct text pepper_id, int cost);

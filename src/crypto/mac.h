/*
 * Codes by which we know again what we gave out (cursors, cookies, refresh tokens, marks): HMAC-SHA-256 under
 * the ring's KEY_COOKIE. What is covered begins with the name of its use, so that no code serves for another.
 */
#pragma once
#include "crypto/keyring.h"

enum { MAC_SIZE = 32, MAC_SIZE_MIN = 16 };

/* Under the current key. The first MAC_SIZE_MIN bytes or more of it may stand for it. */
struct text mac_make(struct arena *arena, const struct keyring *keyring, struct text covered);
/* Under any key of the ring: what was given out outlives a rotation. */
bool mac_matches(struct arena *arena, const struct keyring *keyring, struct text covered, struct text mac);

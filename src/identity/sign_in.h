/*
 * Signing in with e-mail and password: throttled before the hash, always one hash of the current parameters,
 * and one answer, `invalid_credentials`, for every cause.
 */
#pragma once
#include "identity/entry.h"

struct credentials {
    struct text email, password;
    struct text device; /* the known-device cookie; empty: none */
    struct text otp;    /* a second factor's code that comes along; empty: none */
};

/* On a slow pool: costs a bcrypt. Opens its own transactions, since what it
 * counts outlives a refusal. On success with a session work->actor is the one who signed in.
 * `rate_limited` with a time to wait where a bucket is empty. */
[[nodiscard]] bool sign_in(struct work *work, const struct credentials *credentials, struct entry *entry);

/* Takes a token from the buckets of this account and address, in a transaction of its own. For whatever
 * compares a password. */
[[nodiscard]] bool sign_in_throttle(struct work *work, struct text email, struct text device);

/*
 * What an authenticator is given to sign: 256 random bits, a time, and a code that tells ours from a
 * stranger's. Good for five minutes, for one purpose and one person, once.
 *
 * Nothing is written when it is given out, so that strangers who ask for many fill no table; what is written
 * is that it was used.
 */
#pragma once
#include "record/work.h"

enum { CHALLENGE_LIFE_MS = 5 * 60 * 1000 };

enum challenge_purpose { CHALLENGE_REGISTRATION, CHALLENGE_SIGN_IN, CHALLENGE_SECOND_FACTOR };

struct passkey_challenge {
    enum challenge_purpose purpose;
    struct text subject; /* the id of whom or what it is for; empty: anybody */
};

struct text challenge_make(struct work *work, const struct passkey_challenge *challenge);
/* Is it one of ours, for this, and not too old? */
[[nodiscard]] bool challenge_matches(struct work *work, const struct passkey_challenge *challenge,
                                     struct text given);
/* In a transaction: of all who use one that matches, *first is true for one. */
[[nodiscard]] bool challenge_spend(struct work *work, struct text given, bool *first);

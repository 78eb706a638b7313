/*
 * Proving again who one is, before what is sensitive: by a second factor, where the account has one, else by
 * the password. What comes of it is a new session in the place of the one that asks.
 */
#pragma once
#include "identity/entry.h"

struct step_up {
    struct text current_password, otp; /* either may be empty */
    struct text device;                /* the known-device cookie; empty: none */
};

/* On a slow pool, outside of a transaction. Refused: the answer is `second_factor_refused`. */
[[nodiscard]] bool step_up(struct work *work, const struct step_up *given, struct entry *entry);

/*
 * What follows when a person's second factors change: users.mfa_enabled, recovery codes, audit, and the
 * sessions, which all end; who makes the change goes on in a new one.
 */
#pragma once
#include "identity/second_factor.h"
#include "identity/session.h"

struct factor_change {
    struct user *user; /* locked; left as it is then */
    enum second_factor_kind kind;
    struct grant grant;         /* of the new session */
    struct text recovery_codes; /* a JSON array: with the first factor, shown this once; else empty */
};

/* In a transaction, after the method stored what it needs. The one who is signed in has just proven it. */
[[nodiscard]] bool second_factor_added(struct work *work, struct factor_change *change);
/* In a transaction, after the method removed what it had. With the last factor the recovery codes go. */
[[nodiscard]] bool second_factor_removed(struct work *work, struct factor_change *change);

/* The same where an administrator removed it: the person's sessions end. */
[[nodiscard]] bool second_factor_taken(struct work *work, struct user *user, enum second_factor_kind kind);

/* In a transaction, by an administrator: whatever the person has is gone; the next sign-in asks for the first
 * factor alone. `wrong_state` where there is none; `forbidden` of one's own: it takes a second person. */
[[nodiscard]] bool second_factors_reset(struct work *work, struct user *user);

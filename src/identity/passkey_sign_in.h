/*
 * Signing in with a passkey alone. Its device has verified the person, so it counts as two factors. Throttled
 * as a password is, and one answer, `passkey_refused`, for every cause.
 */
#pragma once
#include "identity/entry.h"

struct passkey_credentials {
    struct text credential; /* what the browser answered */
    struct text device;     /* the known-device cookie; empty: none */
};

/* Opens its own transactions, since what it counts outlives a refusal. On success with a session work->actor
 * is the one who signed in. */
[[nodiscard]] bool passkey_sign_in(struct work *work, const struct passkey_credentials *credentials,
                                   struct entry *entry);
/* What a browser is to be asked: PublicKeyCredentialRequestOptionsJSON. */
struct text passkey_sign_in_question(struct work *work);

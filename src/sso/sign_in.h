/* Signing in and out at an identity provider: authorization code with PKCE (RFC 9700, OpenID Connect Core).
 */
#pragma once
#include "identity/entry.h"

/* What a browser asks for. */
struct sso_wish {
    struct text provider;
    struct text device;    /* the known-device cookie */
    struct text return_to; /* empty: "/" */
    struct text prompt;    /* "login": to be recognised anew, for what is sensitive; else empty */
};
/* Where the browser goes next, and the cookie with which it is to come back. Waits for the network. */
struct sso_beginning {
    struct text url, cookie;
};
[[nodiscard]] bool sso_begin(struct work *work, const struct sso_wish *wish, struct sso_beginning *beginning);

/* What it came back with. */
struct sso_answer {
    struct text provider; /* by the address that it came back to */
    struct text cookie;
    struct text state, code, issuer, error; /* empty: not given */
};

/*
 * On the pool for who waits for others: asks the provider, and opens its own transactions. On success
 * work->actor is the one who signed in, and *return_to where that one wanted to go.
 */
[[nodiscard]] bool sso_finish(struct work *work, const struct sso_answer *answer, struct entry *entry,
                              struct text *return_to);

/* Ends the actor's session here; *url: where the browser ends it at the provider, empty where there is
 * nothing to end.
 */
[[nodiscard]] bool sso_sign_out(struct work *work, struct text *url);

/* The provider says, by itself, that sessions are over (OpenID Connect Back-Channel Logout). */
[[nodiscard]] bool sso_hear_logout(struct work *work, struct text provider, struct text token);

/*
 * A sign-in that is under way at an identity provider: what was asked there, kept by the browser that asked,
 * in a cookie that only we can read and make. Whoever comes back without it did not begin it.
 */
#pragma once
#include "record/work.h"

enum { ATTEMPT_LIFE_SECONDS = 10 * 60 };

struct attempt {
    struct text provider_id;
    struct text state;    /* comes back with the answer */
    struct text nonce;    /* comes back inside of the ID token */
    struct text verifier; /* of PKCE (RFC 7636): shown to the provider with the code */
    struct text
        device; /* the known-device cookie: a browser that comes from elsewhere does not bring it along */
    struct text return_to;
    int64_t max_age_seconds; /* how long ago the person may have been recognised; 0: he is to be anew */
    int64_t begun_ms;
};

/* Of what the caller has filled in: its secrets, and its time. */
void attempt_make(struct work *work, struct attempt *attempt);
struct text attempt_challenge(struct work *work, const struct attempt *attempt); /* S256 */

struct text attempt_seal(struct work *work, const struct attempt *attempt);
/* False where it is none of ours, or too old. */
[[nodiscard]] bool attempt_open(struct work *work, struct text cookie, struct attempt *attempt);

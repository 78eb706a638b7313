/* A code for what the provider says of who signed in (OpenID Connect Core §3.1.3), verified. */
#pragma once
#include "sso/attempt.h"
#include "sso/provider.h"
#include "json/json.h"

struct said {
    struct text id_token;
    struct json claims;   /* the ID token's */
    struct json userinfo; /* JSON_NULL: not asked, since the ID token says it all */
};

/*
 * Asks the provider, and waits: never in a transaction. `sso_unavailable` where it does not answer,
 * `sso_refused` where it does not take the code, `sso_untrusted` where what it answers is not to be believed.
 */
[[nodiscard]] bool exchange_code(struct work *work, const struct provider *provider,
                                 const struct attempt *attempt, struct text code, struct said *said);

/* A claim, wherever it was said: NULL where it was not. */
const struct json *said_claim(const struct said *said, struct text name);

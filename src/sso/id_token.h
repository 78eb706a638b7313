/* What an identity provider says of who signed in there (OpenID Connect Core §2), and whether it says it to
 * us. */
#pragma once
#include "json/json.h"

/* Who may have said it, to whom, in answer to what. */
struct claims_expected {
    struct text issuer, client_id;
    struct text nonce; /* empty: nothing was asked, and none may stand there */
    int64_t now_ms, skew_ms;
};
struct provider;
struct work;
struct claims_expected claims_expected_of(struct work *work, const struct provider *provider,
                                          struct text nonce);

/* Of claims whose signature was verified. NULL: they are good; else what is wrong with them. */
const char *id_token_fault(const struct json *claims, const struct claims_expected *expected);
/* The same of a logout token (OpenID Connect Back-Channel Logout §2.4). */
const char *logout_token_fault(const struct json *claims, const struct claims_expected *expected);

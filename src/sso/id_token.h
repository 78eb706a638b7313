/* What an identity provider says of who signed in there (OpenID Connect Core §2), and whether it says it to
 * us. */
#pragma once
#include "base/value.h"
#include "json/json.h"

/* Who may have said it, to whom, in answer to what. */
struct claims_expected {
    struct text issuer, client_id;
    struct text nonce; /* empty: nothing was asked, and none may stand there */
    int64_t now_ms, skew_ms;
    int64_t
        recognised_since_ms; /* of an ID token: when the person is to have been recognised at the earliest */
    bool tells_when;         /* and it has to say so */
};
struct provider;
struct work;
struct claims_expected claims_expected_of(struct work *work, const struct provider *provider,
                                          struct text nonce);

/* Of claims whose signature was verified. NULL: they are good; else what is wrong with them. */
const char *id_token_fault(const struct json *claims, const struct claims_expected *expected);
/* The same of a logout token (OpenID Connect Back-Channel Logout §2.4). */
const char *logout_token_fault(const struct json *claims, const struct claims_expected *expected);

/* When the person was recognised, of a good ID token; null: it does not tell. */
struct value id_token_auth_time(const struct json *claims, int64_t now_ms);

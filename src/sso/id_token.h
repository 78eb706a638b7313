/* What an identity provider says of who signed in there (OpenID Connect Core §2), and whether it says it to
 * us. */
#pragma once
#include "json/json.h"

/* Who may have said it, to whom, in answer to what. */
struct id_token_expected {
    struct text issuer, client_id, nonce;
    int64_t now_ms, skew_ms;
};

/* Of claims whose signature was verified. NULL: they are good; else what is wrong with them. */
const char *id_token_fault(const struct json *claims, const struct id_token_expected *expected);

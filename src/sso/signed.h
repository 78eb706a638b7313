/* What an identity provider signed: a token by one of the keys that it publishes now. */
#pragma once
#include "sso/provider.h"
#include "json/json.h"

/*
 * The claims, of which nothing but the signature is verified yet; `type`: what the header must say that it
 * is, or, where that is "JWT", may. Waits for the network where the key is a new one. `sso_untrusted` of any
 * other token.
 */
[[nodiscard]] bool signed_read(struct work *work, const struct provider *provider, struct text token,
                               struct text type, struct json *claims);

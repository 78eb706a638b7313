/* Access tokens: JWS compact (RFC 7515) with EdDSA over Ed25519 (RFC 8037), typ "at+jwt" (RFC 9068). */
#pragma once
#include "crypto/keyring.h"

/* `claims` is the payload's JSON; the header is ours alone: {"alg":"EdDSA","typ":"at+jwt","kid":"ID"}. */
struct text token_sign(struct arena *arena, const struct keyring *keyring, struct text claims);

/* The payload of a token that one of the ring's keys signed with exactly our header; the claims are not
 * looked at. */
[[nodiscard]] bool token_verify(struct arena *arena, const struct keyring *keyring, struct text token,
                                struct text *claims);

/* The public keys as a JWK Set (RFC 7517):
 * {"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","kid","x"}]}. */
struct text token_key_set(struct arena *arena, const struct keyring *keyring);

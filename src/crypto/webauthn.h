/*
 * What an authenticator signs (Web Authentication Level 2, §6 and §7), verified by libfido2: the half that is
 * bytes. What the browser says beside it, the client data, is JSON and is judged by who asked.
 */
#pragma once
#include "base/arena.h"

/* COSE's numbers of the algorithms that passkeys sign with. */
enum webauthn_algorithm { WEBAUTHN_ES256 = -7, WEBAUTHN_EDDSA = -8, WEBAUTHN_RS256 = -257 };

enum { CREDENTIAL_ID_MAX = 1'023, PUBLIC_KEY_MAX = 300 /* bytes */ };

/* Why it proves nothing. */
enum webauthn_fault {
    WEBAUTHN_SOUND,
    WEBAUTHN_MALFORMED,
    WEBAUTHN_RELYING_PARTY, /* made for another site */
    WEBAUTHN_PRESENCE,      /* nobody touched the authenticator */
    WEBAUTHN_VERIFICATION,  /* nobody showed it who he is, where that was asked for */
    WEBAUTHN_ALGORITHM,
    WEBAUTHN_ATTESTATION,
    WEBAUTHN_SIGNATURE,
};

struct webauthn_demand {
    struct text relying_party; /* its id: a domain */
    struct text client_data;   /* as the browser sent it */
    bool verification;         /* a PIN or a finger is asked for, not only a touch */
};

struct webauthn_key {
    enum webauthn_algorithm algorithm;
    struct text bytes; /* as libfido2 keeps it */
};

/* What the authenticator says of itself, signed. */
struct webauthn_state {
    int64_t sign_count; /* 0: it does not count */
    bool user_verified;
};

struct webauthn_credential {
    struct text id;
    struct webauthn_key key;
    struct webauthn_state state;
};

/* A new passkey. Formats `none` and `packed`; whose make the authenticator is, nobody vouches for. */
[[nodiscard]] enum webauthn_fault webauthn_register(struct arena *arena, const struct webauthn_demand *demand,
                                                    struct text attestation_object,
                                                    struct webauthn_credential *credential);

struct webauthn_assertion {
    struct text authenticator_data, signature;
};

[[nodiscard]] enum webauthn_fault webauthn_verify(struct arena *arena, const struct webauthn_demand *demand,
                                                  const struct webauthn_key *key,
                                                  const struct webauthn_assertion *assertion,
                                                  struct webauthn_state *state);

/* A key that nobody has: whoever names no passkey of ours is judged by it, in the same time. */
extern const struct webauthn_key webauthn_decoy;

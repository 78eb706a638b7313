/* The bytes that an authenticator signs, taken apart (Web Authentication Level 2, §6.1). */
#pragma once
#include "crypto/webauthn.h"

struct authenticator_data {
    struct text relying_party_hash;
    unsigned flags;
    struct webauthn_state state;
    /* Of a registration. */
    struct text credential_id, key; /* the key as COSE has it */
    struct text extensions;         /* a map; empty: none */
};

/* Nothing in it is unmeasured: see crypto/cbor.h. `attested`: of a registration. */
[[nodiscard]] bool authenticator_data_read(struct text bytes, bool attested, struct authenticator_data *data);

/* Is it for this relying party, with a person there, and with one who was verified where that is demanded? */
[[nodiscard]] enum webauthn_fault authenticator_data_judge(const struct authenticator_data *data,
                                                           const struct webauthn_demand *demand);

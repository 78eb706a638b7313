/* How a person was recognised, in the words of RFC 8176: kept with the session, told in its tokens. */
#pragma once
#include "base/arena.h"

enum amr {
    AMR_PASSWORD = 1 << 0,
    AMR_CODE = 1 << 1, /* good once: of an authenticator app, or for recovery */
    AMR_TWO_FACTORS = 1 << 2,
    AMR_PASSKEY = 1 << 3,
    AMR_FEDERATED = 1 << 4, /* at an identity provider: our own word */
};

struct text amr_write(struct arena *arena, unsigned amr); /* ["pwd","otp","mfa"] */
/* What amr_write wrote; words that are not known here are passed over. */
unsigned amr_read(struct arena *arena, struct text list);

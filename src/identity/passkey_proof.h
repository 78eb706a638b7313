/*
 * A passkey as a proof of who somebody is: read and judged before a transaction, which costs a signature's
 * verification, and settled in it, where the challenge is spent and the count moves on.
 *
 * Whatever is wrong, a passkey that does not exist included, costs as much and is the same to whoever is
 * refused: `refused` is for the audit.
 */
#pragma once
#include "crypto/webauthn.h"
#include "identity/passkey_answer.h"
#include "model/model.h"

struct passkey_proof {
    struct text credential; /* what the browser answered: the body's member "credential" */
    struct passkey_challenge challenge;
    struct text user_id; /* whose it must be; empty: whoever it is signs in with it alone */

    /* What came of it. */
    const char *refused; /* why; NULL: it proves that it is passkey.user_id */
    struct user_passkey passkey;
    bool is_known;

    /* From reading to settling. */
    struct passkey_answer answer;
    const char *judgement;
    struct webauthn_state state;
};

/* Which passkey is it said to be? False for faults of the body. */
[[nodiscard]] bool passkey_proof_read(struct work *work, struct passkey_proof *proof);
void passkey_proof_judge(struct work *work, struct passkey_proof *proof);
/* In a transaction, which is kept where the proof is refused too. May be run again. */
[[nodiscard]] bool passkey_proof_settle(struct work *work, struct passkey_proof *proof);

/* What a browser is to be asked: PublicKeyCredentialRequestOptionsJSON. `allowed`: a list as
 * passkeys_describe writes it; empty: any that the device knows of us, where it must verify the person. */
struct text passkey_request(struct work *work, const struct passkey_challenge *challenge,
                            struct text allowed);

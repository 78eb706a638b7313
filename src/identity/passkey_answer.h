/*
 * What a browser answers for its authenticator: PublicKeyCredential.toJSON() of Web Authentication Level 3.
 *
 * Every text has a limit, what is missing or malformed is a fault at its place, and what is not known here is
 * passed over: browsers add to it from year to year.
 */
#pragma once
#include "identity/passkey_challenge.h"

struct passkey_answer {
    struct text id; /* of the credential, base64url */
    struct text client_data;
    struct text attestation_object;                         /* registering */
    struct text transports;                                 /* a JSON list */
    struct text authenticator_data, signature, user_handle; /* signing in; user_handle may be empty */
    struct text challenge;                                  /* that it says it answers */
};

/* `json`: the body's member "credential", a JSON object. */
[[nodiscard]] bool passkey_answer_read(struct work *work, struct text json, enum challenge_purpose purpose,
                                       struct passkey_answer *answer);

/* Is the browser's part of it for us, and the challenge one of ours for this? NULL: yes; else why not, for
 * the audit. Leaves the challenge in the answer. */
const char *passkey_answer_judge(struct work *work, const struct passkey_challenge *challenge,
                                 struct passkey_answer *answer);

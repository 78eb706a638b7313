/* An authenticator app as a second factor: its seed is sealed, and each of its codes is good once. */
#pragma once
#include "identity/second_factor.h"

[[nodiscard]] bool totp_is_enrolled(struct work *work, struct text user_id, bool *enrolled);
[[nodiscard]] bool totp_verify(struct work *work, const struct second_factor_attempt *attempt, bool *good);
[[nodiscard]] bool totp_forget(struct work *work, struct text user_id);

/* In a transaction: a new seed, in place of an earlier one that was never confirmed. `uri` is what the app
 * reads (otpauth://). */
struct totp_enrolment {
    struct text secret, uri;
};
[[nodiscard]] bool totp_begin(struct work *work, const struct user *user, struct totp_enrolment *enrolment);
/* In a transaction: the code shows that the app has the seed, which takes the place of one that was there.
 * Fails with second_factor_refused at /code. */
[[nodiscard]] bool totp_confirm(struct work *work, const struct user *user, struct text code);

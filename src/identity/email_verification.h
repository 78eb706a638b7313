/* A link to somebody's own address, by which they show that they read it. */
#pragma once
#include "model/model.h"
#include "record/work.h"

/* In a transaction: mails a link; an earlier one is void. */
[[nodiscard]] bool email_verification_send(struct work *work, const struct user *user);
/* The same at the person's own wish: `wrong_state` where it is verified, `rate_limited` where too many went
 * out. */
[[nodiscard]] bool email_verification_ask(struct work *work, const struct user *user);

/* In a transaction: one more mail to this person's addresses at their own wish, or `rate_limited`. */
[[nodiscard]] bool email_throttle(struct work *work, const struct user *user);

/* What makes an address a proven one. */
void email_mark_verified(const struct work *work, struct user *changes);

/* Locked accounts: for a while after too many failures, each time longer; or by an administrator, until
 * unlocked. */
#pragma once
#include "model/model.h"
#include "record/work.h"

/* Does the lock bar this sign-in? A temporary one lets a known device pass. */
bool lock_bars(const struct work *work, const struct user *user, bool device_known);

/* In a transaction: one failed sign-in more. */
[[nodiscard]] bool lock_count_failure(struct work *work, const struct user *user);
/* What a sign-in that succeeded sets back. */
void lock_forget(const struct user *user, struct user *changes);

/* In a transaction, by an administrator: `wrong_state` where it is so already. Locking ends the sessions. */
[[nodiscard]] bool lock_user(struct work *work, const struct user *user, struct text reason,
                             struct user *after);
[[nodiscard]] bool unlock_user(struct work *work, const struct user *user, struct user *after);

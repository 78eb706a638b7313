/* Setting a password: one's own, by the one that was; or somebody else's, who then must change it. */
#pragma once
#include "model/model.h"
#include "record/work.h"

struct password_change {
    const struct user *user;
    struct text password, current_password;
};

/* On a slow pool, outside of a transaction: an open session alone must not be enough to take an account over.
 * Throttled like a sign-in; else a fault at /current_password. */
[[nodiscard]] bool password_check_current(struct work *work, const struct user *user,
                                          struct text current_password);

/* On a slow pool: costs up to two bcrypts; opens its own transactions. Ends the person's sessions. */
[[nodiscard]] bool password_change(struct work *work, const struct password_change *change);

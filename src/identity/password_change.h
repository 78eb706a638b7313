/* Setting a password: one's own, by the one that was; or somebody else's, who then must change it. */
#pragma once
#include "model/model.h"
#include "record/work.h"

struct password_change {
    const struct user *user;
    struct text password, current_password;
};

/* On a slow pool: costs up to two bcrypts; opens its own transactions. Ends the person's sessions. */
[[nodiscard]] bool password_change(struct work *work, const struct password_change *change);

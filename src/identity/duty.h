/*
 * What a person who signed in must do before anything else. It stands in the access token, so that the gate
 * knows without asking; whoever lays a duty on somebody ends that person's sessions.
 */
#pragma once
#include "model/model.h"
#include "record/work.h"

struct duty_rule {
    enum duty duty;
    const char *name; /* in the token */
    enum error_code refusal;
    bool (*find)(struct work *work, const struct user *user, bool *owed);
};
extern const struct duty_rule duty_rules[]; /* ended by {} */

[[nodiscard]] bool duties_of(struct work *work, const struct user *user, unsigned *duties);

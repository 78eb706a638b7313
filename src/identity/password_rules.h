/* What a password must be: long, not common, and without the
 * words of its context. No rules of composition. */
#pragma once
#include "model/model.h"
#include "record/work.h"

enum { PASSWORD_MAX = 256, PASSWORD_MIN_WITH_SECOND_FACTOR = 8 };

/* Is it shorter than it must be where no second factor stands beside it? */
bool password_is_short(const struct work *work, struct text password);

/* For this person, whose cells may still be on their way into the database. Faults stand at `pointer`. */
[[nodiscard]] bool password_rules_check(struct work *work, struct text password, const struct user *person,
                                        const char *pointer);

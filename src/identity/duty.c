#include "identity/duty.h"

static bool has_anothers_password(struct work *, const struct user *user)
{
    return value_is_true(user->must_change_password);
}

const struct duty_rule duty_rules[] = {
    { DUTY_CHANGE_PASSWORD, "change_password", ERROR_password_change_required, has_anothers_password },
    {},
};

unsigned duties_of(struct work *work, const struct user *user)
{
    unsigned duties = 0;
    for (const struct duty_rule *rule = duty_rules; rule->duty; rule++)
        if (rule->is_owed(work, user))
            duties |= rule->duty;
    return duties;
}

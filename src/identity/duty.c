#include "identity/duty.h"
#include "settings/settings.h"

static bool find_anothers_password(struct work *, const struct user *user, bool *owed)
{
    *owed = value_is_true(user->must_change_password) && value_is_set(user->password_hash);
    return true;
}

static bool role_requires_factor(const struct work *work, enum role role)
{
    static const struct {
        enum role role;
        enum setting setting;
    } required[] = {
        { SUPER_ADMIN, SETTING_second_factor_super_admin },
        { SUPPORT, SETTING_second_factor_support },
        { BILLING_ADMIN, SETTING_second_factor_billing_admin },
        { TENANT_ADMIN, SETTING_second_factor_tenant_admin },
    };
    for (size_t i = 0; i < sizeof required / sizeof *required; i++)
        if (required[i].role == role)
            return settings_integer(work->site->settings, required[i].setting) != 0;
    return false;
}

/* By the role, or by the tenant for all its people. */
static bool find_missing_factor(struct work *work, const struct user *user, bool *owed)
{
    struct result result;
    *owed = false;
    if (value_is_true(user->mfa_enabled))
        return true;
    *owed = role_requires_factor(work, role_named(user->system_role.text));
    if (*owed || !value_is_set(user->tenant_id))
        return true;
    if (!db_run(work->db, work->arena, &result, &work->error,
                "SELECT 1 FROM tenants WHERE id = $1 AND requires_second_factor",
                PARAMETERS(user->tenant_id)))
        return false;
    *owed = result.row_count > 0;
    return true;
}

const struct duty_rule duty_rules[] = {
    { DUTY_CHANGE_PASSWORD, "change_password", ERROR_password_change_required, find_anothers_password },
    { DUTY_ENROL_FACTOR, "enrol_second_factor", ERROR_second_factor_required, find_missing_factor },
    {},
};

bool duties_of(struct work *work, const struct user *user, unsigned *duties)
{
    *duties = 0;
    for (const struct duty_rule *rule = duty_rules; rule->duty; rule++) {
        bool owed;
        if (!rule->find(work, user, &owed))
            return false;
        *duties |= owed ? rule->duty : 0;
    }
    return true;
}

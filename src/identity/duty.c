#include "identity/duty.h"
#include "directory/directory.h"
#include "record/site.h"
#include "settings/settings.h"

static bool role_requires_factor(const struct site *site, enum role role)
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
            return settings_integer(site->settings, required[i].setting) != 0;
    return false;
}

const struct duty_rule duty_rules[] = {
    { DUTY_CHANGE_PASSWORD, "change_password", ERROR_password_change_required },
    { DUTY_ENROL_FACTOR, "enrol_second_factor", ERROR_second_factor_required },
    {},
};

unsigned duties_of(const struct user *user)
{
    bool has_anothers = value_is_true(user->must_change_password) && value_is_set(user->password_hash);
    return has_anothers ? DUTY_CHANGE_PASSWORD : 0;
}

unsigned duties_by_rule(const struct site *site, const struct actor *actor, bool tenant_requires_factor)
{
    bool owes = actor->lacks_factor && (tenant_requires_factor || role_requires_factor(site, actor->role));
    return owes ? DUTY_ENROL_FACTOR : 0;
}

static bool tenant_requires_factor(const struct site *site, struct text tenant_id)
{
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader = directory_enter(site->directory);
    const struct directory_entry *entry = directory_find(site->directory, ENTRY_id, tenant_id);
    return entry && entry->terms->requires_second_factor;
}

unsigned duties_by_memory(const struct site *site, const struct actor *actor)
{
    bool is_asked = actor->lacks_factor && actor->tenant_id.length > 0;
    return duties_by_rule(site, actor, is_asked && tenant_requires_factor(site, actor->tenant_id));
}

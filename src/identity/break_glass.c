#include "identity/break_glass.h"
#include "identity/amr.h"
#include "settings/settings.h"

static bool is_required(const struct work *work)
{
    return settings_integer(work->site->settings, SETTING_sso_required) != 0;
}

bool break_glass_bars(const struct work *work, const struct user *user, unsigned amr)
{
    return is_required(work) && role_named(user->system_role.text) & STAFF
        && !value_is_true(user->is_break_glass) && !(amr & AMR_FEDERATED);
}

/* Those who get in whatever any provider does; `but`: empty, or one who is not counted. */
static bool count_them(struct work *work, struct text but, int64_t *count)
{
    static const char them[] =
        "SELECT count(*) FROM users WHERE is_break_glass AND system_role = 'super_admin' AND is_active "
        "AND deleted_at IS NULL AND password_hash IS NOT NULL AND NOT (is_locked AND locked_until IS NULL) "
        "AND id IS DISTINCT FROM $1";
    struct result result;
    if (!db_lock(work->db, work->arena, &work->error, TEXT("super_admins"))
        || !db_run(work->db, work->arena, &result, &work->error, them, PARAMETERS(value_text_or_null(but))))
        return false;
    *count = cell_integer(result_row(&result, 0)[0]);
    return true;
}

bool break_glass_spare(struct work *work, const struct user *user)
{
    int64_t others;
    if (!is_required(work) || !value_is_true(user->is_break_glass))
        return true;
    return count_them(work, user->id.text, &others)
        && (others > 0
            || fail(&work->error, ERROR_conflict, "no other super admin would get in without a provider"));
}

static bool check_setting(struct work *work, struct text key, struct value wanted)
{
    int64_t count, number;
    if (!text_is(key, "sso_required") || wanted.kind != VALUE_TEXT || !text_to_integer(wanted.text, &number)
        || number == 0)
        return true;
    return count_them(work, (struct text){}, &count)
        && (count > 0
            || fail(&work->error, ERROR_conflict, "no super admin would get in without a provider"));
}

bool break_glass_create_setting(struct work *work, struct value *cells)
{
    const struct system_setting *row = (const struct system_setting *)cells;
    return check_setting(work, row->key.text, row->value) && settings_services->create(work, cells);
}

bool break_glass_update_setting(struct work *work, const struct value *before, struct value *changes,
                                struct value *after)
{
    const struct system_setting *row = (const struct system_setting *)before;
    return check_setting(work, row->key.text, ((const struct system_setting *)changes)->value)
        && settings_services->update(work, before, changes, after);
}

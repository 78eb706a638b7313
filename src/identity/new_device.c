#include "identity/new_device.h"
#include "identity/device.h"
#include "letters/notice.h"

/* Other words for the same browser at the same address are no other device; with a new password all are. */
static bool is_new(struct work *work, const struct user *user, bool *new)
{
    static const char earlier[] =
        "SELECT EXISTS (SELECT 1 FROM user_sessions WHERE user_id = $1 AND "
        "impersonator_id IS NULL), EXISTS (SELECT 1 FROM user_sessions "
        "WHERE user_id = $1 AND impersonator_id IS NULL AND user_agent IS NOT "
        "DISTINCT FROM $2 AND ip_address IS NOT DISTINCT FROM $3 AND created_at >= $4)";
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, earlier,
                PARAMETERS(user->id, value_text_or_null(work->origin.user_agent),
                           value_text_or_null(work->origin.address),
                           value_time(cell_integer(user->password_changed_at)))))
        return false;
    *new = cell_boolean(result.cells[0]) && !cell_boolean(result.cells[1]);
    return true;
}

bool new_device_tell(struct work *work, const struct user *user)
{
    bool new;
    if (!is_new(work, user, &new))
        return false;
    const struct mail_word words[] = {
        { "device", device_in_words(device_of(work->arena, work->origin.user_agent).name) },
        { "address", work->origin.address },
        {},
    };
    return !new || notice_send(work, &(struct notice){ mail_kind_new_device, user, {}, words });
}

#include "letters/invitation.h"
#include "base/calendar.h"
#include "letters/link.h"
#include "letters/notice.h"
#include "settings/settings.h"

bool invitation_send(struct work *work, const struct user *user)
{
    int64_t days = settings_integer(work->site->settings, SETTING_invitation_days);
    const struct link_holder holder = { user->id.text, user->session_epoch.integer };
    struct text url;
    if (value_is_set(user->password_hash))
        return fail(&work->error, ERROR_wrong_state, "invited");
    /* A new one takes the place of the one before. */
    if (!link_void(work, mail_kind_invitation, user->id.text)
        || !link_add(work, mail_kind_invitation, &holder, days * DAY_MS, &url))
        return false;
    const struct mail_word words[] = {
        { "link", url },
        { "life", arena_format(work->arena, "%lld", (long long)days) },
        {},
    };
    return notice_send(work, &(struct notice){ mail_kind_invitation, user, {}, words });
}

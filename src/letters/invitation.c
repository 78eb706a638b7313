#include "letters/invitation.h"
#include "base/calendar.h"
#include "letters/letter.h"
#include "letters/link.h"
#include "settings/settings.h"

/* A new one takes the place of the one before. */
static bool forget_earlier(struct work *work, const struct user *user)
{
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error,
                  "DELETE FROM mailed_links WHERE user_id = $1 AND purpose = 'invitation'",
                  PARAMETERS(user->id));
}

bool invitation_send(struct work *work, const struct user *user)
{
    int64_t days = settings_integer(work->site->settings, SETTING_invitation_days);
    const struct link_holder holder = { user->id.text, user->session_epoch.integer };
    struct text name = cell_text(user->first_name), url;
    if (value_is_set(user->password_hash))
        return fail(&work->error, ERROR_wrong_state, "invited");
    if (!forget_earlier(work, user) || !link_add(work, mail_kind_invitation, &holder, days * DAY_MS, &url))
        return false;
    const struct mail_word words[] = {
        { "name", name.length > 0 ? name : user->email.text },
        { "email", user->email.text },
        { "link", url },
        { "life", arena_format(work->arena, "%lld", (long long)days) },
        {},
    };
    const struct letter letter = {
        .kind = mail_kind_invitation,
        .user_id = user->id.text,
        .to = user->email.text,
        .to_name = name,
        .language = user->language.text,
        .words = words,
    };
    return letter_add(work, &letter);
}

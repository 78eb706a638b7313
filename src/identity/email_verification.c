#include "identity/email_verification.h"
#include "base/calendar.h"
#include "identity/throttle.h"
#include "letters/link.h"
#include "letters/notice.h"
#include "record/site.h"

bool email_verification_send(struct work *work, const struct user *user)
{
    int64_t hours = settings_integer(work->site->settings, SETTING_email_hours);
    const struct link_holder holder = { user->id.text, user->session_epoch.integer };
    struct text url;
    if (!link_void(work, mail_kind_verify_email, user->id.text)
        || !link_add(work, mail_kind_verify_email, &holder, hours * HOUR_MS, &url))
        return false;
    const struct mail_word words[] = {
        { "link", url },
        { "life", arena_format(work->arena, "%lld", (long long)hours) },
        {},
    };
    return notice_send(work, &(struct notice){ mail_kind_verify_email, user, {}, words });
}

bool email_throttle(struct work *work, const struct user *user)
{
    struct text name = arena_format(work->arena, "email:user:%.*s", TEXT_ARG(user->id.text));
    const struct bucket bucket = throttle_bucket(work, name, SETTING_resets_per_account, HOUR_MS);
    return throttle_pass(work, &bucket);
}

bool email_verification_ask(struct work *work, const struct user *user)
{
    if (value_is_true(user->email_verified))
        return fail(&work->error, ERROR_wrong_state, "not verified");
    return email_throttle(work, user) && email_verification_send(work, user);
}

void email_mark_verified(const struct work *work, struct user *changes)
{
    changes->email_verified = value_boolean(true);
    changes->email_verified_at = value_time(work->now);
}

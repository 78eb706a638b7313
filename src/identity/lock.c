#include "identity/lock.h"
#include "base/calendar.h"
#include "identity/session.h"
#include "identity/user.h"
#include "letters/notice.h"
#include "record/store.h"
#include "settings/settings.h"

enum { LOCK_MAX_MS = DAY_MS, DOUBLINGS_MAX = 16 };

static bool is_temporary(const struct user *user)
{
    return value_is_set(user->locked_until);
}

bool lock_bars(const struct work *work, const struct user *user, bool device_known)
{
    if (!value_is_true(user->is_locked))
        return false;
    return !is_temporary(user) || (user->locked_until.integer > work->now && !device_known);
}

static int64_t lock_time(struct work *work, int64_t locks_before)
{
    int64_t first_ms = settings_integer(work->site->settings, SETTING_lock_minutes) * MINUTE_MS;
    int64_t time_ms = first_ms << (locks_before < DOUBLINGS_MAX ? locks_before : DOUBLINGS_MAX);
    return time_ms < LOCK_MAX_MS ? time_ms : first_ms > LOCK_MAX_MS ? first_ms : LOCK_MAX_MS;
}

static bool tell_of_lock(struct work *work, const struct user *user)
{
    const struct mail_word words[] = {
        { "until", notice_time(work->arena, user, user->locked_until.integer) },
        {},
    };
    return notice_send(work, &(struct notice){ mail_kind_account_locked, user, {}, words });
}

bool lock_count_failure(struct work *work, const struct user *user)
{
    int64_t attempts = user->login_attempts.integer + 1;
    struct user changes = { .login_attempts = value_integer(attempts) }, after;
    bool locks = attempts % settings_integer(work->site->settings, SETTING_lock_after_failures) == 0;
    if (locks) {
        changes.is_locked = value_boolean(true);
        changes.locked_at = value_time(work->now);
        changes.locked_until = value_time(work->now + lock_time(work, user->lock_count.integer));
        changes.locked_reason = value_string("too many failed sign-ins");
        changes.lock_count = value_integer(user->lock_count.integer + 1);
    }
    return store_update(work, &users_table, user->cells, changes.cells, after.cells)
        && (!locks || tell_of_lock(work, &after));
}

static void open_lock(struct user *changes)
{
    changes->is_locked = value_boolean(false);
    changes->locked_at = changes->locked_until = changes->locked_reason = value_null();
}

void lock_forget(const struct user *user, struct user *changes)
{
    changes->login_attempts = changes->lock_count = value_integer(0);
    if (value_is_true(user->is_locked))
        open_lock(changes);
}

bool lock_user(struct work *work, const struct user *user, struct text reason, struct user *after)
{
    if (value_is_true(user->is_locked) && !is_temporary(user))
        return fail(&work->error, ERROR_wrong_state, "unlocked");
    struct user changes = {
        .is_locked = value_boolean(true),
        .locked_at = value_time(work->now),
        .locked_until = value_null(),
        .locked_reason = value_text(reason),
    };
    return user_spare_last_admin(work, user)
        && store_update(work, &users_table, user->cells, changes.cells, after->cells)
        && sessions_end_all(work, user->id.text, "locked");
}

bool unlock_user(struct work *work, const struct user *user, struct user *after)
{
    if (!value_is_true(user->is_locked))
        return fail(&work->error, ERROR_wrong_state, "locked");
    struct user changes = {};
    lock_forget(user, &changes);
    return store_update(work, &users_table, user->cells, changes.cells, after->cells);
}

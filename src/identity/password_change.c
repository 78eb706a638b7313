#include "identity/password_change.h"
#include "base/pool.h"
#include "crypto/password.h"
#include "identity/sign_in.h"
#include "identity/user.h"
#include "record/site.h"
#include "record/transact.h"
#include "settings/settings.h"

struct choice {
    const struct user *user;
    struct user changes;
    bool own;
};

static bool set(struct work *work, void *data)
{
    const struct choice *choice = data;
    struct user changes = choice->changes;
    return user_set_password(work, choice->user, &changes, !choice->own);
}

/* What is compared on a thread of its own. */
struct password_check {
    struct work *work;
    const struct user *user;
    struct text password;
    bool matches;
};

static void compare(void *data)
{
    struct password_check *check = data;
    const struct work *work = check->work;
    const struct user *user = check->user;
    int cost = (int)settings_integer(work->site->settings, SETTING_bcrypt_cost);
    check->matches = password_matches(work->arena, work->site->keyring, check->password,
                                      cell_text(user->password_hash), cell_text(user->password_key_id), cost);
}

bool password_check_current(struct work *work, const struct user *user, struct text current_password)
{
    if (current_password.length == 0)
        return fail_at(&work->error, "/current_password", ERROR_required, "");
    if (!sign_in_throttle(work, user->email.text, (struct text){}))
        return false;
    struct password_check check = { .work = work, .user = user, .password = current_password };
    pool_run(work->site->hashing, compare, &check);
    return check.matches || fail_at(&work->error, "/current_password", ERROR_invalid_credentials, "");
}

bool password_change(struct work *work, const struct password_change *change)
{
    struct choice choice = { .user = change->user,
                             .own = text_equal(work->actor.user_id, change->user->id.text) };
    if (choice.own && !password_check_current(work, change->user, change->current_password))
        return false;
    return user_prepare_password(work, change->password, change->user, "/password", &choice.changes)
        && db_transact(work, set, &choice);
}

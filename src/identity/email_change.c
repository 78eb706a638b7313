#include "identity/email_change.h"
#include "base/calendar.h"
#include "identity/email_verification.h"
#include "identity/password_change.h"
#include "identity/session.h"
#include "letters/link.h"
#include "letters/notice.h"
#include "record/audit.h"
#include "record/site.h"
#include "record/store.h"
#include "record/transact.h"
#include "settings/settings.h"

static bool audit(struct work *work, const struct user *user, const char *action)
{
    const struct audit_entry entry = {
        .action = action,
        .entity_type = "users",
        .entity_id = user->id.text,
        .tenant_id = cell_text(user->tenant_id),
        .user_id = user->id.text,
        .outcome = "success",
    };
    return audit_event(work, &entry);
}

/* ---- Asking ---- */

static bool check_free(struct work *work, struct text email)
{
    static const char find[] = "SELECT 1 FROM users WHERE email = $1 AND deleted_at IS NULL";
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, find, PARAMETERS(value_text(email))))
        return false;
    return result.row_count == 0 || fail_at(&work->error, "/email", ERROR_taken, "email");
}

/* The change that was asked for before, and its links, are void. */
static bool forget(struct work *work, const struct user *user)
{
    struct result result;
    return link_void(work, mail_kind_confirm_old_email, user->id.text)
        && link_void(work, mail_kind_confirm_new_email, user->id.text)
        && db_run(work->db, work->arena, &result, &work->error,
                  "DELETE FROM email_changes WHERE user_id = $1", PARAMETERS(user->id));
}

static bool mail_link(struct work *work, const struct user *user, enum mail_kind kind, struct text to,
                      struct text new_email)
{
    int64_t hours = settings_integer(work->site->settings, SETTING_email_hours);
    const struct link_holder holder = { user->id.text, user->session_epoch.integer };
    struct text url;
    if (!link_add(work, kind, &holder, hours * HOUR_MS, &url))
        return false;
    const struct mail_word words[] = {
        { "new_email", new_email },
        { "link", url },
        { "life", arena_format(work->arena, "%lld", (long long)hours) },
        {},
    };
    return notice_send(work, &(struct notice){ kind, user, to, words });
}

static bool write_change(struct work *work, void *data)
{
    const struct email_wish *wish = data;
    struct user user;
    if (!store_find_by(work, &users_table, "id", wish->user->id, true, user.cells)
        || !email_throttle(work, &user) || !check_free(work, wish->email) || !forget(work, &user))
        return false;
    int64_t hours = settings_integer(work->site->settings, SETTING_email_hours);
    struct email_change change = {
        .user_id = user.id,
        .email = value_text(wish->email),
        .expires_at = value_time(work->now + hours * HOUR_MS),
    };
    return store_create(work, &email_changes_table, change.cells)
        && mail_link(work, &user, mail_kind_confirm_old_email, user.email.text, wish->email)
        && mail_link(work, &user, mail_kind_confirm_new_email, wish->email, wish->email)
        && audit(work, &user, "ask_email_change");
}

bool email_change_ask(struct work *work, const struct email_wish *wish)
{
    struct email_wish folded = *wish;
    folded.email = arena_copy_lower(work->arena, wish->email);
    return password_check_current(work, wish->user, wish->current_password)
        && db_transact(work, write_change, &folded);
}

/* ---- Confirming ---- */

static bool find_change(struct work *work, const struct user *user, struct email_change *change)
{
    if (store_find_by(work, &email_changes_table, "user_id", user->id, true, change->cells))
        return true;
    if (work->error.code != ERROR_not_found)
        return false;
    error_clear(&work->error);
    return fail_at(&work->error, "/token", ERROR_link_void, "");
}

bool email_change_tell(struct work *work, const struct user *before, struct text new_email)
{
    const struct mail_word words[] = { { "new_email", new_email }, {} };
    return notice_send(work, &(struct notice){ mail_kind_email_changed, before, {}, words });
}

/* The address is taken where another had it first: then nothing changes. */
static bool make(struct work *work, const struct user *user, const struct email_change *change)
{
    struct user after, changes = { .email = change->email };
    email_mark_verified(work, &changes);
    return store_update(work, &users_table, user->cells, changes.cells, after.cells) && forget(work, user)
        && sessions_end_all(work, user->id.text, "email_changed")
        && email_change_tell(work, user, change->email.text) && audit(work, user, "change_email");
}

/* Of both at once the second waits for the user's row, and sees the first. */
static bool confirm_change(struct work *work, const struct opened_link *link, struct value *state)
{
    struct email_change change, after, changes = {};
    if (!find_change(work, &link->user, &change))
        return false;
    bool is_old = is_choice(link->purpose, mail_kind, confirm_old_email);
    *(is_old ? &changes.old_confirmed_at : &changes.new_confirmed_at) = value_time(work->now);
    if (!store_update(work, &email_changes_table, change.cells, changes.cells, after.cells))
        return false;
    bool both = value_is_set(after.old_confirmed_at) && value_is_set(after.new_confirmed_at);
    *state = both ? choice_value(email_state, changed) : choice_value(email_state, waiting);
    return !both || make(work, &link->user, &after);
}

static bool verify(struct work *work, const struct user *user)
{
    struct user after, changes = {};
    email_mark_verified(work, &changes);
    return value_is_true(user->email_verified)
        || store_update(work, &users_table, user->cells, changes.cells, after.cells);
}

bool email_confirm(struct work *work, struct text token, struct value *state)
{
    struct opened_link link;
    if (!link_spend(work, LINK_CONFIRMS_EMAIL, token, &link))
        return false;
    work->actor.user_id = link.user.id.text;
    if (!is_choice(link.purpose, mail_kind, verify_email))
        return confirm_change(work, &link, state);
    *state = choice_value(email_state, verified);
    return verify(work, &link.user);
}

bool email_change_stop(struct work *work, struct text token)
{
    struct opened_link link;
    struct email_change change;
    if (!link_spend(work, LINK_CONFIRMS_EMAIL, token, &link) || !find_change(work, &link.user, &change))
        return false;
    work->actor.user_id = link.user.id.text;
    return forget(work, &link.user) && audit(work, &link.user, "stop_email_change");
}

#include "identity/user.h"
#include "base/pool.h"
#include "crypto/password.h"
#include "identity/break_glass.h"
#include "identity/email_change.h"
#include "identity/email_verification.h"
#include "identity/lock.h"
#include "identity/password_rules.h"
#include "identity/session.h"
#include "letters/invitation.h"
#include "letters/notice.h"
#include "record/audit.h"
#include "record/store.h"
#include "settings/settings.h"
#include "usage/seats.h"

bool user_spare_last_admin(struct work *work, const struct user *user)
{
    static const char others[] =
        "SELECT count(*) FROM users WHERE system_role = 'super_admin' AND is_active AND deleted_at IS NULL "
        "AND NOT (is_locked AND locked_until IS NULL) AND id <> $1";
    if (role_named(user->system_role.text) != SUPER_ADMIN || !value_is_true(user->is_active))
        return true;
    struct result result;
    if (!db_lock(work->db, work->arena, &work->error, TEXT("super_admins"))
        || !db_run(work->db, work->arena, &result, &work->error, others, PARAMETERS(user->id)))
        return false;
    if (cell_integer(result_row(&result, 0)[0]) == 0)
        return fail(&work->error, ERROR_conflict, "there is no other active super admin");
    return break_glass_spare(work, user);
}

/* What is hashed on a thread of its own. */
struct hashing {
    struct work *work;
    struct text password, hash, pepper_id;
};

static void hash(void *data)
{
    struct hashing *hashing = data;
    const struct site *site = hashing->work->site;
    int cost = (int)settings_integer(site->settings, SETTING_bcrypt_cost);
    hashing->hash =
        password_hash(hashing->work->arena, site->keyring, hashing->password, cost, &hashing->pepper_id);
}

bool user_prepare_password(struct work *work, struct text password, const struct user *person,
                           const char *pointer, struct user *changes)
{
    struct hashing hashing = { .work = work, .password = password };
    if (!password_rules_check(work, password, person, pointer))
        return false;
    pool_run(work->site->hashing, hash, &hashing);
    changes->password_hash = value_text(hashing.hash);
    changes->password_key_id = value_text(hashing.pepper_id);
    changes->password_changed_at = value_time(work->now);
    changes->password_is_short = value_boolean(password_is_short(work, password));
    return true;
}

/* An invitation that was taken up changed nothing. */
static bool tell_of_change(struct work *work, const struct user *user)
{
    return !value_is_set(user->password_hash)
        || notice_send(work, &(struct notice){ .kind = mail_kind_password_changed, .user = user });
}

bool user_set_password(struct work *work, const struct user *user, struct user *changes, bool must_change)
{
    const struct audit_entry entry = {
        .action = "set_password",
        .entity_type = "users",
        .entity_id = user->id.text,
        .tenant_id = cell_text(user->tenant_id),
        .outcome = "success",
    };
    struct user after;
    changes->must_change_password = value_boolean(must_change);
    return store_update(work, &users_table, user->cells, changes->cells, after.cells)
        && sessions_end_all(work, user->id.text, "password_changed") && audit_event(work, &entry)
        && tell_of_change(work, user);
}

bool user_has_password(const struct value *cells)
{
    return value_is_set(((const struct user *)cells)->password);
}

bool user_prepare(struct work *work, struct value *cells)
{
    struct user *user = (struct user *)cells;
    struct text password = user->password.text;
    user->password = (struct value){};
    return user_prepare_password(work, password, user, "/password", user);
}

/* A tenant's administrator makes administrators of its own tenant alone; staff has no tenant. */
static bool check_role(struct work *work, const struct user *user)
{
    enum role role = role_named(user->system_role.text);
    if (work->actor.role == TENANT_ADMIN && role != TENANT_ADMIN)
        return fail_at(&work->error, "/system_role", ERROR_not_yours_to_set, "");
    if (role == TENANT_ADMIN && !value_is_set(user->tenant_id))
        return fail_at(&work->error, "/tenant_id", ERROR_required, "");
    if (role != TENANT_ADMIN && value_is_set(user->tenant_id))
        return fail_at(&work->error, "/tenant_id", ERROR_not_settable, "");
    return true;
}

/* The first mail to an address: by its link it is proven. */
static bool greet(struct work *work, const struct user *user)
{
    return value_is_set(user->password_hash) ? email_verification_send(work, user)
                                             : invitation_send(work, user);
}

bool user_create(struct work *work, struct value *cells)
{
    struct user *user = (struct user *)cells;
    user->email.text = arena_copy_lower(work->arena, user->email.text); /* an option's is as it was typed */
    if (!value_is_set(user->system_role))
        user->system_role = value_text(role_name(TENANT_ADMIN));
    if (work->actor.role == TENANT_ADMIN && !value_is_set(user->tenant_id))
        user->tenant_id = value_text(work->actor.tenant_id);
    if (!check_role(work, user))
        return false;
    if (value_is_set(user->tenant_id) && !seats_take(work, user->tenant_id.text))
        return false;
    return store_create(work, &users_table, cells) && greet(work, user);
}

static bool loses_rights(const struct user *before, const struct user *after)
{
    return !text_equal(before->system_role.text, after->system_role.text)
        || (value_is_true(before->is_active) && !value_is_true(after->is_active));
}

/* One's own address changes by its own call, which asks both mailboxes. */
static bool prepare_move(struct work *work, const struct user *before, struct user *changes)
{
    if (text_equal(work->actor.user_id, before->id.text))
        return fail_at(&work->error, "/email", ERROR_not_settable, "");
    changes->email_verified = value_boolean(false);
    changes->email_verified_at = value_null();
    return true;
}

/* After the sessions ended, so that the link is of the new epoch. */
static bool finish_move(struct work *work, const struct user *before, const struct user *after)
{
    struct user user;
    return store_find_by(work, &users_table, "id", after->id, false, user.cells)
        && email_change_tell(work, before, after->email.text) && greet(work, &user);
}

bool user_update(struct work *work, const struct value *before_cells, struct value *change_cells,
                 struct value *after_cells)
{
    const struct user *before = (const struct user *)before_cells;
    struct user *changes = (struct user *)change_cells, *after = (struct user *)after_cells;
    bool moves = value_is_set(changes->email) && !value_equal(changes->email, before->email);
    if (moves && !prepare_move(work, before, changes))
        return false;
    struct user wanted = *before;
    if (value_is_set(changes->system_role))
        wanted.system_role = changes->system_role;
    if (value_is_set(changes->is_active))
        wanted.is_active = changes->is_active;
    bool loses = loses_rights(before, &wanted);
    bool leaves_glass = value_is_true(before->is_break_glass) && value_is_set(changes->is_break_glass)
                     && !value_is_true(changes->is_break_glass);
    if (leaves_glass && !break_glass_spare(work, before))
        return false;
    if (!check_role(work, &wanted) || (loses && !user_spare_last_admin(work, before))
        || !store_update(work, &users_table, before_cells, change_cells, after_cells))
        return false;
    bool owes = !value_is_true(before->must_change_password) && value_is_true(after->must_change_password);
    if ((loses || moves || owes) && !sessions_end_all(work, after->id.text, "rights_changed"))
        return false;
    return !moves || finish_move(work, before, after);
}

/* A tombstone: the row stays for what refers to it; its seat and its e-mail are free again. */
bool user_remove(struct work *work, const struct value *cells)
{
    const struct user *user = (const struct user *)cells;
    struct user changes = { .deleted_at = value_time(work->now), .is_active = value_boolean(false) }, after;
    if (!user_spare_last_admin(work, user)
        || !store_update(work, &users_table, cells, changes.cells, after.cells)
        || !sessions_end_all(work, user->id.text, "user_removed"))
        return false;
    return !value_is_set(user->tenant_id) || seats_give_back(work, user->tenant_id.text);
}

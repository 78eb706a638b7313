#include "identity/second_factor_change.h"
#include "identity/amr.h"
#include "identity/recovery_code.h"
#include "letters/notice.h"
#include "record/audit.h"
#include "record/store.h"

/* In the audit, and by mail to whose they are. */
static bool audit(struct work *work, const struct user *user, const char *action, const char *method)
{
    const struct audit_entry entry = {
        .action = action,
        .entity_type = "users",
        .entity_id = user->id.text,
        .tenant_id = cell_text(user->tenant_id),
        .outcome = "success",
        .metadata = method ? arena_format(work->arena, "{\"method\":\"%s\"}", method) : (struct text){},
    };
    return audit_event(work, &entry)
        && notice_send(work, &(struct notice){ .kind = mail_kind_second_factors_changed, .user = user });
}

static const char *name_of(enum second_factor_kind kind)
{
    return second_factor_kind_choices.texts[kind].data;
}

/* A password that was long enough beside a second factor alone is so no more. */
static bool set_enabled(struct work *work, struct user *user, bool enabled)
{
    struct user changes = { .mfa_enabled = value_boolean(enabled) };
    if (!enabled && value_is_true(user->password_is_short))
        changes.must_change_password = value_boolean(true);
    return store_update(work, &users_table, user->cells, changes.cells, user->cells);
}

/* What a session says no more once its owner has no second factor. */
static unsigned amr_of_factors(void)
{
    unsigned amr = AMR_TWO_FACTORS;
    for (enum second_factor_kind kind = 0; kind < second_factor_kind_count; kind++)
        amr |= second_factor_methods[kind].amr;
    return amr;
}

/* Ends all sessions, this one too, and goes on in a new one that knows what was proven. */
static bool renew_session(struct work *work, struct factor_change *change, unsigned added, unsigned lost)
{
    struct user *user = change->user;
    struct user_session session;
    if (!sessions_find_own(work, work->actor.session_id, &session))
        return false;
    if (!value_is_true(session.is_active)) /* it was ended after the call was let in */
        return fail(&work->error, ERROR_invalid_token, "");
    if (!sessions_end_all(work, user->id.text, "second_factor_changed")
        || !store_find_by(work, &users_table, "id", user->id, true, user->cells))
        return false;
    unsigned amr = (amr_read(work->arena, session.amr.text) | added) & ~lost;
    return session_begin(work, user, amr_write(work->arena, amr), value_time(work->now), &change->grant)
        && session_hand_over(work, session.id.text, change->grant.session_id);
}

bool second_factor_added(struct work *work, struct factor_change *change)
{
    struct user *user = change->user;
    change->recovery_codes = (struct text){};
    if (!value_is_true(user->mfa_enabled)
        && !(set_enabled(work, user, true)
             && recovery_codes_make(work, user->id.text, &change->recovery_codes)))
        return false;
    unsigned added = second_factor_methods[change->kind].amr | AMR_TWO_FACTORS;
    return audit(work, user, "add_second_factor", name_of(change->kind))
        && renew_session(work, change, added, 0);
}

/* Spare ones do not count. */
static bool has_factor(struct work *work, struct text user_id, bool *has)
{
    unsigned kinds;
    if (!second_factors_enrolled(work, user_id, &kinds))
        return false;
    *has = false;
    for (enum second_factor_kind kind = 0; kind < second_factor_kind_count; kind++)
        *has = *has || (kinds & 1u << kind && !second_factor_methods[kind].is_spare);
    return true;
}

static bool settle_loss(struct work *work, struct user *user, enum second_factor_kind kind, bool *has)
{
    if (!has_factor(work, user->id.text, has))
        return false;
    if (!*has && !(set_enabled(work, user, false) && recovery_codes_forget(work, user->id.text)))
        return false;
    return audit(work, user, "remove_second_factor", name_of(kind));
}

bool second_factor_removed(struct work *work, struct factor_change *change)
{
    bool has;
    change->recovery_codes = (struct text){};
    return settle_loss(work, change->user, change->kind, &has)
        && renew_session(work, change, 0, has ? 0 : amr_of_factors());
}

bool second_factor_taken(struct work *work, struct user *user, enum second_factor_kind kind)
{
    bool has;
    return settle_loss(work, user, kind, &has)
        && sessions_end_all(work, user->id.text, "second_factor_changed");
}

bool second_factors_reset(struct work *work, struct user *user)
{
    unsigned kinds;
    if (text_equal(work->actor.user_id, user->id.text))
        return fail(&work->error, ERROR_forbidden, "");
    if (!second_factors_enrolled(work, user->id.text, &kinds))
        return false;
    if (kinds == 0)
        return fail(&work->error, ERROR_wrong_state, "mfa_enabled");
    for (enum second_factor_kind kind = 0; kind < second_factor_kind_count; kind++)
        if (!second_factor_methods[kind].forget(work, user->id.text))
            return false;
    return set_enabled(work, user, false) && sessions_end_all(work, user->id.text, "second_factors_reset")
        && audit(work, user, "reset_second_factors", NULL);
}

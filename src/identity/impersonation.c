#include "identity/impersonation.h"
#include "base/calendar.h"
#include "identity/user.h"
#include "letters/notice.h"
#include "record/site.h"
#include "record/store.h"
#include "settings/settings.h"

static bool check(struct work *work, const struct impersonation_begin *begin)
{
    int64_t most = settings_integer(work->site->settings, SETTING_impersonation_minutes);
    bool may;
    if (begin->minutes > most)
        return fail_at(&work->error, "/minutes", ERROR_too_large, "%lld", (long long)most);
    if (role_named(begin->user->system_role.text) != TENANT_ADMIN)
        return fail(&work->error, ERROR_wrong_state, "a tenant's administrator");
    return person_may_enter(work, begin->user, &may)
        && (may || fail(&work->error, ERROR_wrong_state, "active"));
}

static struct text name_of(struct work *work, const struct user *user)
{
    struct text first = cell_text(user->first_name), last = cell_text(user->last_name);
    if (first.length == 0 && last.length == 0)
        return user->email.text;
    return text_trim(arena_format(work->arena, "%.*s %.*s", TEXT_ARG(first), TEXT_ARG(last)));
}

static bool tell(struct work *work, const struct impersonation_begin *begin, const struct user *impersonator,
                 int64_t until_ms)
{
    const struct mail_word words[] = {
        { "impersonator", name_of(work, impersonator) },
        { "reason", begin->reason },
        { "until", notice_time(work->arena, begin->user, until_ms) },
        {},
    };
    return notice_send(work, &(struct notice){ mail_kind_impersonation, begin->user, {}, words });
}

bool impersonation_begin(struct work *work, const struct impersonation_begin *begin, struct grant *grant)
{
    struct user impersonator;
    int64_t until_ms = work->now + begin->minutes * MINUTE_MS;
    if (work->actor.user_id.length == 0) /* the system is nobody who could be named */
        return fail(&work->error, ERROR_forbidden, "");
    if (!check(work, begin)
        || !store_find_by(work, &users_table, "id", value_text(work->actor.user_id), false,
                          impersonator.cells)
        || !session_begin_acting(work, begin->user, &impersonator, until_ms, grant))
        return false;
    struct impersonation impersonation = {
        .impersonator_id = impersonator.id,
        .user_id = begin->user->id,
        .tenant_id = begin->user->tenant_id,
        .session_id = value_text(grant->session_id),
        .reason = value_text(begin->reason),
        .expires_at = value_time(until_ms),
    };
    return store_create(work, &impersonations_table, impersonation.cells)
        && tell(work, begin, &impersonator, until_ms);
}

bool impersonation_end(struct work *work, const struct impersonation *impersonation)
{
    struct user_session session;
    if (!store_find_by(work, &user_sessions_table, "id", impersonation->session_id, true, session.cells)) {
        bool removed = work->error.code == ERROR_not_found;
        if (removed)
            error_clear(&work->error);
        return removed;
    }
    return session_end(work, &session, "impersonation_ended");
}

bool impersonation_find_own(struct work *work, struct impersonation *impersonation)
{
    return store_find_by(work, &impersonations_table, "session_id", value_text(work->actor.session_id), false,
                         impersonation->cells);
}

bool impersonations_note_end(struct work *work, enum impersonation_key key, struct text id,
                             const char *reason)
{
    static const char *const living[] = {
        [IMPERSONATION_OF_SESSION] =
            "SELECT id FROM impersonations WHERE session_id = $1 AND ended_at IS NULL AND expires_at > $2",
        [IMPERSONATION_OF_PERSON] = "SELECT id FROM impersonations WHERE (user_id = $1 OR impersonator_id = "
                                    "$1) AND ended_at IS NULL AND expires_at > $2 ORDER BY id",
    };
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, living[key],
                PARAMETERS(value_text(id), value_time(work->now))))
        return false;
    for (size_t i = 0; i < result.row_count; i++) {
        struct impersonation row,
            changes = { .ended_at = value_time(work->now), .ended_reason = value_string(reason) };
        if (!store_find_by(work, &impersonations_table, "id", *result_row(&result, i), true, row.cells)
            || !store_update(work, &impersonations_table, row.cells, changes.cells, row.cells))
            return false;
    }
    return true;
}

bool impersonation_find_actor(struct work *work, const struct user_session *session,
                              struct user *impersonator, bool *may)
{
    if (!store_find_by(work, &users_table, "id", session->impersonator_id, false, impersonator->cells)
        || !person_may_enter(work, impersonator, may))
        return false;
    *may = *may && (role_named(impersonator->system_role.text) & (SUPER_ADMIN | SUPPORT));
    return true;
}

#include "identity/session_limit.h"
#include "identity/session.h"
#include "record/site.h"
#include "record/store.h"
#include "settings/settings.h"

/* After the limit was made lower it is more than one; who has more than this loses the rest with later
 * sign-ins. */
enum { ENDED_AT_ONCE_MAX = 1000 };

static bool end(struct work *work, struct value id)
{
    struct user_session session;
    return store_find_by(work, &user_sessions_table, "id", id, true, session.cells)
        && session_end(work, &session, "too_many_sessions");
}

bool session_limit_keep(struct work *work, struct text user_id, struct text newest_id)
{
    static const char beyond[] = "SELECT id FROM user_sessions WHERE user_id = $1 AND id <> $2 AND is_active "
                                 "AND impersonator_id IS NULL AND expires_at > $3 AND idle_expires_at > $3 "
                                 "ORDER BY created_at DESC, id DESC LIMIT $4 OFFSET $5";
    int64_t most = settings_integer(work->site->settings, SETTING_sessions_per_person);
    struct result result;
    if (most == 0)
        return true;
    if (!db_run(work->db, work->arena, &result, &work->error, beyond,
                PARAMETERS(value_text(user_id), value_text(newest_id), value_time(work->now),
                           value_integer(ENDED_AT_ONCE_MAX), value_integer(most - 1))))
        return false;
    for (size_t i = 0; i < result.row_count; i++)
        if (!end(work, result_row(&result, i)[0]))
            return false;
    return true;
}

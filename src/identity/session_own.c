/* One's own sessions: seen, and found to be ended. */
#include "base/random.h"
#include "identity/session.h"
#include "record/store.h"

bool sessions_list_own(struct work *work, struct query *query, struct page *page)
{
    static const struct value living = { .kind = VALUE_BOOLEAN, .boolean = true };
    struct value *user_id = arena_new(work->arena, struct value);
    *user_id = value_text(work->actor.user_id);
    const struct table *table = &user_sessions_table;
    *query = (struct query){
        .table = table,
        .filters = { { column_at(table, ONE(user_session, user_id)), COMPARISON_eq, user_id, 1 },
                     { column_at(table, ONE(user_session, is_active)), COMPARISON_eq, &living, 1 } },
        .filter_count = 2,
        .sort = column_at(table, ONE(user_session, created_at)),
        .descending = true,
        .limit = SESSIONS_SHOWN_MAX,
        .columns = columns_visible(table, work->actor.role),
    };
    return store_list(work, query, page);
}

bool sessions_find_own(struct work *work, struct text id, struct user_session *session)
{
    if (!text_is_uuid(id))
        return fail(&work->error, ERROR_not_found, "user_session");
    if (!store_find_by(work, &user_sessions_table, "id", value_text(id), true, session->cells))
        return false;
    return text_equal(session->user_id.text, work->actor.user_id)
        || fail(&work->error, ERROR_not_found, "user_session");
}

/* What feeds the revocations: the rows as they changed, and the last ten minutes of them at the start. */
#include "base/clock.h"
#include "identity/revocation.h"
#include "model/model.h"
#include "sql/database.h"

enum { SILENCE_MAX_US = 1'000'000 };

#define IS_SHUT "(service_level = 'off' OR deletes_at IS NOT NULL OR deleted_at IS NOT NULL)"

/* Each gives: id, the least version that counts, the version seen, until it is let in again? */
static const struct source {
    const struct table *table;
    const char *one, *recent; /* $1: the id; the time since when */
} sources[] = {
    { &user_sessions_table, "SELECT id, 1, 1, FALSE FROM user_sessions WHERE NOT is_active AND id = $1",
      "SELECT id, 1, 1, FALSE FROM user_sessions WHERE NOT is_active AND ended_at > $1" },
    { &users_table, "SELECT id, session_epoch, session_epoch, FALSE FROM users WHERE id = $1",
      "SELECT id, session_epoch, session_epoch, FALSE FROM users WHERE updated_at > $1" },
    { &api_keys_table, "SELECT id, revision, revision, FALSE FROM api_keys WHERE id = $1",
      "SELECT id, revision, revision, FALSE FROM api_keys WHERE updated_at > $1" },
    { &tenants_table,
      "SELECT id, CASE WHEN " IS_SHUT " THEN 1 ELSE 0 END, revision, " IS_SHUT " FROM tenants WHERE id = $1",
      "SELECT id, CASE WHEN " IS_SHUT " THEN 1 ELSE 0 END, revision, " IS_SHUT
      " FROM tenants WHERE updated_at > $1 OR " IS_SHUT },
};
enum { SOURCE_COUNT = sizeof sources / sizeof *sources };

static bool read_news(struct work *work, const char *sql, struct value parameter)
{
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, sql, PARAMETERS(parameter)))
        return false;
    for (size_t i = 0; i < result.row_count; i++) {
        const struct value *row = result_row(&result, i);
        struct revocation news = { cell_text(row[0]), cell_integer(row[1]), cell_integer(row[2]),
                                   cell_boolean(row[3]) ? UNTIL_REOPENED : work->now + ACCESS_LIFE_MS };
        revocations_mark(work->site->revocations, &news, work->now);
    }
    return true;
}

/* What could not be read makes memory doubtful. */
static bool row_changed(struct work *work, const struct table *table, struct text id)
{
    for (size_t i = 0; i < SOURCE_COUNT; i++)
        if (sources[i].table == table && !read_news(work, sources[i].one, value_text(id))) {
            revocations_doubt(work->site->revocations);
            return false;
        }
    return true;
}

static bool session_changed(struct work *work, struct text id)
{
    return row_changed(work, &user_sessions_table, id);
}

static bool user_changed(struct work *work, struct text id)
{
    return row_changed(work, &users_table, id);
}

static bool key_changed(struct work *work, struct text id)
{
    return row_changed(work, &api_keys_table, id);
}

static bool tenant_changed(struct work *work, struct text id)
{
    return row_changed(work, &tenants_table, id);
}

const struct watcher identity_watchers[] = {
    { &user_sessions_table, session_changed },
    { &users_table, user_changed },
    { &api_keys_table, key_changed },
    { &tenants_table, tenant_changed },
    {},
};

bool revocations_load(struct work *work)
{
    struct revocations *revocations = work->site->revocations;
    const struct revocations_reading reading = revocations_load_begin(revocations);
    for (size_t i = 0; i < SOURCE_COUNT; i++)
        if (!read_news(work, sources[i].recent, value_time(work->now - ACCESS_LIFE_MS))) {
            revocations_doubt(revocations);
            return false;
        }
    revocations_load_end(revocations, &reading);
    return true;
}

bool revocations_are_fresh(const struct site *site)
{
    bool heard = database_engine(site->database) == ENGINE_SQLITE
              || clock_monotonic_us() - atomic_load(&site->heard_us) <= SILENCE_MAX_US;
    return heard && revocations_are_trusted(site->revocations);
}

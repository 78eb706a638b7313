/* How many people of a tenant were there on a day: whose session was used since the day began where the
 * tenant is. */
#include "base/calendar.h"
#include "base/random.h"
#include "base/zone.h"
#include "record/transact.h"
#include "usage/usage_parts.h"

static const char before_all[] = "00000000-0000-0000-0000-000000000000";

struct day {
    struct text zone, date, after;
    int64_t began_at;
    struct result counts; /* of tenants of the zone: id, people */
};

static bool read_counts(struct work *work, struct day *day)
{
    static const char sql[] =
        "SELECT s.tenant_id, count(DISTINCT s.user_id) FROM user_sessions s JOIN tenants t ON t.id = "
        "s.tenant_id WHERE s.last_activity_at >= $1 AND t.timezone = $2 AND s.tenant_id > $3 "
        "AND s.impersonator_id IS NULL "
        "GROUP BY s.tenant_id ORDER BY s.tenant_id LIMIT $4";
    return db_run(work->db, work->arena, &day->counts, &work->error, sql,
                  PARAMETERS(value_time(day->began_at), value_text(day->zone), value_text(day->after),
                             value_integer(USAGE_ROWS_MAX)));
}

/* A session tells only when it was used last: whoever was counted once stays counted. */
static bool write_counts(struct work *work, void *data)
{
    static const char sql[] =
        "INSERT INTO tenant_usage_daily (id, tenant_id, date, active_users, created_at, updated_at) "
        "VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (tenant_id, date) DO UPDATE "
        "SET active_users = excluded.active_users, updated_at = excluded.updated_at "
        "WHERE tenant_usage_daily.active_users < excluded.active_users";
    const struct day *day = data;
    struct result ignored;
    for (size_t i = 0; i < day->counts.row_count; i++) {
        const struct value *row = result_row(&day->counts, i);
        if (!db_run(work->db, work->arena, &ignored, &work->error, sql,
                    PARAMETERS(value_text(random_uuid(work->arena, work->now)), row[0], value_text(day->date),
                               row[1], value_time(work->now))))
            return false;
    }
    return true;
}

static bool count_in_zone(struct work *work, struct text zone)
{
    char date[DATE_TEXT_SIZE];
    int64_t local = zone_local_ms(zone, work->now);
    struct day day = {
        .zone = zone,
        .date = calendar_print_date(calendar_date_of(local), date),
        .began_at = work->now - local % DAY_MS,
        .after = text_from(before_all),
    };
    do {
        if (!read_counts(work, &day) || (day.counts.row_count > 0 && !db_transact(work, write_counts, &day)))
            return false;
        if (day.counts.row_count > 0)
            day.after = result_row(&day.counts, day.counts.row_count - 1)->text;
    } while (day.counts.row_count == USAGE_ROWS_MAX);
    return true;
}

bool usage_count_active(struct work *work)
{
    struct result zones;
    if (!db_run(work->db, work->arena, &zones, &work->error,
                "SELECT DISTINCT timezone FROM tenants WHERE deleted_at IS NULL", NO_PARAMETERS))
        return false;
    for (size_t i = 0; i < zones.row_count; i++)
        if (!count_in_zone(work, cell_text(result_row(&zones, i)[0])))
            return false;
    return true;
}

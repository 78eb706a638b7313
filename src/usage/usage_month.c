/* The beginning of a month for who has not consumed in it yet: so that what is shown is this month's. */
#include "base/calendar.h"
#include "base/zone.h"
#include "usage/usage_parts.h"
#include <string.h>

enum { EARLIEST_ZONE_MS = 14 * HOUR_MS };

static const char before_all[] = "00000000-0000-0000-0000-000000000000";

/* Those of a month that has ended somewhere; most of them where they are too. */
static bool read_behind(struct work *work, struct text after, struct result *result)
{
    static const char sql[] =
        "SELECT id, timezone, usage_month FROM tenants WHERE usage_month < $1 AND id > $2 "
        "AND deleted_at IS NULL ORDER BY id LIMIT 100";
    char date[DATE_TEXT_SIZE];
    int32_t month = month_of(calendar_date_of(work->now + EARLIEST_ZONE_MS));
    return db_run(work->db, work->arena, result, &work->error, sql,
                  PARAMETERS(value_text(month_print(month, date)), value_text(after)));
}

static bool begin_months(struct work *work, const struct result *behind)
{
    struct ledger_line lines[USAGE_ROWS_MAX];
    size_t count = 0;
    bool ignored;
    for (size_t i = 0; i < behind->row_count; i++) {
        const struct value *row = result_row(behind, i);
        struct date today = calendar_date_of(zone_local_ms(row[1].text, work->now));
        if (month_of(today) <= month_of_text(row[2].text))
            continue;
        lines[count] = (struct ledger_line){ .month = month_of(today), .date = today };
        memcpy(lines[count++].tenant_id, row[0].text.data, UUID_LENGTH);
    }
    return count == 0 || usage_write_lines(work, lines, count, &ignored);
}

bool usage_begin_months(struct work *work)
{
    struct text after = text_from(before_all);
    for (;;) {
        struct result behind;
        if (!read_behind(work, after, &behind) || !begin_months(work, &behind))
            return false;
        if (behind.row_count < USAGE_ROWS_MAX)
            return true;
        after = result_row(&behind, behind.row_count - 1)->text;
    }
}

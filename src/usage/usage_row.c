#include "usage/usage_row.h"
#include "directory/directory.h"
#include "model/model.h"
#include "record/site.h"
#include "record/sql_text.h"
#include <string.h>

/* In the order of enum tenant_limit. */
#define COUNTS                                                                                               \
    "current_users, current_storage_gb, current_monthly_emails, current_monthly_whatsapp, "                  \
    "current_monthly_api_calls, max_users, max_storage_gb, max_monthly_emails, max_monthly_whatsapp, "       \
    "max_monthly_api_calls, usage_month, is_active, service_level"
enum { CELL_month = 2 * LIMIT_COUNT, CELL_is_active, CELL_level };

/* $2 is the month: a tenant that has no month yet begins with it, and one of an earlier month anew. */
#define IN_MONTH(column) "(CASE WHEN COALESCE(usage_month, $2) = $2 THEN " column " ELSE 0 END)"
#define ADD                                                                                                  \
    "UPDATE tenants SET usage_month = $2,"                                                                   \
    " current_monthly_emails = " IN_MONTH(                                                                   \
        "current_monthly_emails") " + $3,"                                                                   \
                                  " current_monthly_whatsapp = " IN_MONTH(                                   \
                                      "current_monthly_whatsapp") " + $4,"                                   \
                                                                  " current_monthly_api_calls = " IN_MONTH(  \
                                                                      "current_monthly_api_calls") " + $5"   \
                                                                                                   " WHERE " \
                                                                                                   "id = "   \
                                                                                                   "$1 AND " \
                                                                                                   "COALESC" \
                                                                                                   "E("      \
                                                                                                   "usage_"  \
                                                                                                   "month, " \
                                                                                                   "$2) <= " \
                                                                                                   "$2"
#define IF_IT_FITS(metric, parameter)                                                                        \
    ADD " AND " IN_MONTH("current_monthly_" metric) " + " parameter " <= max_monthly_" metric                \
                                                    " - $6 RETURNING " COUNTS

static void read_row(const struct value *cells, uint64_t ticket, struct usage_row *row)
{
    *row = (struct usage_row){ .found = true, .ticket = ticket };
    for (size_t i = 0; i < LIMIT_COUNT; i++) {
        row->used[i] = cell_integer(cells[i]);
        row->allowed[i] = cell_integer(cells[LIMIT_COUNT + i]);
    }
    row->month = month_of_text(cell_text(cells[CELL_month]));
    row->is_active = cell_boolean(cells[CELL_is_active]);
    row->level = cell_text(cells[CELL_level]);
}

static struct value month_value(struct work *work, int32_t month)
{
    char date[DATE_TEXT_SIZE];
    return value_text(arena_copy(work->arena, month_print(month, date)));
}

/* The day's row has no reader that waits for it: it travels with what comes next. */
static bool add_to_day(struct work *work, struct text tenant_id, struct date date,
                       const int64_t counts[static LIMIT_COUNT])
{
    static const char sql[] =
        "INSERT INTO tenant_usage_daily (id, tenant_id, date, emails_sent, whatsapp_messages_sent, "
        "api_calls_made, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7) "
        "ON CONFLICT (tenant_id, date) DO UPDATE SET updated_at = excluded.updated_at, "
        "emails_sent = tenant_usage_daily.emails_sent + excluded.emails_sent, "
        "whatsapp_messages_sent = tenant_usage_daily.whatsapp_messages_sent + "
        "excluded.whatsapp_messages_sent, "
        "api_calls_made = tenant_usage_daily.api_calls_made + excluded.api_calls_made";
    char text[DATE_TEXT_SIZE];
    struct value *parameters = arena_array(work->arena, struct value, 7);
    const struct value values[] = {
        value_text(random_uuid(work->arena, work->now)),
        value_text(tenant_id),
        value_text(arena_copy(work->arena, calendar_print_date(date, text))),
        value_integer(counts[LIMIT_monthly_emails]),
        value_integer(counts[LIMIT_monthly_whatsapp]),
        value_integer(counts[LIMIT_monthly_api_calls]),
        value_time(work->now),
    };
    memcpy(parameters, values, sizeof values);
    return db_later(work->db, work->arena, &work->error, sql, parameters, 7);
}

bool usage_row_add(struct work *work, const struct ledger_line *line, struct usage_row *row)
{
    static const char sql[] = ADD " RETURNING " COUNTS;
    struct value id = value_text(text_from(line->tenant_id));
    const int64_t *counts = line->counts;
    uint64_t ticket = directory_ticket(work->site->directory);
    struct result result;
    *row = (struct usage_row){};
    if (!db_run(work->db, work->arena, &result, &work->error, sql,
                PARAMETERS(id, month_value(work, line->month), value_integer(counts[LIMIT_monthly_emails]),
                           value_integer(counts[LIMIT_monthly_whatsapp]),
                           value_integer(counts[LIMIT_monthly_api_calls]))))
        return false;
    if (result.row_count > 0)
        read_row(result.cells, ticket, row);
    return !ledger_line_has_counts(line) || add_to_day(work, id.text, line->date, counts);
}

bool usage_row_claim(struct work *work, struct text tenant_id, const struct use_taken *taken,
                     int64_t reserved, struct usage_row *row)
{
    static const char *const sql[LIMIT_COUNT] = {
        [LIMIT_monthly_emails] = IF_IT_FITS("emails", "$3"),
        [LIMIT_monthly_whatsapp] = IF_IT_FITS("whatsapp", "$4"),
        [LIMIT_monthly_api_calls] = IF_IT_FITS("api_calls", "$5"),
    };
    int64_t counts[LIMIT_COUNT] = {};
    uint64_t ticket = directory_ticket(work->site->directory);
    struct result result;
    counts[taken->limit] = taken->quantity;
    *row = (struct usage_row){};
    if (!db_run(work->db, work->arena, &result, &work->error, sql[taken->limit],
                PARAMETERS(value_text(tenant_id), month_value(work, taken->month),
                           value_integer(counts[LIMIT_monthly_emails]),
                           value_integer(counts[LIMIT_monthly_whatsapp]),
                           value_integer(counts[LIMIT_monthly_api_calls]), value_integer(reserved))))
        return false;
    if (result.row_count == 0)
        return true;
    read_row(result.cells, ticket, row);
    return add_to_day(work, tenant_id, taken->date, counts);
}

bool usage_rows_read(struct work *work, const struct text *ids, size_t count,
                     void (*each)(struct work *work, struct text id, const struct usage_row *row))
{
    uint64_t ticket = directory_ticket(work->site->directory);
    struct sql_text sql;
    struct result result;
    if (count == 0)
        return true;
    sql_begin(&sql, work->arena);
    sql_add(&sql, "SELECT id, " COUNTS " FROM tenants WHERE id IN (");
    for (size_t i = 0; i < count; i++) {
        sql_add(&sql, i > 0 ? ", " : "");
        sql_bind(&sql, value_text(ids[i]));
    }
    sql_add(&sql, ")");
    if (!sql_run(work, &sql, &result))
        return false;
    for (size_t i = 0; i < result.row_count; i++) {
        struct usage_row row;
        const struct value *cells = result_row(&result, i);
        read_row(cells + 1, ticket, &row);
        each(work, cells[0].text, &row);
    }
    return true;
}

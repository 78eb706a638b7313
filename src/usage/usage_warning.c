#include "usage/usage_warning.h"
#include "record/store.h"
#include "usage/usage_letter.h"

static const int percents[] = { 80, 100 };
enum { PERCENT_COUNT = sizeof percents / sizeof *percents };

static bool reaches(int64_t used, int64_t allowed, int percent)
{
    return allowed > 0 && used >= (allowed * percent + 99) / 100;
}

/* The warning that holds: this month's, or the one that has not ended. Its id stays absent where there is
 * none. */
static bool find(struct work *work, const struct usage_warning *wanted, struct usage_warning *warning)
{
    static const char sql[] =
        "SELECT id FROM usage_warnings WHERE tenant_id = $1 AND metric = $2 AND percent = $3 "
        "AND (month = $4 OR (month IS NULL AND ended_at IS NULL))";
    struct result result;
    *warning = (struct usage_warning){};
    if (!db_run(work->db, work->arena, &result, &work->error, sql,
                PARAMETERS(wanted->tenant_id, wanted->metric, wanted->percent, wanted->month)))
        return false;
    return result.row_count == 0
        || store_find_by(work, &usage_warnings_table, "id", result.cells[0], true, warning->cells);
}

static bool end(struct work *work, const struct usage_warning *warning)
{
    struct usage_warning after;
    const struct usage_warning changes = { .ended_at = value_time(work->now) };
    return store_update(work, &usage_warnings_table, warning->cells, changes.cells, after.cells);
}

/* Brings one warning to what is true now: there is one, or none. */
static bool settle(struct work *work, const struct usage_warning *wanted, bool reached)
{
    struct usage_warning warning;
    if (!find(work, wanted, &warning))
        return false;
    bool exists = value_is_set(warning.id);
    if (exists == reached)
        return true;
    if (exists)
        return end(work, &warning);
    warning = *wanted;
    return store_create(work, &usage_warnings_table, warning.cells) && usage_letter_send(work, &warning);
}

bool usage_warn(struct work *work, struct text tenant_id, enum tenant_limit limit, int64_t used,
                int64_t allowed, int32_t month)
{
    char date[DATE_TEXT_SIZE];
    bool is_monthly = limit >= LIMIT_monthly_emails;
    struct usage_warning wanted = {
        .tenant_id = value_text(tenant_id),
        .metric = value_text(usage_metric_choices.texts[limit]),
        .month = is_monthly ? value_text(arena_copy(work->arena, month_print(month, date))) : value_null(),
        .used = value_integer(used),
        .allowed = value_integer(allowed),
    };
    for (size_t i = 0; i < PERCENT_COUNT; i++) {
        bool reached = reaches(used, allowed, percents[i]);
        wanted.percent = value_integer(percents[i]);
        if ((reached || !is_monthly) && !settle(work, &wanted, reached))
            return false;
    }
    return true;
}

#include "tenancy/level.h"
#include "record/audit.h"
#include "record/document.h"
#include "record/event.h"
#include "record/store.h"
#include "record/transact.h"
#include "tenancy/life.h"
#include "tenancy/programs.h"
#include "tenancy/standing.h"

enum { ATTEMPTS_MAX = 10 };

/* A promise has a date and what comes then, or there is none. */
static bool check(struct work *work, const struct level_order *order)
{
    struct error *error = &work->error;
    bool has_date = value_is_set(order->until), has_next = value_is_set(order->next_level);
    if (has_date && order->until.integer <= work->now)
        (void)fail_at(error, "/until", ERROR_rule_broken, "a promise ends in the future");
    if (has_date && !has_next)
        (void)fail_at(error, "/next_level", ERROR_required, "");
    if (has_next && !has_date)
        (void)fail_at(error, "/until", ERROR_required, "");
    if (has_next && text_equal(order->next_level.text, order->level.text))
        (void)fail_at(error, "/next_level", ERROR_rule_broken, "what comes then is another level");
    return error->code == ERROR_none;
}

/* The history is in the audit: what was ordered, why, and what was promised. */
static bool leave_record(struct work *work, const struct tenant *tenant, const struct level_order *order)
{
    struct buffer metadata = { .arena = work->arena };
    struct column_set columns = columns_visible(&level_orders_table, SUPER_ADMIN);
    document_write(&metadata, &level_orders_table, order->cells, &columns);
    const struct audit_entry entry = {
        .action = "set_service_level",
        .entity_type = "tenants",
        .entity_id = tenant->id.text,
        .tenant_id = tenant->id.text,
        .outcome = "success",
        .metadata = metadata.text,
    };
    return audit_event(work, &entry)
        && event_add(work, "tenant.service_level_set", &tenants_table, tenant->cells);
}

static bool write_level(struct work *work, const struct tenant *before, const struct level_order *order,
                        struct tenant *after)
{
    struct tenant changes = {
        .chosen_service_level = order->level,
        .service_level_reason = order->reason,
        .service_level_until = order->until,
        .service_level_next = order->next_level,
    };
    return tenant_change(work, before, &changes, after) && leave_record(work, after, order);
}

/* The latest order's promise is the one that holds. */
static bool promise(struct work *work, struct text tenant_id, const struct level_order *order)
{
    struct text ignored;
    if (!value_is_set(order->until))
        return job_withdraw(work, job_kind_keep_service_promise, tenant_id);
    const struct job_request request = { &keep_service_promise_program, tenant_id, order->until.integer };
    return job_enqueue(work, &request, &ignored);
}

static struct value value_or_null(struct value value)
{
    return value_is_set(value) ? value : value_null();
}

bool tenant_set_level(struct work *work, struct text tenant_id, const struct level_order *order,
                      struct tenant *after)
{
    struct tenant before;
    struct level_order whole = *order;
    whole.until = value_or_null(order->until);
    whole.next_level = value_or_null(order->next_level);
    return check(work, &whole)
        && store_find_by(work, &tenants_table, "id", value_text(tenant_id), true, before.cells)
        && tenant_may(work, &before, LIFE_set_level) && write_level(work, &before, &whole, after)
        && promise(work, tenant_id, &whole);
}

/* ---- The promise's day ---- */

/* What was suspended or cancelled meanwhile gets the level when it is back. */
static bool keep_promise(struct work *work, void *tenant_id)
{
    struct tenant before, after;
    if (!store_find_by(work, &tenants_table, "id", value_text(*(struct text *)tenant_id), true, before.cells))
        return false;
    bool is_due = value_is_set(before.service_level_until) && before.service_level_until.integer <= work->now
               && !value_is_set(before.deleted_at);
    const struct level_order order = {
        .level = before.service_level_next,
        .reason = before.service_level_reason,
        .until = value_null(),
        .next_level = value_null(),
    };
    return !is_due || write_level(work, &before, &order, &after);
}

static bool keep(struct work *work, const struct job *job)
{
    struct text tenant_id = job->tenant_id.text;
    return db_transact(work, keep_promise, &tenant_id);
}

const struct job_program keep_service_promise_program = {
    .kind = job_kind_keep_service_promise,
    .attempts_max = ATTEMPTS_MAX,
    .actions = { { "level", keep } },
};

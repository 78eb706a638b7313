#include "tenancy/subscription.h"
#include "base/calendar.h"
#include "record/store.h"

bool subscription_begin(struct work *work, const struct tenant *tenant, const struct plan *plan)
{
    bool trial = value_is_set(tenant->trial_ends_at);
    int64_t end = trial ? tenant->trial_ends_at.integer : calendar_add_months(work->now, 1);
    struct subscription subscription = {
        .tenant_id = tenant->id,
        .plan_id = plan->id,
        .billing_cycle = choice_value(billing_cycle, monthly),
        .amount = plan->price_monthly,
        .total_amount = plan->price_monthly,
        .currency = plan->currency,
        .status =
            trial ? choice_value(subscription_status, trialing) : choice_value(subscription_status, active),
        .current_period_start = value_time(work->now),
        .current_period_end = value_time(end),
        .trial_start = trial ? value_time(work->now) : value_null(),
        .trial_end = tenant->trial_ends_at,
    };
    return store_create(work, &subscriptions_table, subscription.cells);
}

/* The latest; its id stays absent where there is none. */
static bool find(struct work *work, struct text tenant_id, struct subscription *subscription)
{
    static const char latest[] =
        "SELECT id FROM subscriptions WHERE tenant_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1";
    struct result result;
    *subscription = (struct subscription){};
    if (!db_run(work->db, work->arena, &result, &work->error, latest, PARAMETERS(value_text(tenant_id))))
        return false;
    return result.row_count == 0
        || store_find_by(work, &subscriptions_table, "id", result.cells[0], true, subscription->cells);
}

static bool change(struct work *work, struct subscription *subscription, const struct subscription *changes)
{
    return store_update(work, &subscriptions_table, subscription->cells, changes->cells, subscription->cells);
}

bool subscription_cancel(struct work *work, struct text tenant_id, struct text reason)
{
    struct subscription subscription;
    if (!find(work, tenant_id, &subscription))
        return false;
    if (!value_is_set(subscription.id) || is_choice(subscription.status, subscription_status, cancelled))
        return true;
    const struct subscription changes = {
        .status = choice_value(subscription_status, cancelled),
        .cancel_at_period_end = value_boolean(false),
        .cancelled_at = value_time(work->now),
        .cancellation_reason = value_text_or_null(reason),
    };
    return change(work, &subscription, &changes);
}

bool subscription_set_ending(struct work *work, struct text tenant_id, bool ending, struct text reason,
                             struct value *period_end)
{
    struct subscription subscription;
    *period_end = value_null();
    if (!find(work, tenant_id, &subscription))
        return false;
    if (!value_is_set(subscription.id))
        return true;
    *period_end = subscription.current_period_end;
    const struct subscription changes = {
        .cancel_at_period_end = value_boolean(ending),
        .cancellation_reason = ending ? value_text_or_null(reason) : value_null(),
    };
    return change(work, &subscription, &changes);
}

static struct value status_beside(const struct tenant *tenant)
{
    bool suspended = is_choice(tenant->plan_status, plan_status, suspended);
    struct value status = suspended ? tenant->status_before_suspension : tenant->plan_status;
    if (is_choice(status, plan_status, trial))
        return choice_value(subscription_status, trialing);
    return is_choice(status, plan_status, past_due) ? choice_value(subscription_status, past_due)
                                                    : choice_value(subscription_status, active);
}

bool subscription_resume(struct work *work, const struct tenant *tenant)
{
    struct subscription subscription;
    if (!find(work, tenant->id.text, &subscription))
        return false;
    if (!value_is_set(subscription.id) || !is_choice(subscription.status, subscription_status, cancelled))
        return true;
    struct subscription changes = {
        .status = status_beside(tenant),
        .cancelled_at = value_null(),
        .cancellation_reason = value_null(),
    };
    if (subscription.current_period_end.integer <= work->now) {
        int months = is_choice(subscription.billing_cycle, billing_cycle, yearly) ? 12 : 1;
        changes.current_period_start = value_time(work->now);
        changes.current_period_end = value_time(calendar_add_months(work->now, months));
    }
    return change(work, &subscription, &changes);
}

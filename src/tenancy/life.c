#include "tenancy/life.h"
#include "base/buffer.h"

static const char *const state_names[STATE_COUNT] = {
    [STATE_pending] = "pending",     [STATE_failed] = "failed",       [STATE_trial] = "trial",
    [STATE_active] = "active",       [STATE_past_due] = "past_due",   [STATE_ending] = "ending",
    [STATE_suspended] = "suspended", [STATE_cancelled] = "cancelled", [STATE_deleted] = "deleted",
    [STATE_gone] = "gone",
};

/* clang-format off */
#define FROM(state, next) [STATE_##state] = STATE_##next

static const uint8_t transitions[LIFE_COUNT][STATE_COUNT] = {
    [LIFE_suspend] = { FROM(trial, suspended), FROM(active, suspended), FROM(past_due, suspended), FROM(ending, suspended) },
    [LIFE_reactivate] = { FROM(ending, before), FROM(suspended, before), FROM(cancelled, before) },
    [LIFE_cancel] = { FROM(trial, cancelled), FROM(active, cancelled), FROM(past_due, cancelled), FROM(ending, cancelled),
                      FROM(suspended, cancelled) },
    [LIFE_cancel_at_end] = { FROM(trial, ending), FROM(active, ending), FROM(past_due, ending) },
    [LIFE_expire] = { FROM(ending, cancelled), FROM(suspended, cancelled) },
    [LIFE_delete] = { FROM(failed, deleted), FROM(trial, deleted), FROM(active, deleted), FROM(past_due, deleted),
                      FROM(ending, deleted), FROM(suspended, deleted), FROM(cancelled, deleted) },
    [LIFE_restore] = { FROM(deleted, before) },
    [LIFE_bury] = { FROM(deleted, gone) },
    [LIFE_retry] = { FROM(pending, pending), FROM(failed, pending) },
    [LIFE_roll_back] = { FROM(failed, failed) },
    [LIFE_reveal_password] = { FROM(pending, pending), FROM(failed, failed), FROM(trial, trial), FROM(active, active),
                               FROM(past_due, past_due), FROM(ending, ending), FROM(suspended, suspended),
                               FROM(cancelled, cancelled), FROM(deleted, deleted) },
    [LIFE_set_level] = { FROM(trial, trial), FROM(active, active), FROM(past_due, past_due), FROM(ending, ending) },
    [LIFE_revoke_leases] = { FROM(pending, pending), FROM(failed, failed), FROM(trial, trial), FROM(active, active),
                             FROM(past_due, past_due), FROM(ending, ending), FROM(suspended, suspended),
                             FROM(cancelled, cancelled), FROM(deleted, deleted) },
};
/* clang-format on */

static enum tenant_state paying_state(const struct tenant *tenant)
{
    if (is_choice(tenant->plan_status, plan_status, suspended))
        return STATE_suspended;
    if (is_choice(tenant->plan_status, plan_status, cancelled))
        return STATE_cancelled;
    if (value_is_set(tenant->subscription_ends_at))
        return STATE_ending;
    if (is_choice(tenant->plan_status, plan_status, trial))
        return STATE_trial;
    return is_choice(tenant->plan_status, plan_status, past_due) ? STATE_past_due : STATE_active;
}

enum tenant_state tenant_state_of(const struct tenant *tenant)
{
    if (value_is_set(tenant->deleted_at))
        return STATE_gone;
    if (value_is_set(tenant->deletes_at))
        return STATE_deleted;
    if (is_choice(tenant->provisioning_status, provisioning_status, failed))
        return STATE_failed;
    if (!is_choice(tenant->provisioning_status, provisioning_status, completed))
        return STATE_pending;
    return paying_state(tenant);
}

bool tenant_is_active(const struct tenant *tenant)
{
    enum tenant_state state = tenant_state_of(tenant);
    return state == STATE_trial || state == STATE_active || state == STATE_past_due || state == STATE_ending;
}

bool tenant_may(struct work *work, const struct tenant *tenant, enum life_action action)
{
    if (transitions[action][tenant_state_of(tenant)])
        return true;
    struct buffer allowed = { .arena = work->arena };
    for (enum tenant_state state = STATE_pending; state < STATE_COUNT; state++)
        if (transitions[action][state])
            buffer_print(&allowed, "%s%s", allowed.length > 0 ? ", " : "", state_names[state]);
    return fail(&work->error, ERROR_wrong_state, "%.*s", TEXT_ARG(allowed.text));
}

/* Taking a step in the life of a tenant: what changes in its row, and what goes with it. */
#include "base/calendar.h"
#include "record/audit.h"
#include "record/event.h"
#include "record/store.h"
#include "settings/settings.h"
#include "tenancy/life.h"
#include "tenancy/programs.h"
#include "tenancy/standing.h"
#include "tenancy/subscription.h"
#include "json/json.h"

struct step {
    struct work *work;
    const struct tenant *before;
    struct tenant *changes;
    struct text reason;
    struct text job_id;
};

static bool enqueue(struct step *step, const struct job_program *program, int64_t run_at)
{
    return job_enqueue(step->work, &(struct job_request){ program, step->before->id.text, run_at },
                       &step->job_id);
}

static bool suspend(struct step *step)
{
    step->changes->plan_status = choice_value(plan_status, suspended);
    step->changes->is_suspended = value_boolean(true);
    step->changes->suspension_reason = value_text_or_null(step->reason);
    step->changes->suspended_at = value_time(step->work->now);
    step->changes->status_before_suspension = step->before->plan_status;
    return true;
}

static void end_suspension(struct step *step)
{
    step->changes->is_suspended = value_boolean(false);
    step->changes->suspension_reason = value_null();
    step->changes->suspended_at = value_null();
    step->changes->status_before_suspension = value_null();
}

/* Takes back a cancellation, whether it has come into effect or not. */
static bool end_cancellation(struct step *step)
{
    struct value period_end;
    step->changes->cancelled_at = value_null();
    step->changes->cancellation_reason = value_null();
    step->changes->subscription_ends_at = value_null();
    return subscription_set_ending(step->work, step->before->id.text, false, TEXT(""), &period_end)
        && job_withdraw(step->work, job_kind_cancel_tenant, step->before->id.text);
}

static bool revive(struct step *step)
{
    bool trial = step->before->trial_ends_at.kind == VALUE_TIME
              && step->before->trial_ends_at.integer > step->work->now;
    struct tenant tenant = *step->before;
    tenant.plan_status = trial ? choice_value(plan_status, trial) : choice_value(plan_status, active);
    step->changes->plan_status = tenant.plan_status;
    return subscription_resume(step->work, &tenant) && end_cancellation(step);
}

static bool reactivate(struct step *step)
{
    switch (tenant_state_of(step->before)) {
    case STATE_cancelled: return revive(step);
    case STATE_ending: return end_cancellation(step);
    default:
        end_suspension(step);
        step->changes->plan_status = step->before->status_before_suspension;
        return true;
    }
}

static bool cancel(struct step *step)
{
    struct value reason = value_is_set(step->before->subscription_ends_at) && step->reason.length == 0
                            ? step->before->cancellation_reason
                            : value_text_or_null(step->reason);
    end_suspension(step);
    step->changes->plan_status = choice_value(plan_status, cancelled);
    step->changes->cancelled_at = value_time(step->work->now);
    step->changes->cancellation_reason = reason;
    step->changes->subscription_ends_at = value_time(step->work->now);
    return subscription_cancel(step->work, step->before->id.text, cell_text(reason));
}

static bool cancel_now(struct step *step)
{
    return cancel(step) && job_withdraw(step->work, job_kind_cancel_tenant, step->before->id.text);
}

static bool cancel_at_end(struct step *step)
{
    struct value end;
    if (!subscription_set_ending(step->work, step->before->id.text, true, step->reason, &end))
        return false;
    if (!value_is_set(end))
        return fail(&step->work->error, ERROR_conflict, "the tenant has no subscription");
    step->changes->subscription_ends_at = end;
    step->changes->cancellation_reason = value_text_or_null(step->reason);
    return enqueue(step, &cancel_tenant_program, end.integer);
}

/* Asked by the job itself, which is over with it. */
static bool expire(struct step *step)
{
    int64_t end = cell_integer(step->before->subscription_ends_at);
    if (end == 0 || end > step->work->now)
        return fail(&step->work->error, ERROR_conflict, "the period has not ended");
    return cancel(step);
}

static bool schedule_deletion(struct step *step)
{
    struct text id = step->before->id.text;
    int64_t grace = settings_integer(step->work->site->settings, SETTING_deletion_grace_days);
    int64_t deletes_at = step->work->now + grace * DAY_MS;
    step->changes->deletes_at = value_time(deletes_at);
    return subscription_cancel(step->work, id, step->reason)
        && job_withdraw(step->work, job_kind_provision_tenant, id)
        && job_withdraw(step->work, job_kind_cancel_tenant, id)
        && enqueue(step, &delete_tenant_program, deletes_at);
}

static bool restore(struct step *step)
{
    step->changes->deletes_at = value_null();
    if (!job_withdraw(step->work, job_kind_delete_tenant, step->before->id.text))
        return false;
    if (is_choice(step->before->plan_status, plan_status, cancelled))
        return true;
    int64_t end = cell_integer(step->before->subscription_ends_at);
    struct value ignored;
    return subscription_resume(step->work, step->before)
        && (end == 0
            || (subscription_set_ending(step->work, step->before->id.text, true,
                                        cell_text(step->before->cancellation_reason), &ignored)
                && enqueue(step, &cancel_tenant_program, end)));
}

/* From here there is no way back, so that no tenant comes to life whose database is being dropped. */
static bool bury(struct step *step)
{
    if (step->before->deletes_at.integer > step->work->now)
        return fail(&step->work->error, ERROR_conflict, "the days of grace are not over");
    step->changes->deleted_at = value_time(step->work->now);
    return true;
}

static bool retry(struct step *step)
{
    step->changes->provisioning_status = choice_value(provisioning_status, pending);
    step->changes->provisioning_error = value_null();
    return enqueue(step, &provision_tenant_program, step->work->now);
}

static bool roll_back(struct step *step)
{
    return job_withdraw(step->work, job_kind_provision_tenant, step->before->id.text)
        && enqueue(step, &rollback_provisioning_program, step->work->now);
}

static bool nothing(struct step *)
{
    return true;
}

static bool revoke_leases(struct step *step)
{
    step->changes->lease_epoch = value_integer(step->before->lease_epoch.integer + 1);
    return true;
}

static const struct kind_of_step {
    bool (*apply)(struct step *step);
    const char *action, *event; /* NULL: the change of the row tells enough */
} kinds[LIFE_COUNT] = {
    [LIFE_suspend] = { suspend, "suspend", "tenant.suspended" },
    [LIFE_reactivate] = { reactivate, "reactivate", "tenant.reactivated" },
    [LIFE_cancel] = { cancel_now, "cancel", "tenant.cancelled" },
    [LIFE_cancel_at_end] = { cancel_at_end, "cancel", NULL },
    [LIFE_expire] = { expire, "cancel", "tenant.cancelled" },
    [LIFE_delete] = { schedule_deletion, "delete", "tenant.deleted" },
    [LIFE_restore] = { restore, "restore", "tenant.restored" },
    [LIFE_bury] = { bury, NULL, NULL },
    [LIFE_retry] = { retry, "retry_provisioning", NULL },
    [LIFE_roll_back] = { roll_back, "rollback_provisioning", NULL },
    [LIFE_reveal_password] = { nothing, "reveal_database_password", NULL },
    [LIFE_set_level] = { nothing, NULL, NULL },
    [LIFE_revoke_leases] = { revoke_leases, "revoke_leases", "tenant.leases_revoked" },
};

static bool leave_record(struct step *step, const struct kind_of_step *kind)
{
    struct buffer metadata = { .arena = step->work->arena };
    if (step->reason.length > 0) {
        buffer_print(&metadata, "{\"reason\":");
        json_add_text(&metadata, step->reason);
        buffer_print(&metadata, "}");
    }
    const struct audit_entry entry = {
        .action = kind->action,
        .entity_type = "tenants",
        .entity_id = step->before->id.text,
        .tenant_id = step->before->id.text,
        .outcome = "success",
        .metadata = metadata.text,
    };
    return !kind->action || audit_event(step->work, &entry);
}

bool tenant_act(struct work *work, struct text tenant_id, enum life_action action, struct text reason,
                struct tenant *after, struct text *job_id)
{
    const struct kind_of_step *kind = &kinds[action];
    struct tenant before, changes = {};
    struct step step = { .work = work, .before = &before, .changes = &changes, .reason = reason };
    if (!store_find_by(work, &tenants_table, "id", value_text(tenant_id), true, before.cells)
        || !tenant_may(work, &before, action) || !kind->apply(&step))
        return false;
    *job_id = step.job_id;
    return tenant_change(work, &before, &changes, after) && leave_record(&step, kind)
        && (!kind->event || event_add(work, kind->event, &tenants_table, after->cells));
}

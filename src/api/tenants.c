/* What can be done to a tenant beyond reading and editing it. */
#include "api/route.h"
#include "model/model.h"
#include "record/store.h"
#include "tenancy/tenancy.h"

static bool create(struct call *call)
{
    static const char provisioning[] =
        "SELECT id FROM jobs WHERE tenant_id = $1 AND kind = 'provision_tenant'";
    struct work *work = &call->work;
    struct result result;
    if (!record_create(call)
        || !db_run(work->db, work->arena, &result, &work->error, provisioning, PARAMETERS(call->taken[0])))
        return false;
    answer_link_job(call, result_row(&result, 0)->text);
    return true;
}

/* The tenant that the path names, as the actor may see it, takes the step. */
static bool act(struct call *call, enum life_action action, struct text reason, struct tenant *after,
                struct text *job_id)
{
    struct tenant tenant;
    return store_find(&call->work, &tenants_table, call->parameters[0], tenant.cells)
        && tenant_act(&call->work, tenant.id.text, action, reason, after, job_id);
}

static bool act_and_answer(struct call *call, enum life_action action, struct text reason)
{
    struct tenant after;
    struct text job_id;
    return act(call, action, reason, &after, &job_id) && answer_row(call, &tenants_table, after.cells);
}

static struct text reason_of(const struct call *call)
{
    return ((const struct reason *)call->taken)->reason.text;
}

static bool suspend(struct call *call)
{
    return act_and_answer(call, LIFE_suspend, reason_of(call));
}

static bool reactivate(struct call *call)
{
    return act_and_answer(call, LIFE_reactivate, reason_of(call));
}

static bool cancel(struct call *call)
{
    const struct cancellation *body = (const struct cancellation *)call->taken;
    bool now = is_choice(body->at, cancel_at, now);
    return act_and_answer(call, now ? LIFE_cancel : LIFE_cancel_at_end, body->reason.text);
}

static bool set_level(struct call *call)
{
    struct tenant before, after;
    return store_find(&call->work, &tenants_table, call->parameters[0], before.cells)
        && tenant_set_level(&call->work, before.id.text, (const struct level_order *)call->taken, &after)
        && answer_row(call, &tenants_table, after.cells);
}

static bool restore(struct call *call)
{
    return act_and_answer(call, LIFE_restore, TEXT(""));
}

static bool schedule_deletion(struct call *call)
{
    struct tenant before, after;
    struct text job_id;
    if (!record_find_for_change(call, before.cells)
        || !tenant_act(&call->work, before.id.text, LIFE_delete, TEXT(""), &after, &job_id))
        return false;
    const struct deletion answer = { .deletes_at = after.deletes_at };
    answer_link_job(call, job_id);
    return answer_shape(call, &deletions_table, answer.cells);
}

static bool act_and_answer_job(struct call *call, enum life_action action)
{
    struct tenant after;
    struct job job;
    struct text job_id;
    if (!act(call, action, TEXT(""), &after, &job_id)
        || !store_find(&call->work, &jobs_table, job_id, job.cells))
        return false;
    answer_link_job(call, job_id);
    return answer_row(call, &jobs_table, job.cells);
}

static bool retry_provisioning(struct call *call)
{
    return act_and_answer_job(call, LIFE_retry);
}

static bool rollback_provisioning(struct call *call)
{
    return act_and_answer_job(call, LIFE_roll_back);
}

static bool revoke_leases(struct call *call)
{
    return act_and_answer(call, LIFE_revoke_leases, reason_of(call));
}

static bool reveal_password(struct call *call)
{
    struct tenant tenant;
    struct text password;
    if (!store_find(&call->work, &tenants_table, call->parameters[0], tenant.cells)
        || !tenancy_reveal_password(&call->work, tenant.id.text, reason_of(call), &password))
        return false;
    const struct shown_password answer = { .password = value_text(password) };
    return answer_shape(call, &shown_passwords_table, answer.cells);
}

#define STEPPED ERROR_not_found, ERROR_wrong_state

const struct route tenant_routes[] = {
    { METHOD_POST, "/tenants", "create_tenant", COST_WRITE, SUPER_ADMIN, .handle = create,
      .gives = &tenants_table, .how = GIVES_ROW, .status = 201, .table = &tenants_table, .action = CREATE,
      .codes = { ERROR_invalid_body, ERROR_taken },
      .doc = "Make a tenant. Its database follows: the job that makes it is in Link." },
    { METHOD_DELETE, "/tenants/{id}", "delete_tenant", COST_WRITE, SUPER_ADMIN, .guarded = true,
      .handle = schedule_deletion, .gives = &deletions_table, .how = GIVES_ROW, .status = 202,
      .table = &tenants_table, .action = DELETE, .codes = { STEPPED, ERROR_changed_meanwhile },
      .doc = "Turn a tenant off at once and drop its database when the days of grace are over." },
    { METHOD_POST, "/tenants/{id}/suspend", "suspend_tenant", COST_WRITE, SUPER_ADMIN | BILLING_ADMIN,
      .handle = suspend, .takes = &reasons_table, .gives = &tenants_table, .how = GIVES_ROW,
      .codes = { STEPPED }, .doc = "Lock a tenant out; its data stays." },
    { METHOD_POST, "/tenants/{id}/reactivate", "reactivate_tenant", COST_WRITE, SUPER_ADMIN | BILLING_ADMIN,
      .handle = reactivate, .takes = &reasons_table, .gives = &tenants_table, .how = GIVES_ROW,
      .codes = { STEPPED }, .doc = "Give a suspended or cancelled tenant back what it was." },
    { METHOD_POST, "/tenants/{id}/cancel", "cancel_tenant", COST_WRITE, SUPER_ADMIN | BILLING_ADMIN,
      .handle = cancel, .takes = &cancellations_table, .gives = &tenants_table, .how = GIVES_ROW,
      .codes = { STEPPED }, .doc = "End a tenant's subscription, now or with what is paid for." },
    { METHOD_POST, "/tenants/{id}/set_service_level", "set_service_level", COST_WRITE,
      SUPER_ADMIN | BILLING_ADMIN, .handle = set_level, .takes = &level_orders_table, .gives = &tenants_table,
      .how = GIVES_ROW, .codes = { STEPPED, ERROR_invalid_body },
      .doc = "Decide what service a tenant gets, why, until when, and what comes then by itself." },
    { METHOD_POST, "/tenants/{id}/restore", "restore_tenant", COST_WRITE, SUPER_ADMIN, .handle = restore,
      .gives = &tenants_table, .how = GIVES_ROW, .codes = { STEPPED },
      .doc = "Take back a deletion before its days of grace are over." },
    { METHOD_POST, "/tenants/{id}/retry_provisioning", "retry_provisioning", COST_WRITE, SUPER_ADMIN,
      .handle = retry_provisioning, .gives = &jobs_table, .how = GIVES_ROW, .status = 202,
      .codes = { STEPPED }, .doc = "Try at once again to give a tenant its database." },
    { METHOD_POST, "/tenants/{id}/rollback_provisioning", "rollback_provisioning", COST_WRITE, SUPER_ADMIN,
      .handle = rollback_provisioning, .gives = &jobs_table, .how = GIVES_ROW, .status = 202,
      .codes = { STEPPED }, .doc = "Drop what was made of a tenant's database." },
    { METHOD_POST, "/tenants/{id}/revoke_leases", "revoke_leases", COST_WRITE, SUPER_ADMIN,
      .handle = revoke_leases, .takes = &reasons_table, .gives = &tenants_table, .how = GIVES_ROW,
      .codes = { STEPPED }, .doc = "Void all leases of a tenant's entitlements that are out." },
    { METHOD_POST, "/tenants/{id}/reveal_database_password", "reveal_database_password", COST_WRITE,
      SUPER_ADMIN, .guarded = true, .handle = reveal_password, .takes = &reasons_table,
      .gives = &shown_passwords_table, .how = GIVES_ROW, .no_idempotency = true, .codes = { STEPPED },
      .doc = "Show the password of a tenant's database; who saw it and why is audited." },
    {},
};

/* What a tenant's life leads to: its role follows what it may do, an end that was ordered comes, and the
 * database of who is gone is dropped. */
#include "tenancy/life.h"
#include "tenancy/programs.h"
#include "tenancy/tenant_job.h"

enum { ATTEMPTS_MAX = 10 };

static bool set_access(struct work *work, const struct job *job)
{
    struct tenant tenant;
    if (!tenant_job_find(work, job->tenant_id.text, &tenant))
        return false;
    bool has_database = is_choice(tenant.provisioning_status, provisioning_status, completed)
                     && !value_is_set(tenant.deleted_at);
    return !has_database || tenant_job_at_host(work, job->tenant_id.text, hosting_set_access);
}

const struct job_program sync_tenant_access_program = {
    .kind = job_kind_sync_tenant_access,
    .attempts_max = ATTEMPTS_MAX,
    .actions = { { "access", set_access } },
};

static bool take_step(struct work *work, struct text tenant_id, enum life_action action)
{
    struct tenant after;
    struct text job_id;
    return tenant_act(work, tenant_id, action, TEXT(""), &after, &job_id);
}

static bool expire(struct work *work, void *tenant_id)
{
    return take_step(work, *(struct text *)tenant_id, LIFE_expire);
}

static bool cancel(struct work *work, const struct job *job)
{
    struct tenant tenant;
    if (!tenant_job_find(work, job->tenant_id.text, &tenant))
        return false;
    return is_choice(tenant.plan_status, plan_status, cancelled) || tenant_job_on_row(work, job, expire);
}

const struct job_program cancel_tenant_program = {
    .kind = job_kind_cancel_tenant,
    .attempts_max = ATTEMPTS_MAX,
    .actions = { { "cancel", cancel } },
};

static bool bury_row(struct work *work, void *tenant_id)
{
    return take_step(work, *(struct text *)tenant_id, LIFE_bury);
}

static bool bury(struct work *work, const struct job *job)
{
    struct tenant tenant;
    if (!tenant_job_find(work, job->tenant_id.text, &tenant))
        return false;
    return value_is_set(tenant.deleted_at) || tenant_job_on_row(work, job, bury_row);
}

static bool drop(struct work *work, const struct job *job)
{
    struct tenant tenant;
    if (!tenant_job_find(work, job->tenant_id.text, &tenant))
        return false;
    if (!value_is_set(tenant.deleted_at))
        return fail(&work->error, ERROR_conflict, "the tenant is not deleted");
    return tenant_job_drop_database(work, job);
}

const struct job_program delete_tenant_program = {
    .kind = job_kind_delete_tenant,
    .attempts_max = ATTEMPTS_MAX,
    .actions = { { "tombstone", bury }, { "database", drop } },
};

const struct job_program *const tenancy_job_programs[] = {
    &provision_tenant_program,     &rollback_provisioning_program,
    &sync_tenant_access_program,   &sync_plan_access_program,
    &cancel_tenant_program,        &delete_tenant_program,
    &keep_service_promise_program, NULL,
};

/*
 * Provisioning: from a row to a tenant that works. Each step brings one thing to its state, whatever was done
 * of it before, so that a crash at any point resumes.
 */
#include "hosting/place.h"
#include "hosting/placement.h"
#include "hosting/pool.h"
#include "hosting/schema_ledger.h"
#include "tenancy/administrator.h"
#include "tenancy/clone.h"
#include "tenancy/life.h"
#include "tenancy/programs.h"
#include "tenancy/tenant_job.h"

enum { ATTEMPTS_MAX = 10 };

/* ---- What changes the row: each with the id of the tenant ---- */

static bool place(struct work *work, const struct tenant *tenant, struct tenant *changes)
{
    struct placement placement;
    if (!placement_take(work, tenant->region, &placement))
        return false;
    changes->database_host_id = placement.host_id;
    changes->db_host = placement.host;
    changes->db_port = placement.port;
    return true;
}

static bool activate_row(struct work *work, void *tenant_id)
{
    struct tenant tenant;
    if (!tenant_job_find(work, *(struct text *)tenant_id, &tenant))
        return false;
    if (is_choice(tenant.provisioning_status, provisioning_status, completed))
        return true;
    struct tenant changes = {
        .provisioning_status = choice_value(provisioning_status, completed),
        .provisioning_error = value_null(),
        .provisioning_attempts = value_integer(tenant.provisioning_attempts.integer + 1),
        .provisioned_at = value_time(work->now),
    };
    struct tenant row = tenant;
    row.provisioning_status = changes.provisioning_status;
    changes.is_active = value_boolean(tenant_is_active(&row));
    work_count(work, METRIC_tenants_provisioned_total);
    return tenant_job_change(work, &tenant, &changes);
}

/*
 * Takes over a database of the pool, with which the tenant is whole at once. A clone's is a copy of
 * another's.
 */
static bool claim(struct work *work, const struct tenant *tenant, bool *claimed)
{
    struct tenant changes = {};
    struct text tenant_id = tenant->id.text;
    *claimed = false;
    return value_is_set(tenant->cloned_from)
        || (pool_claim(work, tenant, &changes, claimed)
            && (!*claimed
                || (tenant_job_change(work, tenant, &changes) && administrator_add(work, &tenant_id)
                    && activate_row(work, &tenant_id))));
}

/* Once placed it stays there, however often it is tried. The steps that follow bring about, or find done,
 * what is still missing. */
static bool begin(struct work *work, void *tenant_id)
{
    struct tenant tenant,
        changes = { .provisioning_status = choice_value(provisioning_status, provisioning) };
    bool claimed = false;
    if (!tenant_job_find(work, *(struct text *)tenant_id, &tenant))
        return false;
    if (is_choice(tenant.provisioning_status, provisioning_status, completed))
        return true;
    if (value_is_set(tenant.database_host_id))
        return tenant_job_change(work, &tenant, &changes);
    if (!claim(work, &tenant, &claimed))
        return false;
    return claimed || (place(work, &tenant, &changes) && tenant_job_change(work, &tenant, &changes));
}

static bool record_failure(struct work *work, struct text tenant_id, struct text why)
{
    struct tenant tenant;
    if (!tenant_job_find(work, tenant_id, &tenant))
        return false;
    if (is_choice(tenant.provisioning_status, provisioning_status, completed))
        return true;
    const struct tenant changes = {
        .provisioning_status = choice_value(provisioning_status, failed),
        .provisioning_error = value_text(why),
        .provisioning_attempts = value_integer(tenant.provisioning_attempts.integer + 1),
    };
    return tenant_job_change(work, &tenant, &changes);
}

static bool provisioning_failed(struct work *work, const struct job *job, struct text why, bool)
{
    work_count(work, METRIC_provisioning_failures_total);
    return record_failure(work, job->tenant_id.text, why);
}

static bool record_roll_back(struct work *work, void *tenant_id)
{
    return record_failure(work, *(struct text *)tenant_id, TEXT("rolled back"));
}

/* ---- The steps ---- */

static bool reserve(struct work *work, const struct job *job)
{
    return tenant_job_on_row(work, job, begin);
}

static bool make_role(struct work *work, const struct job *job)
{
    return tenant_job_at_host(work, job->tenant_id.text, hosting_make_role);
}

static bool make_database(struct work *work, const struct job *job)
{
    struct tenant tenant;
    if (!tenant_job_find(work, job->tenant_id.text, &tenant))
        return false;
    return value_is_set(tenant.cloned_from)
             ? clone_database(work, job, &tenant)
             : tenant_job_at_host(work, job->tenant_id.text, hosting_make_database);
}

static bool run_migrations(struct work *work, const struct job *job)
{
    return tenant_job_at_host(work, job->tenant_id.text, hosting_migrate);
}

static bool add_administrator(struct work *work, const struct job *job)
{
    return tenant_job_on_row(work, job, administrator_add);
}

static bool verify(struct work *work, const struct job *job)
{
    struct tenant tenant;
    struct tenant_place place;
    struct hosting_call call = hosting_call_of(work);
    return tenant_job_find(work, job->tenant_id.text, &tenant) && place_of_tenant(work, &tenant, &place)
        && hosting_verify(&call, &place) && schema_ledger_note_whole(work, tenant.id.text, call.schema);
}

/* Its plan, or its own row, may have changed since the role was made. */
static bool activate(struct work *work, const struct job *job)
{
    return tenant_job_on_row(work, job, activate_row)
        && tenant_job_at_host(work, job->tenant_id.text, hosting_set_access);
}

const struct job_program provision_tenant_program = {
    .kind = job_kind_provision_tenant,
    .attempts_max = ATTEMPTS_MAX,
    .actions = { { "reserve", reserve },
                 { "role", make_role },
                 { "database", make_database },
                 { "migrations", run_migrations },
                 { "administrator", add_administrator },
                 { "verify", verify },
                 { "activate", activate } },
    .failed = provisioning_failed,
};

/* A tenant that was provisioned meanwhile keeps its database. */
static bool drop_unfinished(struct work *work, const struct job *job)
{
    struct tenant tenant;
    if (!tenant_job_find(work, job->tenant_id.text, &tenant))
        return false;
    if (is_choice(tenant.provisioning_status, provisioning_status, completed))
        return fail(&work->error, ERROR_conflict, "the tenant has been provisioned");
    return tenant_job_drop_database(work, job);
}

static bool note_roll_back(struct work *work, const struct job *job)
{
    return tenant_job_on_row(work, job, record_roll_back);
}

const struct job_program rollback_provisioning_program = {
    .kind = job_kind_rollback_provisioning,
    .attempts_max = ATTEMPTS_MAX,
    .actions = { { "database", drop_unfinished }, { "record", note_roll_back } },
};

#include "tenancy/tenant_job.h"
#include "hosting/place.h"
#include "hosting/placement.h"
#include "record/store.h"
#include "record/transact.h"

bool tenant_job_find(struct work *work, struct text tenant_id, struct tenant *tenant)
{
    return store_find_by(work, &tenants_table, "id", value_text(tenant_id), work->transacting, tenant->cells);
}

bool tenant_job_change(struct work *work, const struct tenant *tenant, const struct tenant *changes)
{
    struct tenant after;
    return store_update(work, &tenants_table, tenant->cells, changes->cells, after.cells);
}

bool tenant_job_on_row(struct work *work, const struct job *job,
                       bool (*function)(struct work *work, void *tenant_id))
{
    struct text tenant_id = job->tenant_id.text;
    return db_transact(work, function, &tenant_id);
}

bool tenant_job_at_host(struct work *work, struct text tenant_id,
                        bool (*function)(struct hosting_call *call, const struct tenant_place *place))
{
    struct tenant tenant;
    struct tenant_place place;
    struct hosting_call call = hosting_call_of(work);
    return tenant_job_find(work, tenant_id, &tenant) && place_of_tenant(work, &tenant, &place)
        && function(&call, &place);
}

/* The database is gone, and with it what it took of its host. */
static bool give_back(struct work *work, void *tenant_id)
{
    struct tenant tenant;
    const struct tenant changes = { .database_host_id = value_null() };
    return tenant_job_find(work, *(struct text *)tenant_id, &tenant)
        && (!value_is_set(tenant.database_host_id)
            || (placement_give_back(work, tenant.database_host_id)
                && tenant_job_change(work, &tenant, &changes)));
}

bool tenant_job_drop_database(struct work *work, const struct job *job)
{
    return tenant_job_at_host(work, job->tenant_id.text, hosting_drop)
        && tenant_job_on_row(work, job, give_back);
}

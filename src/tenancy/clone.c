#include "tenancy/clone.h"
#include "hosting/place.h"
#include "record/audit.h"
#include "record/store.h"
#include "settings/options.h"
#include "tenancy/job_watch.h"
#include "tenancy/tenancy.h"
#include "tenancy/tenant_job.h"
#include <unistd.h>

/* What a clone has of its source; whom it belongs to and what it uses are its own. */
static const uint8_t inherited[] = { AT(tenant, plan_type, industry, company_size, timezone, billing_country,
                                        db_connection_pool_size, db_statement_timeout_s, max_users,
                                        max_storage_gb, max_monthly_emails, max_monthly_whatsapp,
                                        max_monthly_api_calls, enabled_modules, settings) };

static bool find_source(struct work *work, struct text id, struct tenant *source)
{
    if (!store_find_by(work, &tenants_table, "id", value_text(id), work->transacting, source->cells))
        return false;
    return (is_choice(source->provisioning_status, provisioning_status, completed)
            && !value_is_set(source->deleted_at))
        || fail(&work->error, ERROR_wrong_state, "%s",
                "trial, active, past_due, ending, suspended, cancelled, deleted");
}

static void inherit(struct tenant *made, const struct tenant *source)
{
    for (size_t i = 0; i < sizeof inherited; i++) {
        struct value *cell = &made->cells[inherited[i] - 1];
        if (cell->kind == VALUE_ABSENT)
            *cell = source->cells[inherited[i] - 1];
    }
    made->cloned_from = source->id;
}

static bool find_job(struct work *work, struct text tenant_id, struct text *job_id)
{
    struct job job;
    bool found;
    if (!job_find_open(work, job_kind_provision_tenant, tenant_id, &job, &found))
        return false;
    *job_id = cell_text(job.id);
    return true;
}

bool tenancy_clone(struct work *work, struct text source_id, struct tenant *made, struct text *job_id)
{
    struct tenant source;
    if (!find_source(work, source_id, &source))
        return false;
    inherit(made, &source);
    if (!service_of(tenancy_services, &tenants_table)->create(work, made->cells)
        || !find_job(work, made->id.text, job_id))
        return false;
    const struct audit_entry entry = {
        .action = "clone",
        .entity_type = "tenants",
        .entity_id = source.id.text,
        .tenant_id = source.id.text,
        .outcome = "success",
        .metadata = arena_format(work->arena, "{\"clone_id\":\"%.*s\"}", TEXT_ARG(made->id.text)),
    };
    return audit_event(work, &entry);
}

static bool copy(struct hosting_call *call, const struct tenant_place *from, const struct tenant_place *to,
                 const char *path, const struct copy_watch *watch)
{
    struct table_sums expected, found;
    return hosting_dump(call, from, DUMP_TO_LOAD, path, watch, &expected)
        && hosting_load(call, to, path, watch)
        && hosting_sum(call, to, &(struct summing){ .watch = watch }, &found)
        && table_sums_compare(&expected, &found, call->error);
}

/* Always false. Of who is gone no copy can ever be made: nothing is left of it. */
static bool record_failure(struct work *work, const struct job *job, const struct tenant *clone)
{
    struct error why = work->error;
    struct tenant source;
    bool found =
        store_find_by(work, &tenants_table, "id", clone->cloned_from, work->transacting, source.cells);
    if (!found || !value_is_set(source.deleted_at)) {
        work->error = why;
        return false;
    }
    error_clear(&work->error);
    return tenant_job_drop_database(work, job)
        && fail(&work->error, ERROR_gone_meanwhile, "the tenant whose database was to be cloned");
}

bool clone_database(struct work *work, const struct job *job, const struct tenant *tenant)
{
    struct hosting_call call = hosting_call_of(work);
    struct job_watch watching;
    const struct copy_watch watch = job_watch_begin(&watching, work, job);
    struct tenant_place from, to;
    struct tenant source;
    /* By the clone's name, so that whoever goes on after a kill writes over what was left. */
    const char *path =
        arena_format(work->arena, "%s/clone-%.*s.part", option_string(work->site->options, OPTION_data),
                     TEXT_ARG(tenant->db_name.text))
            .data;
    if (is_choice(tenant->provisioning_status, provisioning_status, completed))
        return true;
    bool copied = find_source(work, tenant->cloned_from.text, &source)
               && place_of_tenant(work, &source, &from) && place_of_tenant(work, tenant, &to)
               && copy(&call, &from, &to, path, &watch);
    unlink(path);
    return copied || record_failure(work, job, tenant);
}

#include "copies/copying_job.h"
#include "record/store.h"
#include "json/json.h"

struct text job_parameter(struct work *work, const struct job *job, const char *name)
{
    struct json json = {};
    struct error ignored = {};
    const struct json *member = json_read(cell_text(job->parameters), work->arena, &json, &ignored)
                                  ? json_member(&json, text_from(name))
                                  : NULL;
    return member && member->kind == JSON_TEXT ? member->text : TEXT("");
}

bool find_copied_tenant(struct work *work, struct text tenant_id, struct tenant *tenant)
{
    if (!store_find_by(work, &tenants_table, "id", value_text(tenant_id), work->transacting, tenant->cells))
        return false;
    bool has_database = is_choice(tenant->provisioning_status, provisioning_status, completed)
                     && !value_is_set(tenant->deleted_at);
    return has_database
        || fail(&work->error, ERROR_wrong_state,
                "trial, active, past_due, ending, suspended, cancelled, deleted");
}

bool refuse_second_job(struct work *work, enum job_kind kind, struct text tenant_id)
{
    struct job job;
    bool found;
    return job_find_open(work, kind, tenant_id, &job, &found)
        && (!found || fail(&work->error, ERROR_conflict, "the job %.*s is under way", TEXT_ARG(job.id.text)));
}

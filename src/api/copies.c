/* Copies of a tenant's database: asked for here, made by jobs. */
#include "copies/copies.h"
#include "api/answer.h"
#include "copies/restore.h"
#include "copies/transfer.h"
#include "model/model.h"
#include "tenancy/tenancy.h"

/* The job that was asked for: where it stands is read there. */
static bool answer_job(struct call *call, struct text job_id)
{
    struct job job;
    if (!store_find(&call->work, &jobs_table, job_id, job.cells))
        return false;
    answer_link_job(call, job_id);
    return answer_row(call, &jobs_table, job.cells);
}

static bool back_up(struct call *call, enum backup_kind kind)
{
    struct tenant tenant;
    struct text job_id;
    return store_find(&call->work, &tenants_table, call->parameters[0], tenant.cells)
        && copies_back_up(&call->work, tenant.id.text, kind, &job_id) && answer_job(call, job_id);
}

static bool make_backup(struct call *call)
{
    return back_up(call, backup_kind_backup);
}

static bool make_export(struct call *call)
{
    return back_up(call, backup_kind_export);
}

static bool clone(struct call *call)
{
    const struct tenant_clone *body = (const struct tenant_clone *)call->taken;
    struct tenant source, made = { .name = body->name,
                                   .slug = body->slug,
                                   .billing_email = body->billing_email,
                                   .primary_contact_email = body->primary_contact_email,
                                   .plan_type = body->plan_type };
    struct text job_id;
    if (!store_find(&call->work, &tenants_table, call->parameters[0], source.cells)
        || !tenancy_clone(&call->work, source.id.text, &made, &job_id))
        return false;
    answer_link_job(call, job_id);
    return answer_row(call, &tenants_table, made.cells);
}

static bool restore_backup(struct call *call)
{
    struct tenant tenant;
    struct text job_id;
    return store_find(&call->work, &tenants_table, call->parameters[0], tenant.cells)
        && restore_ask(&call->work, tenant.id.text, (const struct backup_restoration *)call->taken, &job_id)
        && answer_job(call, job_id);
}

static bool move_tenant(struct call *call)
{
    struct tenant tenant;
    struct text job_id;
    return store_find(&call->work, &tenants_table, call->parameters[0], tenant.cells)
        && transfer_ask(&call->work, tenant.id.text, (const struct move_order *)call->taken, &job_id)
        && answer_job(call, job_id);
}

static bool move_back(struct call *call)
{
    struct tenant tenant;
    struct text job_id;
    return store_find(&call->work, &tenants_table, call->parameters[0], tenant.cells)
        && transfer_ask_back(&call->work, tenant.id.text, &job_id) && answer_job(call, job_id);
}

#define ASKED ERROR_not_found, ERROR_wrong_state, ERROR_conflict

const struct route copy_routes[] = {
    { METHOD_POST, "/tenants/{id}/backup", "back_up_tenant", COST_WRITE, SUPER_ADMIN, .handle = make_backup,
      .gives = &jobs_table, .how = GIVES_ROW, .status = 202, .codes = { ASKED },
      .doc = "Copy a tenant's database into a file to go back to; tenant_backups tells what it holds." },
    { METHOD_POST, "/tenants/{id}/export", "export_tenant", COST_WRITE, SUPER_ADMIN, .guarded = true,
      .handle = make_export, .gives = &jobs_table, .how = GIVES_ROW, .status = 202, .codes = { ASKED },
      .doc = "Copy a tenant's database into a file for the customer, with a manifest of checksums." },
    { METHOD_POST, "/tenants/{id}/restore_backup", "restore_backup", COST_WRITE, SUPER_ADMIN,
      .handle = restore_backup, .takes = &backup_restorations_table, .gives = &jobs_table, .how = GIVES_ROW,
      .status = 202, .codes = { ASKED, ERROR_invalid_body, ERROR_no_host_has_room },
      .doc = "Make a tenant's database what a backup holds, there or on another host; the old one is kept "
             "closed "
             "for a while." },
    { METHOD_POST, "/tenants/{id}/move", "move_tenant", COST_WRITE, SUPER_ADMIN, .handle = move_tenant,
      .takes = &move_orders_table, .gives = &jobs_table, .how = GIVES_ROW, .status = 202,
      .codes = { ASKED, ERROR_invalid_body, ERROR_no_host_has_room },
      .doc = "Move a tenant's database to another host: copied, compared table by table, switched to." },
    { METHOD_POST, "/tenants/{id}/move_back", "move_tenant_back", COST_WRITE, SUPER_ADMIN,
      .handle = move_back, .gives = &jobs_table, .how = GIVES_ROW, .status = 202,
      .codes = { ASKED, ERROR_no_host_has_room },
      .doc = "Move a tenant's database back to where it came from, with all that was written since." },
    { METHOD_POST, "/tenants/{id}/clone", "clone_tenant", COST_WRITE, SUPER_ADMIN, .handle = clone,
      .takes = &tenant_clones_table, .gives = &tenants_table, .how = GIVES_ROW, .status = 201,
      .codes = { ERROR_not_found, ERROR_wrong_state, ERROR_invalid_body, ERROR_taken },
      .doc = "Make a tenant whose database is a copy of this one's, as it is at one moment. The job is in "
             "Link." },
    {},
};

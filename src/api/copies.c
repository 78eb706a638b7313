/* Copies of a tenant's database: asked for here, made by jobs. */
#include "copies/copies.h"
#include "api/answer.h"
#include "api/download.h"
#include "copies/restore.h"
#include "copies/transfer.h"
#include "model/model.h"
#include "record/audit.h"
#include "record/transact.h"
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

static bool note_download(struct work *work, void *data)
{
    const struct tenant_backup *backup = data;
    const struct audit_entry entry = {
        .action = "download",
        .entity_type = "tenant_backups",
        .entity_id = backup->id.text,
        .tenant_id = backup->tenant_id.text,
        .outcome = "success",
    };
    return audit_event(work, &entry);
}

/* A customer's export is the customer's; what is to go back to is ours. */
static bool download(struct call *call)
{
    struct tenant_backup backup;
    struct work *work = &call->work;
    if (!store_find(work, &tenant_backups_table, call->parameters[0], backup.cells))
        return false;
    if (work->actor.role == TENANT_ADMIN && !is_choice(backup.kind, backup_kind, export))
        return fail(&work->error, ERROR_forbidden, "");
    if (!is_choice(backup.status, backup_status, completed))
        return fail(&work->error, ERROR_wrong_state, "completed");
    struct text file = cell_text(backup.file);
    struct download asked = {
        .path =
            arena_format(work->arena, "%.*s/%.*s", TEXT_ARG(cell_text(backup.folder)), TEXT_ARG(file)).data,
        .name = arena_format(work->arena, "%.*s-%.*s", TEXT_ARG(backup.id.text), TEXT_ARG(file)),
        .sha256 = cell_text(backup.sha256),
        .size = backup.size.integer,
    };
    return download_choose(call, &asked) && db_transact(work, note_download, &backup)
        && answer_download(call, &asked);
}

#define ASKED ERROR_not_found, ERROR_wrong_state, ERROR_conflict

const struct route copy_routes[] = {
    { METHOD_POST, "/tenants/{id}/backup", "back_up_tenant", COST_WRITE, SUPER_ADMIN, .handle = make_backup,
      .gives = &jobs_table, .how = GIVES_ROW, .status = 202, .codes = { ASKED },
      .doc = "Copy a tenant's database into a file to go back to; tenant_backups tells what it holds." },
    { METHOD_POST, "/tenants/{id}/export", "export_tenant", COST_WRITE, SUPER_ADMIN, .guarded = true,
      .handle = make_export, .gives = &jobs_table, .how = GIVES_ROW, .status = 202, .codes = { ASKED },
      .doc = "Copy a tenant's database into a file for the customer, with a manifest of checksums." },
    { METHOD_GET, "/tenant_backups/{id}/download", "download_backup", COST_SLOW, SUPER_ADMIN | TENANT_ADMIN,
      .handle = download, .how = GIVES_TEXT, .gives_type = "application/octet-stream", .in_parts = true,
      .codes = { ASKED, ERROR_range_not_satisfiable },
      .doc = "The file of a backup or an export, as it was written; a tenant's own people get its exports. "
             "Its length and SHA-256 are in the record." },
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

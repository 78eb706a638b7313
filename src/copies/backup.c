/* Backups and exports: asked for, made by a job, and recorded with what they hold. */
#include "base/calendar.h"
#include "copies/contents.h"
#include "copies/copies.h"
#include "copies/copying_job.h"
#include "copies/shelf.h"
#include "crypto/file_hash.h"
#include "record/audit.h"
#include "record/site.h"
#include "record/store.h"
#include "record/transact.h"
#include "settings/settings.h"
#include "tenancy/job_watch.h"

enum { ATTEMPTS_MAX = 5 };

static const struct kind_of_backup {
    enum dump_form form;
    enum setting days;
    const char *audited_as;
} kinds[] = {
    [backup_kind_backup] = { DUMP_TO_LOAD, SETTING_backup_days, "back_up" },
    [backup_kind_export] = { DUMP_TO_GIVE, SETTING_export_days, "export" },
};

static const struct kind_of_backup *kind_of(const struct tenant_backup *backup)
{
    return &kinds[is_choice(backup->kind, backup_kind, export) ? backup_kind_export : backup_kind_backup];
}

/* ---- Asked for ---- */

static bool add_job(struct work *work, const struct tenant_backup *backup, struct text *job_id)
{
    struct job_request request = {
        .program = &back_up_tenant_program,
        .tenant_id = backup->tenant_id.text,
        .run_at = work->now,
        .parameters = arena_format(work->arena, "{\"backup_id\":\"%.*s\"}", TEXT_ARG(backup->id.text)),
    };
    return job_enqueue(work, &request, job_id);
}

bool copies_back_up(struct work *work, struct text tenant_id, enum backup_kind kind, struct text *job_id)
{
    struct tenant tenant;
    bool on_sqlite = hosting_engine(work->site->hosting) == ENGINE_SQLITE;
    if (!find_copied_tenant(work, tenant_id, &tenant)
        || !refuse_second_job(work, job_kind_back_up_tenant, tenant_id))
        return false;
    struct tenant_backup backup = {
        .tenant_id = tenant.id,
        .kind = value_text(backup_kind_choices.texts[kind]),
        .engine = on_sqlite ? choice_value(database_engine, sqlite) : choice_value(database_engine, postgres),
        .db_host = tenant.db_host,
        .requested_by = value_text_or_null(work->actor.user_id),
    };
    if (!store_create(work, &tenant_backups_table, backup.cells))
        return false;
    const struct audit_entry entry = {
        .action = kinds[kind].audited_as,
        .entity_type = "tenant_backups",
        .entity_id = backup.id.text,
        .tenant_id = tenant.id.text,
        .outcome = "success",
    };
    return audit_event(work, &entry) && add_job(work, &backup, job_id);
}

/* ---- Made ---- */

struct making {
    struct tenant_backup backup;
    struct tenant tenant;
    struct table_sums sums;
    struct file_hash hash;
    int64_t held_at; /* all that was written before is in it */
    const char *folder, *file;
};

static bool find(struct work *work, struct text backup_id, struct tenant_backup *backup)
{
    return store_find_by(work, &tenant_backups_table, "id", value_text(backup_id), work->transacting,
                         backup->cells);
}

/* What the customer needs to see that the file is whole, and what it holds. */
static bool write_manifest(struct work *work, const struct making *making)
{
    struct buffer json = { .arena = work->arena };
    char time[TIME_TEXT_SIZE];
    buffer_print(&json, "{\"format\":1");
    json_add_named_text(&json, "backup_id", making->backup.id.text);
    json_add_named_text(&json, "kind", making->backup.kind.text);
    json_add_named_text(&json, "engine", making->backup.engine.text);
    json_add_named_text(&json, "tenant_id", making->tenant.id.text);
    json_add_named_text(&json, "tenant_slug", making->tenant.slug.text);
    json_add_named_text(&json, "made_at", calendar_print_time(making->held_at, time));
    buffer_print(&json,
                 ",\"schema_version\":%lld,\"row_count\":%lld,\"files\":[{\"name\":\"%s\",\"size\":%lld",
                 (long long)making->sums.schema_version, (long long)making->sums.rows, making->file,
                 (long long)making->hash.size);
    json_add_named_text(&json, "sha256", making->hash.sha256);
    buffer_print(&json, "}],\"tables\":");
    contents_write(&json, &making->sums);
    buffer_print(&json, "}\n");
    return shelf_write(work, arena_format(work->arena, "%s/manifest.json", making->folder).data, json.text);
}

static bool fill(struct work *work, const struct job *job, struct making *making)
{
    struct hosting_call call = hosting_call_of(work);
    struct job_watch watching;
    const struct copy_watch watch = job_watch_begin(&watching, work, job);
    enum dump_form form = kind_of(&making->backup)->form;
    struct tenant_place place;
    making->file = hosting_dump_name(work->site->hosting, form);
    if (!place_of_tenant(work, &making->tenant, &place))
        return false;
    const char *path = arena_format(work->arena, "%s/%s", making->folder, making->file).data;
    return hosting_dump(&call, &place, form, path, &watch, &making->sums)
        && file_hash_take(path, work->arena, &making->hash, &work->error) && write_manifest(work, making);
}

static bool record(struct work *work, void *data)
{
    const struct making *making = data;
    struct tenant_backup before, after;
    struct buffer tables = { .arena = work->arena };
    int64_t days = settings_integer(work->site->settings, kind_of(&making->backup)->days);
    contents_write(&tables, &making->sums);
    const struct tenant_backup changes = {
        .status = choice_value(backup_status, completed),
        .folder = value_string(making->folder),
        .file = value_string(making->file),
        .size = value_integer(making->hash.size),
        .sha256 = value_text(making->hash.sha256),
        .row_count = value_integer(making->sums.rows),
        .tables = value_text(tables.text),
        .schema_version = value_integer(making->sums.schema_version),
        .error = value_null(),
        .completed_at = value_time(making->held_at),
        .expires_at = value_time(work->now + days * DAY_MS),
    };
    return find(work, making->backup.id.text, &before)
        && store_update(work, &tenant_backups_table, before.cells, changes.cells, after.cells);
}

static bool make(struct work *work, const struct job *job)
{
    struct making making = { .held_at = work->now };
    struct text backup_id = job_parameter(work, job, "backup_id");
    if (!find(work, backup_id, &making.backup))
        return false;
    if (is_choice(making.backup.status, backup_status, completed))
        return true;
    return find_copied_tenant(work, job->tenant_id.text, &making.tenant)
        && shelf_begin(work, backup_id, &making.folder) && fill(work, job, &making)
        && shelf_finish(work, backup_id, &making.folder) && db_transact(work, record, &making);
}

static bool record_failure(struct work *work, const struct job *job, struct text why, bool for_good)
{
    struct tenant_backup before, after;
    struct tenant_backup changes = { .error = value_text(why) };
    if (for_good)
        changes.status = choice_value(backup_status, failed);
    return find(work, job_parameter(work, job, "backup_id"), &before)
        && store_update(work, &tenant_backups_table, before.cells, changes.cells, after.cells);
}

const struct job_program back_up_tenant_program = {
    .kind = job_kind_back_up_tenant,
    .attempts_max = ATTEMPTS_MAX,
    .actions = { { "copy", make } },
    .failed = record_failure,
};

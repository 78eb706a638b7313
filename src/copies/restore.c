/*
 * A tenant's database becomes what a backup holds: loaded beside the one that is used, compared, brought to
 * today's schema, then switched to. What was written since the backup stays in the old one, which is kept
 * closed for a while.
 */
#include "copies/restore.h"
#include "base/random.h"
#include "copies/contents.h"
#include "copies/copying_job.h"
#include "copies/move.h"
#include "copies/move_watch.h"
#include "crypto/file_hash.h"
#include "hosting/schema_ledger.h"
#include "record/site.h"
#include "record/store.h"
#include "record/transact.h"

enum { ATTEMPTS_MAX = 3 };

static bool find_backup(struct work *work, struct text id, struct tenant_backup *backup)
{
    return store_find_by(work, &tenant_backups_table, "id", value_text(id), false, backup->cells);
}

/* Another tenant's backup does not exist for this one. */
static bool find_restorable(struct work *work, struct text tenant_id, struct text backup_id,
                            struct tenant_backup *backup)
{
    bool on_sqlite = hosting_engine(work->site->hosting) == ENGINE_SQLITE;
    bool found = find_backup(work, backup_id, backup);
    if (!found && work->error.code != ERROR_not_found)
        return false;
    error_clear(&work->error);
    if (!found || !text_equal(backup->tenant_id.text, tenant_id))
        return fail_at(&work->error, "/backup_id", ERROR_no_such_reference, "%s", "backup of this tenant");
    if (!is_choice(backup->kind, backup_kind, backup))
        return fail_at(&work->error, "/backup_id", ERROR_rule_broken, "an export cannot be restored");
    if (!is_choice(backup->status, backup_status, completed))
        return fail_at(&work->error, "/backup_id", ERROR_rule_broken, "the backup has no file");
    if (is_choice(backup->engine, database_engine, sqlite) != on_sqlite)
        return fail_at(&work->error, "/backup_id", ERROR_rule_broken, "the backup is of another engine");
    return true;
}

bool restore_ask(struct work *work, struct text tenant_id, const struct backup_restoration *order,
                 struct text *job_id)
{
    struct tenant_backup backup;
    struct text id = random_uuid(work->arena, work->now);
    const struct move_request request = {
        .kind = choice_value(tenant_move_kind, restore),
        .method = choice_value(tenant_move_method, dump),
        .backup_id = order->backup_id,
        .host = cell_text(order->host),
        .to_name = place_name_of(work->arena, id),
    };
    return find_restorable(work, tenant_id, order->backup_id.text, &backup)
        && move_ask(work, tenant_id, &request, &restore_backup_program, job_id);
}

struct restoring {
    struct move move;
    struct tenant_backup backup;
    const char *path;
};

static bool find(struct work *work, const struct job *job, struct restoring *restoring)
{
    if (!move_find(work, job, &restoring->move)
        || !find_backup(work, restoring->move.row.backup_id.text, &restoring->backup))
        return false;
    restoring->path = arena_format(work->arena, "%.*s/%.*s", TEXT_ARG(cell_text(restoring->backup.folder)),
                                   TEXT_ARG(cell_text(restoring->backup.file)))
                          .data;
    return true;
}

/* Before anything is changed: a file that is not the one that was written is refused. */
static bool check(struct work *work, const struct job *job)
{
    struct restoring restoring;
    struct file_hash hash;
    if (!find(work, job, &restoring) || !file_hash_take(restoring.path, work->arena, &hash, &work->error))
        return false;
    return text_equal(hash.sha256, restoring.backup.sha256.text)
        || fail(&work->error, ERROR_conflict,
                "the backup's file is not what was written: its checksum differs");
}

static bool load(struct work *work, const struct job *job)
{
    struct restoring restoring;
    struct hosting_call call = hosting_call_of(work);
    struct move_watch watching;
    const struct copy_watch watch = move_watch_begin(&watching, work, job);
    if (!find(work, job, &restoring))
        return false;
    return move_is_switched(&restoring.move)
        || hosting_load(&call, &restoring.move.to, restoring.path, &watch) || move_fail(work, job);
}

static bool verify(struct work *work, const struct job *job)
{
    struct restoring restoring;
    struct table_sums expected, found;
    struct hosting_call call = hosting_call_of(work);
    struct move_watch watching;
    const struct copy_watch watch = move_watch_begin(&watching, work, job);
    const struct summing summing = { .watch = &watch };
    if (!find(work, job, &restoring))
        return false;
    const struct tenant_place *to = &restoring.move.to;
    return move_is_switched(&restoring.move)
        || (contents_read(work, restoring.backup.tables.text, &expected)
            && hosting_sum(&call, to, &summing, &found) && table_sums_compare(&expected, &found, &work->error)
            && hosting_migrate(&call, to) && hosting_verify(&call, to))
        || move_fail(work, job);
}

static bool switch_over(struct work *work, const struct job *job)
{
    struct restoring restoring;
    if (!find(work, job, &restoring))
        return false;
    const struct table_sums sums = { .rows = restoring.backup.row_count.integer };
    if (move_switch(work, &restoring.move, &sums, 0))
        return true;
    move_thaw(work, &restoring.move);
    return false;
}

/* Also where the tenant's own role may not write by now, or not even enter. */
static bool bring_up_to_date(struct hosting_call *call, const struct tenant_place *place)
{
    [[gnu::cleanup(db_cleanup)]] struct db *db = NULL;
    return hosting_enter(call, place, &db)
        && tenant_schema_apply(call->schema, db, call->arena, call->now, call->error);
}

/* What the ledger knew is of the old database. Files that came since the new one was verified are run first:
 * the fleet passes over whoever the ledger says is there. */
static bool note_schema(struct work *work, const struct job *job)
{
    struct restoring restoring;
    struct hosting_call call = hosting_call_of(work);
    return find(work, job, &restoring) && bring_up_to_date(&call, &restoring.move.to)
        && schema_ledger_note_whole(work, job->tenant_id.text, call.schema);
}

const struct job_program restore_backup_program = {
    .kind = job_kind_restore_backup,
    .attempts_max = ATTEMPTS_MAX,
    .actions = { { "check", check },
                 { "load", load },
                 { "verify", verify },
                 { "switch", switch_over },
                 { "note", note_schema } },
    .failed = move_record_failure,
};

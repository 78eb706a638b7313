/* What becomes of backups when their days are over, and of files that no backup knows. */
#include "copies/copies.h"
#include "copies/shelf.h"
#include "record/site.h"
#include "record/store.h"
#include "record/transact.h"
#include "settings/settings.h"

enum { PIECE_ROWS = 100 };

static bool mark_removed(struct work *work, void *data)
{
    const struct tenant_backup *before = data;
    struct tenant_backup after;
    const struct tenant_backup changes = { .status = choice_value(backup_status, removed) };
    return store_update(work, &tenant_backups_table, before->cells, changes.cells, after.cells);
}

static bool remove_backup(struct work *work, struct text id)
{
    struct tenant_backup backup;
    return store_find_by(work, &tenant_backups_table, "id", value_text(id), false, backup.cells)
        && shelf_remove(work, id) && db_transact(work, mark_removed, &backup);
}

/* The files first: a row that says `removed` has none. Whoever is killed between the two begins again. */
static bool remove_each(struct work *work, const char *sql, struct value limit)
{
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, sql,
                PARAMETERS(limit, value_integer(PIECE_ROWS))))
        return false;
    for (size_t i = 0; i < result.row_count; i++)
        if (!remove_backup(work, result_row(&result, i)->text))
            return false;
    return true;
}

static bool remove_expired(struct work *work)
{
    return remove_each(work,
                       "SELECT id FROM tenant_backups WHERE status = 'completed' AND expires_at < $1 "
                       "ORDER BY expires_at LIMIT $2",
                       value_time(work->now));
}

/* More than the setting backup_keep of those that nobody in person asked for. */
static bool remove_surplus(struct work *work)
{
    static const char surplus[] =
        "SELECT b.id FROM tenant_backups b WHERE b.status = 'completed' AND b.kind = 'backup' "
        "AND b.requested_by IS NULL AND (SELECT count(*) FROM tenant_backups n "
        "WHERE n.tenant_id = b.tenant_id AND n.status = 'completed' AND n.kind = 'backup' "
        "AND n.requested_by IS NULL AND n.completed_at > b.completed_at) >= $1 ORDER BY b.id LIMIT $2";
    int64_t keep = settings_integer(work->site->settings, SETTING_backup_keep);
    return keep == 0 || remove_each(work, surplus, value_integer(keep));
}

static bool is_wanted(struct work *work, struct text id, bool *wanted)
{
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error,
                "SELECT 1 FROM tenant_backups WHERE id = $1 AND status IN ('pending', 'completed')",
                PARAMETERS(value_text(id))))
        return false;
    *wanted = result.row_count > 0;
    return true;
}

/* What failed for good leaves an unfinished folder behind. */
static bool remove_leftovers(struct work *work)
{
    struct shelf_list list;
    bool wanted;
    if (!shelf_list(work, &list))
        return false;
    for (size_t i = 0; i < list.count; i++)
        if (!is_wanted(work, list.ids[i], &wanted) || (!wanted && !shelf_remove(work, list.ids[i])))
            return false;
    return true;
}

static bool tidy(struct work *work)
{
    return remove_expired(work) && remove_surplus(work) && remove_leftovers(work);
}

const struct periodic copies_periodics[] = {
    { .name = "back_up_tenants", .every_seconds = 60, .run = copies_back_up_due },
    { .name = "remove_expired_backups", .every_seconds = 3'600, .run = tidy },
    {},
};

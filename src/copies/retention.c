/* What becomes of backups when their days are over, and of files that no backup knows. */
#include "copies/copies.h"
#include "copies/shelf.h"
#include "record/store.h"
#include "record/transact.h"

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
static bool remove_expired(struct work *work)
{
    static const char expired[] =
        "SELECT id FROM tenant_backups WHERE status = 'completed' AND expires_at < $1 "
        "ORDER BY expires_at LIMIT $2";
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, expired,
                PARAMETERS(value_time(work->now), value_integer(PIECE_ROWS))))
        return false;
    for (size_t i = 0; i < result.row_count; i++)
        if (!remove_backup(work, result_row(&result, i)->text))
            return false;
    return true;
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
    return remove_expired(work) && remove_leftovers(work);
}

const struct periodic copies_periodics[] = {
    { .name = "remove_expired_backups", .every_seconds = 3'600, .run = tidy },
    {},
};

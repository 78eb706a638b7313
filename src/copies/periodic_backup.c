/* Backups that nobody asks for: each tenant's is made again when its newest has got too old. */
#include "base/calendar.h"
#include "copies/copies.h"
#include "record/site.h"
#include "record/transact.h"
#include "settings/settings.h"

enum { PIECE_ROWS = 20 }; /* a minute: enough for many, and nobody's day is spoiled */

static bool ask(struct work *work, void *tenant_id)
{
    struct text job_id;
    return copies_back_up(work, *(struct text *)tenant_id, backup_kind_backup, &job_id);
}

/* One that failed for good is tried again after an hour; whoever is being worked on, the next time. */
bool copies_back_up_due(struct work *work)
{
    static const char due[] =
        "SELECT t.id FROM tenants t WHERE t.provisioning_status = 'completed' AND t.deleted_at IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM tenant_backups b WHERE b.tenant_id = t.id AND b.kind = 'backup' "
        "AND (b.created_at > $2 OR (b.created_at > $1 AND b.status IN ('pending', 'completed')))) "
        "ORDER BY t.id LIMIT $3";
    struct result result;
    int64_t every = settings_integer(work->site->settings, SETTING_backup_every_hours) * HOUR_MS;
    if (every == 0)
        return true;
    if (!db_run(work->db, work->arena, &result, &work->error, due,
                PARAMETERS(value_time(work->now - every), value_time(work->now - HOUR_MS),
                           value_integer(PIECE_ROWS))))
        return false;
    for (size_t i = 0; i < result.row_count; i++)
        if (!db_transact(work, ask, &result_row(&result, i)->text))
            error_clear(&work->error);
    return true;
}

/* The end of a rotation: the secret before it is void by its time already; here it is forgotten, and audited.
 */
#include "identity/api_key.h"
#include "record/audit.h"
#include "record/site.h"
#include "record/store.h"
#include "record/transact.h"

static bool end_overlap(struct work *work, void *data)
{
    const struct value *id = data;
    struct api_key key, changes = { .previous_key_hash = value_null(), .previous_ends_at = value_null() };
    if (!store_find_by(work, &api_keys_table, "id", *id, true, key.cells))
        return false;
    if (!value_is_set(key.previous_ends_at) || key.previous_ends_at.integer > work->now)
        return true; /* rotated again meanwhile */
    const struct audit_entry entry = {
        .action = "end_overlap",
        .entity_type = "api_keys",
        .entity_id = key.id.text,
        .tenant_id = cell_text(key.tenant_id),
        .outcome = "success",
    };
    return store_update(work, &api_keys_table, key.cells, changes.cells, key.cells)
        && audit_event(work, &entry);
}

bool api_keys_end_overlaps(struct work *work)
{
    enum { PIECE_ROWS = 100 };
    struct result due;
    if (!db_run(work->db, work->arena, &due, &work->error,
                "SELECT id FROM api_keys WHERE previous_ends_at <= $1 ORDER BY previous_ends_at LIMIT $2",
                PARAMETERS(value_time(work->now), value_integer(PIECE_ROWS))))
        return false;
    for (size_t i = 0; i < due.row_count; i++)
        if (!db_transact(work, end_overlap, result_row(&due, i)))
            return false;
    return true;
}

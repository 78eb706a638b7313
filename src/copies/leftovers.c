/* Places that moves have left: the old one of a tenant that moved, the new one of a move that failed. */
#include "copies/move.h"
#include "hosting/placement.h"
#include "hosting/replication.h"
#include "record/site.h"
#include "record/store.h"
#include "record/transact.h"

enum { PIECE_ROWS = 20 };

static const char before_all[] = "00000000-0000-0000-0000-000000000000";

static struct tenant_place place_left(const struct tenant_move *row)
{
    bool was_made = value_is_set(row->completed_at);
    return (struct tenant_place){
        .host_id = cell_text(was_made ? row->from_host_id : row->to_host_id),
        .name = was_made ? row->from_name.text : row->to_name.text,
    };
}

/* Nobody takes the place over from here on; false where somebody has. */
static bool claim(struct work *work, void *data)
{
    struct tenant_move *row = data;
    const struct tenant_move changes = { .status = choice_value(tenant_move_status, dropping) };
    return store_find_by(work, &tenant_moves_table, "id", row->id, true, row->cells)
        && !is_choice(row->status, tenant_move_status, running)
        && !is_choice(row->status, tenant_move_status, dropped)
        && store_update(work, &tenant_moves_table, row->cells, changes.cells, row->cells);
}

static bool record_drop(struct work *work, void *data)
{
    const struct tenant_move *row = data;
    struct tenant_move after;
    const struct tenant_move changes = { .status = choice_value(tenant_move_status, dropped) };
    struct text host_id = place_left(row).host_id;
    return store_update(work, &tenant_moves_table, row->cells, changes.cells, after.cells)
        && (host_id.length == 0 || placement_give_back(work, value_text(host_id)));
}

/* One that failed may still hold back the source's log. */
static bool end_replication(struct hosting_call *call, const struct tenant_move *row)
{
    const struct tenant_place from = { .host_id = cell_text(row->from_host_id), .name = row->from_name.text };
    const struct tenant_place to = { .host_id = cell_text(row->to_host_id), .name = row->to_name.text };
    return value_is_set(row->completed_at) || !is_choice(row->method, tenant_move_method, replication)
        || replication_end(call, &(struct replication){ &from, &to });
}

static bool drop(struct work *work, struct text id)
{
    struct tenant_move row = { .id = value_text(id) };
    struct hosting_call call = hosting_call_of(work);
    if (!db_transact(work, claim, &row))
        return false;
    const struct tenant_place place = place_left(&row);
    bool went_with_its_host = place.host_id.length == 0;
    return (went_with_its_host || (end_replication(&call, &row) && hosting_drop(&call, &place)))
        && db_transact(work, record_drop, &row);
}

/* For each row of the answer, piece by piece. One that fails is tried again the next time. */
static bool each(struct work *work, const char *sql, bool (*function)(struct work *work, struct text id))
{
    struct result result;
    struct value after = value_string(before_all);
    do {
        if (!db_run(work->db, work->arena, &result, &work->error, sql,
                    PARAMETERS(value_time(work->now), value_integer(PIECE_ROWS), after)))
            return false;
        for (size_t i = 0; i < result.row_count; i++) {
            after = *result_row(&result, i);
            if (!function(work, after.text))
                error_clear(&work->error);
        }
    } while (result.row_count == PIECE_ROWS);
    return true;
}

static bool record_shut(struct work *work, void *data)
{
    const struct tenant_move *row = data;
    struct tenant_move after;
    const struct tenant_move changes = { .is_old_shut = value_boolean(true) };
    return store_update(work, &tenant_moves_table, row->cells, changes.cells, after.cells);
}

/* The host was away when its tenant was restored elsewhere: whoever still knows the old way is refused. */
static bool shut(struct work *work, struct text id)
{
    struct move move;
    return move_find_by_id(work, id, &move) && move_shut_old(work, &move)
        && db_transact(work, record_shut, &move.row);
}

/* A host that is away is not waited for, tenant by tenant, while places on others are due. */
#define HOST_OF_PLACE                                                                                        \
    " LEFT JOIN database_hosts h ON h.id = CASE WHEN m.completed_at IS NULL THEN m.to_host_id "              \
    "ELSE m.from_host_id END "
#define NEXT_PIECE " AND m.id > $3 ORDER BY m.id LIMIT $2"

static bool drop_left_places(struct work *work)
{
    static const char unshut[] =
        "SELECT m.id FROM tenant_moves m" HOST_OF_PLACE "WHERE h.is_healthy AND h.status <> 'offline' "
        "AND m.status IN ('completed', 'dropping') AND m.completed_at <= $1 AND NOT m.is_old_shut" NEXT_PIECE;
    static const char due[] =
        "SELECT m.id FROM tenant_moves m JOIN tenants t ON t.id = m.tenant_id" HOST_OF_PLACE
        "WHERE (h.id IS NULL OR (h.is_healthy AND h.status <> 'offline')) AND (m.status = 'dropping' "
        "OR (m.status IN ('completed', 'failed') AND (m.drops_at <= $1 OR t.deleted_at IS NOT "
        "NULL)))" NEXT_PIECE;
    return each(work, unshut, shut) && each(work, due, drop);
}

const struct periodic move_periodics[] = {
    { .name = "drop_left_places", .every_seconds = 60, .run = drop_left_places },
    {},
};

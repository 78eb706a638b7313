#include "usage/seats.h"
#include "model/model.h"
#include "record/store.h"
#include "usage/usage_warning.h"

static bool count_moved(struct work *work, struct text tenant_id, const struct value *cells)
{
    return usage_warn(work, tenant_id, LIMIT_users, cell_integer(cells[0]), cell_integer(cells[1]), 0)
        && store_announce(work, &tenants_table, tenant_id);
}

/* One statement decides, however many ask at once. */
bool seats_take(struct work *work, struct text tenant_id)
{
    static const char take[] = "UPDATE tenants SET current_users = current_users + 1 WHERE id = $1 "
                               "AND current_users < max_users AND deletes_at IS NULL AND deleted_at IS NULL "
                               "RETURNING current_users, max_users";
    static const char exists[] =
        "SELECT 1 FROM tenants WHERE id = $1 AND deletes_at IS NULL AND deleted_at IS NULL";
    struct value id = value_text(tenant_id);
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, take, PARAMETERS(id)))
        return false;
    if (result.row_count == 1)
        return count_moved(work, tenant_id, result.cells);
    if (!db_run(work->db, work->arena, &result, &work->error, exists, PARAMETERS(id)))
        return false;
    return result.row_count > 0 ? fail(&work->error, ERROR_limit_reached, "users")
                                : fail_at(&work->error, "/tenant_id", ERROR_no_such_reference, "tenant");
}

bool seats_give_back(struct work *work, struct text tenant_id)
{
    static const char give[] =
        "UPDATE tenants SET current_users = current_users - 1 WHERE id = $1 AND current_users > 0 "
        "RETURNING current_users, max_users";
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error, give, PARAMETERS(value_text(tenant_id)))
        && (result.row_count == 0 || count_moved(work, tenant_id, result.cells));
}

#include "usage/seats.h"
#include "model/model.h"
#include "record/store.h"

/* One statement decides, however many ask at once. */
bool seats_take(struct work *work, struct text tenant_id)
{
    static const char take[] = "UPDATE tenants SET current_users = current_users + 1 WHERE id = $1 "
                               "AND current_users < max_users AND deletes_at IS NULL AND deleted_at IS NULL";
    static const char exists[] =
        "SELECT 1 FROM tenants WHERE id = $1 AND deletes_at IS NULL AND deleted_at IS NULL";
    struct value id = value_text(tenant_id);
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, take, PARAMETERS(id)))
        return false;
    if (result.changed == 1)
        return store_announce(work, &tenants_table, tenant_id);
    if (!db_run(work->db, work->arena, &result, &work->error, exists, PARAMETERS(id)))
        return false;
    return result.row_count > 0 ? fail(&work->error, ERROR_limit_reached, "users")
                                : fail_at(&work->error, "/tenant_id", ERROR_no_such_reference, "tenant");
}

bool seats_give_back(struct work *work, struct text tenant_id)
{
    static const char give[] =
        "UPDATE tenants SET current_users = current_users - 1 WHERE id = $1 AND current_users > 0";
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error, give, PARAMETERS(value_text(tenant_id)))
        && store_announce(work, &tenants_table, tenant_id);
}

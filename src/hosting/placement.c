#include "hosting/placement.h"
#include "model/model.h"
#include "record/store.h"
#include "settings/settings.h"

#define TAKE(order)                                                                                          \
    "UPDATE database_hosts SET database_count = database_count + 1 WHERE id = (SELECT id FROM "              \
    "database_hosts WHERE status = 'active' AND is_healthy AND (capacity IS NULL OR database_count < "       \
    "capacity) AND (CAST($1 AS text) IS NULL OR region = $1) ORDER BY " order " LIMIT 1 {for update}) "      \
    "RETURNING id, host, port"

static const char spread[] = TAKE("(database_count + 1) * 1000000 / weight, name");
static const char in_order[] = TAKE("created_at, name");

bool placement_take(struct work *work, struct value region, struct placement *placement)
{
    bool fills = settings_integer(work->site->settings, SETTING_fill_hosts_in_order) != 0;
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, fills ? in_order : spread, PARAMETERS(region)))
        return false;
    if (result.row_count == 0)
        return fail(&work->error, ERROR_no_host_has_room, "%.*s", TEXT_ARG(cell_text(region)));
    *placement = (struct placement){ result.cells[0], result.cells[1], result.cells[2] };
    return true;
}

/* What is looked for is a member of the body: it is that which is wrong. */
static bool refuse_host(struct work *work)
{
    if (work->error.code != ERROR_not_found)
        return false;
    error_clear(&work->error);
    return fail_at(&work->error, "/host", ERROR_no_such_reference, "host");
}

bool placement_take_on(struct work *work, struct text host, struct placement *placement)
{
    static const char take[] =
        "UPDATE database_hosts SET database_count = database_count + 1 WHERE id = $1 AND status = 'active' "
        "AND is_healthy AND (capacity IS NULL OR database_count < capacity) RETURNING id, host, port";
    struct database_host row;
    struct result result;
    if (!store_find(work, &database_hosts_table, host, row.cells))
        return refuse_host(work);
    if (!db_run(work->db, work->arena, &result, &work->error, take, PARAMETERS(row.id)))
        return false;
    if (result.row_count == 0)
        return fail(&work->error, ERROR_no_host_has_room, "%.*s", TEXT_ARG(row.name.text));
    *placement = (struct placement){ result.cells[0], result.cells[1], result.cells[2] };
    return true;
}

bool placement_give_back(struct work *work, struct value host_id)
{
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error,
                  "UPDATE database_hosts SET database_count = database_count - 1 WHERE id = $1",
                  PARAMETERS(host_id));
}

#include "hosting/placement.h"
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

bool placement_give_back(struct work *work, struct value host_id)
{
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error,
                  "UPDATE database_hosts SET database_count = database_count - 1 WHERE id = $1",
                  PARAMETERS(host_id));
}

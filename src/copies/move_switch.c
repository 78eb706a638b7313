/* The moment of a move: the old place is shut, and made the new one's or opened again. */
#include "base/calendar.h"
#include "copies/move_parts.h"
#include "record/site.h"
#include "record/store.h"
#include "record/transact.h"
#include "settings/settings.h"

/* A role that could set its sessions to write again is shut out; SQLite has none, but triggers that refuse
 * every write. */
static enum place_access frozen_access(const struct work *work)
{
    return hosting_engine(work->site->hosting) == ENGINE_SQLITE ? ACCESS_read_only : ACCESS_none;
}

static bool shut(struct work *work, const struct tenant_place *place)
{
    struct hosting_call call = hosting_call_of(work);
    struct tenant_place shut = *place;
    shut.access = frozen_access(work);
    return hosting_set_access(&call, &shut);
}

bool move_shut_old(struct work *work, struct move *move)
{
    return shut(work, &move->from);
}

bool move_freeze(struct work *work, struct move *move, int64_t until_us)
{
    struct move_changing changing = { .row = &move->row, .until_us = until_us };
    if (!shut(work, &move->from))
        return false;
    changing.changes.frozen_at = value_time(work->site->now(work->site)); /* it may have waited for writers */
    return db_transact(work, move_change_row, &changing);
}

struct looking {
    struct text id;
    struct tenant_move row;
};

/* Behind whoever may still be making the switch. */
static bool look(struct work *work, void *data)
{
    struct looking *looking = data;
    return move_find_row(work, looking->id, &looking->row);
}

void move_thaw(struct work *work, struct move *move)
{
    struct error why = work->error;
    struct hosting_call call = hosting_call_of(work);
    struct looking looking = { .id = move->row.id.text };
    /* Where it cannot be told whether the switch was made, the next attempt sees: never two places. */
    bool thawed = why.code != ERROR_outcome_unknown && db_transact(work, look, &looking)
               && is_choice(looking.row.status, tenant_move_status, running)
               && hosting_set_access(&call, &move->from);
    (void)thawed; /* else the job that follows a failure does it */
    work->error = why;
}

struct switching {
    struct move *move;
    const struct table_sums *sums;
    int64_t until_us;
};

static bool make_its_own(struct work *work, void *data)
{
    const struct switching *switching = data;
    struct move *move = switching->move;
    struct tenant_move row;
    struct tenant after;
    struct database_host host;
    if (!move_limit(work, switching->until_us) || !move_find_row(work, move->row.id.text, &row)
        || !move_find_places(work, move)
        || !store_find_by(work, &database_hosts_table, "id", row.to_host_id, false, host.cells))
        return false;
    if (!is_choice(row.status, tenant_move_status, running))
        return fail(&work->error, ERROR_conflict, "the move is over");
    int64_t hours = settings_integer(work->site->settings, SETTING_moved_keep_hours);
    const struct tenant tenant_changes = {
        .database_host_id = row.to_host_id,
        .db_name = row.to_name,
        .db_username = row.to_name,
        .db_host = host.host,
        .db_port = host.port,
    };
    const struct tenant_move changes = {
        .status = choice_value(tenant_move_status, completed),
        .error = value_null(),
        .row_count = value_integer(switching->sums->rows),
        .completed_at = value_time(work->now),
        .drops_at = value_time(work->now + hours * HOUR_MS),
        .is_old_shut = move->row.is_old_shut,
    };
    return store_update(work, &tenants_table, move->tenant.cells, tenant_changes.cells, after.cells)
        && move_change(work, &row, &changes);
}

/* The old host may be lost for good: a restore does not wait for it, since its backup needs nothing of it. */
static bool shut_old(struct work *work, struct move *move)
{
    bool is_shut = shut(work, &move->from);
    move->row.is_old_shut = value_boolean(is_shut);
    if (is_shut)
        return true;
    bool may_be_lost = is_choice(move->row.kind, tenant_move_kind, restore)
                    && work->error.code == ERROR_database_unavailable;
    if (may_be_lost)
        error_clear(&work->error);
    return may_be_lost;
}

/* By the row as it is now, which says what the tenant may do; deleted since, it has no place. */
static bool open_new(struct work *work, struct move *move)
{
    struct hosting_call call = hosting_call_of(work);
    struct tenant_place place;
    if (!store_find_by(work, &tenants_table, "id", move->row.tenant_id, false, move->tenant.cells)
        || !place_of_tenant(work, &move->tenant, &place)
        || (!value_is_set(move->tenant.deleted_at) && !hosting_set_access(&call, &place)))
        return false;
    struct move_changing changing = { .row = &move->row };
    if (!value_is_set(move->row.frozen_at) || value_is_set(move->row.read_only_ms))
        return true;
    changing.changes.read_only_ms = value_integer(work->site->now(work->site) - move->row.frozen_at.integer);
    return db_transact(work, move_change_row, &changing);
}

bool move_switch(struct work *work, struct move *move, const struct table_sums *sums, int64_t until_us)
{
    if (move_is_switched(move))
        return open_new(work, move);
    work->now = work->site->now(work->site);
    if (!shut_old(work, move)
        || !db_transact(work, make_its_own, &(struct switching){ move, sums, until_us }))
        return false;
    move->row.completed_at = value_time(work->now);
    return open_new(work, move);
}

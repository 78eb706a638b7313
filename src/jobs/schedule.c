#include "jobs/schedule.h"
#include "model/model.h"
#include "record/site.h"
#include "record/sql_text.h"
#include "record/store.h"
#include "record/transact.h"

static const struct periodic *periodic_named(const struct periodic *const *lists, struct text name)
{
    for (; *lists; lists++)
        for (const struct periodic *periodic = *lists; periodic->name; periodic++)
            if (!periodic->each_node && text_is(name, periodic->name))
                return periodic;
    return NULL;
}

static bool seed_one(struct work *work, const struct periodic *periodic)
{
    struct schedule row = {}, changes = { .every_seconds = value_integer(periodic->every_seconds) };
    if (store_find_by(work, &schedules_table, "name", value_string(periodic->name), true, row.cells))
        return store_update(work, &schedules_table, row.cells, changes.cells, row.cells);
    if (work->error.code != ERROR_not_found)
        return false;
    error_clear(&work->error);
    row = (struct schedule){
        .name = value_string(periodic->name),
        .every_seconds = value_integer(periodic->every_seconds),
        .next_run_at = value_time(work->now),
    };
    return store_create(work, &schedules_table, row.cells);
}

static bool seed(struct work *work, void *data)
{
    if (!db_lock(work->db, work->arena, &work->error, TEXT("schedules")))
        return false;
    for (const struct periodic *const *list = data; *list; list++)
        for (const struct periodic *periodic = *list; periodic->name; periodic++)
            if (!periodic->each_node && !seed_one(work, periodic))
                return false;
    return true;
}

bool schedule_seed(struct work *work, const struct periodic *const *lists)
{
    return db_transact(work, seed, (void *)(uintptr_t)lists);
}

struct turn {
    const struct periodic *periodic;
    struct schedule before, changes, after;
};

static bool write_turn(struct work *work, void *data)
{
    struct turn *turn = data;
    return store_update(work, &schedules_table, turn->before.cells, turn->changes.cells, turn->after.cells);
}

/* Of two nodes that saw the same revision, one writes the next. */
static bool take(struct work *work, struct turn *turn, bool *mine)
{
    turn->changes = (struct schedule){
        .last_started_at = value_time(work->now),
        .next_run_at = value_time(work->now + turn->periodic->every_seconds * INT64_C(1'000)),
    };
    *mine = db_transact(work, write_turn, turn);
    return *mine || work->error.code == ERROR_changed_meanwhile;
}

static bool run(struct work *work, struct turn *turn)
{
    error_clear(&work->error);
    bool done = turn->periodic->run(work);
    struct text why = work_why(work);
    work->now = work->site->now(work->site);
    turn->before = turn->after;
    turn->changes = (struct schedule){
        .last_finished_at = value_time(work->now),
        .last_error = done ? value_null() : value_text(why),
    };
    return db_transact(work, write_turn, turn);
}

/* The first that is due and that this node knows: another may be newer, and know more. */
static bool find_due(struct work *work, const struct periodic *const *lists, struct turn *turn)
{
    enum { LOOKED_AT_MAX = 50 };
    struct sql_text sql;
    struct result result;
    sql_begin(&sql, work->arena);
    sql_select(&sql, &schedules_table);
    sql_add(&sql, " WHERE next_run_at <= ");
    sql_bind(&sql, value_time(work->now));
    sql_add(&sql, " ORDER BY next_run_at, id LIMIT ");
    sql_bind(&sql, value_integer(LOOKED_AT_MAX));
    if (!sql_run(work, &sql, &result))
        return false;
    for (size_t i = 0; i < result.row_count && !turn->periodic; i++) {
        row_read(&schedules_table, result_row(&result, i), turn->before.cells);
        turn->periodic = periodic_named(lists, turn->before.name.text);
    }
    return true;
}

bool schedule_run_due(struct work *work, const struct periodic *const *lists, bool *ran)
{
    struct turn turn = {};
    *ran = false;
    work->now = work->site->now(work->site);
    if (!find_due(work, lists, &turn))
        return false;
    return !turn.periodic || (take(work, &turn, ran) && (!*ran || run(work, &turn)));
}

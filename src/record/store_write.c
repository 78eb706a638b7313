/* Creating, changing and removing rows, each with its audit record, its event and its announcement. */
#include "base/random.h"
#include "model/model.h"
#include "record/audit.h"
#include "record/document.h"
#include "record/event.h"
#include "record/fault.h"
#include "record/reference.h"
#include "record/row.h"
#include "record/search.h"
#include "record/site.h"
#include "record/sql_text.h"
#include "record/store.h"
#include <assert.h>
#include <string.h>

static struct value stamp_now(const struct work *work)
{
    return value_time(work->now);
}

static struct value stamp_actor(const struct work *work)
{
    return value_text_or_null(work->actor.user_id);
}

/* What the store itself writes into columns of these names, in every table that has them. */
static const struct stamp {
    struct text column;
    bool on_create, on_update;
    struct value (*value)(const struct work *work);
} stamps[] = {
    { TEXT_CONSTANT("created_at"), true, false, stamp_now },
    { TEXT_CONSTANT("created_by"), true, false, stamp_actor },
    { TEXT_CONSTANT("updated_at"), true, true, stamp_now },
    { TEXT_CONSTANT("updated_by"), true, true, stamp_actor },
};
enum { STAMP_COUNT = sizeof stamps / sizeof *stamps };

static struct value *cell_named(const struct table *table, struct value *cells, struct text name)
{
    const struct column *column = column_named(table, name);
    return column ? &cells[column_index(table, column)] : NULL;
}

/* A default as the model states it: the plain value that stands in the database. */
static struct value initial_value(const struct column *column)
{
    struct text text = text_from(column->initially);
    int64_t integer = 0;
    if (!column->initially)
        return value_null();
    switch (types[column->type].kind) {
    case VALUE_BOOLEAN: return value_boolean(text_is(text, "true"));
    case VALUE_INTEGER: return text_to_integer(text, &integer) ? value_integer(integer) : value_null();
    default: return value_text(text);
    }
}

static void fill_in(struct work *work, const struct table *table, struct value *cells)
{
    for (size_t i = 0; i < STAMP_COUNT; i++) {
        struct value *cell = cell_named(table, cells, stamps[i].column);
        if (stamps[i].on_create && cell && cell->kind == VALUE_ABSENT)
            *cell = stamps[i].value(work);
    }
    for (size_t i = 0; i < table->width; i++) {
        const struct column *column = &table->columns[i];
        if (cells[i].kind != VALUE_ABSENT || !column_is_stored(column))
            continue;
        bool is_id = (column->is & KEY) && column->type == TYPE_uuid;
        cells[i] = is_id ? value_text(random_uuid(work->arena, work->now)) : initial_value(column);
    }
}

/* Whoever is confined to a tenant makes rows of that tenant alone. */
static bool confine(struct work *work, const struct table *table, struct value *cells)
{
    if (!table->tenant || !wall_confines(&work->actor) || (column_at(table, table->tenant)->is & KEY))
        return true;
    struct value *tenant = &cells[table->tenant - 1];
    if (!value_is_set(*tenant))
        *tenant = value_text_or_null(work->actor.tenant_id);
    if (!value_is_set(*tenant)) /* it acts for several */
        return fail_at(&work->error, "/tenant_id", ERROR_required, "");
    return wall_admits(&work->actor, tenant->text)
        || fail_at(&work->error, "/tenant_id", ERROR_no_such_reference, "tenant");
}

/* Is there a stored column that differs, with a trait of `only` (0: any) and none of `but`? */
static bool differ(struct arena *arena, const struct table *table, const struct value *before,
                   const struct value *after, unsigned only, unsigned but)
{
    for (size_t i = 0; i < table->width; i++) {
        const struct column *column = &table->columns[i];
        bool wanted = column_is_stored(column) && (!only || (column->is & only)) && !(column->is & but);
        if (wanted && !row_same(arena, column, before[i], after[i]))
            return true;
    }
    return false;
}

struct row_change {
    const struct table *table;
    struct text id;
};

/* What cannot be read now is told again: on PostgreSQL a node hears itself too. */
static void tell_watchers(struct work *work, void *data)
{
    const struct row_change *change = data;
    (void)!site_row_changed(work, change->table, change->id);
}

bool store_announce(struct work *work, const struct table *table, struct text id)
{
    struct row_change *change = arena_new(work->arena, struct row_change);
    *change = (struct row_change){ table, id };
    work_after_commit(work, tell_watchers, change);
    return db_notify(work->db, work->arena, &work->error,
                     arena_format(work->arena, "%s:%.*s", table->name, TEXT_ARG(id)));
}

static bool is_told(const struct table *table)
{
    return !(table->is & UNAUDITED) || (table->is & TOLD);
}

/* What every write leaves behind. before NULL: created; after NULL: removed. `saw`: who saw the row before.
 */
static bool leave_traces(struct work *work, const struct table *table, const struct value *before,
                         const struct value *after, unsigned saw)
{
    const struct value *row = after ? after : before;
    const char *what = !before ? "created" : after ? "updated" : "deleted";
    const char *type = arena_format(work->arena, "%s.%s", table->row_name, what).data;
    if (!(table->is & UNAUDITED) && !audit_change(work, table, before, after))
        return false;
    if (is_told(table) && !event_add_seen(work, type, table, row, saw))
        return false;
    return !(table->is & CACHED) || store_announce(work, table, row[0].text);
}

bool store_create(struct work *work, const struct table *table, struct value *cells)
{
    assert(work->transacting);
    if (!confine(work, table, cells))
        return false;
    fill_in(work, table, cells);
    if (!reference_check(work, table, cells, cells))
        return false;

    struct sql_text sql;
    sql_begin(&sql, work->arena);
    sql_insert(&sql, table, cells, table_is_searched(table) ? ", search" : "");
    if (table_is_searched(table)) {
        sql_add(&sql, ", ");
        sql_bind(&sql, value_text(search_of_row(work->arena, table, cells)));
    }
    sql_add(&sql, ")");
    struct result result;
    if (!sql_run(work, &sql, &result))
        return fault_of_write(work, table);
    return leave_traces(work, table, NULL, cells, 0);
}

/* " WHERE id = … AND revision = …": the very row that was read. */
static void add_guard(struct sql_text *sql, const struct table *table, const struct value *before)
{
    sql_add(sql, " WHERE id = ");
    sql_bind(sql, before[0]);
    const struct column *revision = column_named(table, TEXT("revision"));
    if (revision) {
        sql_add(sql, " AND revision = ");
        sql_bind(sql, before[column_index(table, revision)]);
    }
}

static bool run_guarded(struct work *work, struct sql_text *sql)
{
    struct result result;
    if (!sql_run(work, sql, &result))
        return false;
    return result.changed > 0 || fail(&work->error, ERROR_changed_meanwhile, "");
}

static bool write_differences(struct work *work, const struct table *table, const struct value *before,
                              const struct value *after, bool guarded)
{
    struct sql_text sql;
    sql_begin(&sql, work->arena);
    buffer_print(&sql.text, "UPDATE %s SET ", table->name);
    const char *separator = "";
    for (size_t i = 0; i < table->width; i++) {
        const struct column *column = &table->columns[i];
        if (!column_is_stored(column) || row_same(work->arena, column, before[i], after[i]))
            continue;
        buffer_print(&sql.text, "%s%s = ", separator, column->name);
        sql_bind(&sql, after[i]);
        separator = ", ";
    }
    if (differ(work->arena, table, before, after, SEARCHED, 0)) {
        sql_add(&sql, ", search = ");
        sql_bind(&sql, value_text(search_of_row(work->arena, table, after)));
    }
    if (guarded) {
        add_guard(&sql, table, before);
    } else {
        sql_add(&sql, " WHERE id = ");
        sql_bind(&sql, before[0]);
    }
    return run_guarded(work, &sql) || fault_of_write(work, table);
}

static void stamp_update(struct work *work, const struct table *table, struct value *row)
{
    for (size_t i = 0; i < STAMP_COUNT; i++) {
        struct value *cell = cell_named(table, row, stamps[i].column);
        if (stamps[i].on_update && cell)
            *cell = stamps[i].value(work);
    }
    struct value *revision = cell_named(table, row, TEXT("revision"));
    if (revision)
        revision->integer++;
}

bool store_update(struct work *work, const struct table *table, const struct value *before,
                  const struct value *changes, struct value *after)
{
    assert(work->transacting);
    struct value *row = record_new(work->arena, table);
    for (size_t i = 0; i < table->width; i++)
        row[i] = changes[i].kind == VALUE_ABSENT ? before[i] : changes[i];

    unsigned saw = 0;
    bool counted_only = !differ(work->arena, table, before, row, 0, COUNTED);
    if (!counted_only)
        stamp_update(work, table, row);
    if (differ(work->arena, table, before, row, 0, 0)) {
        bool tells = !counted_only && is_told(table);
        if (!reference_check(work, table, row, changes)
            || (tells && !event_who_sees(work, table, before, &saw))
            || !write_differences(work, table, before, row, !counted_only)
            || (!counted_only && !leave_traces(work, table, before, row, saw)))
            return false;
    }
    memcpy(after, row, sizeof *row * table->width);
    return true;
}

bool store_remove(struct work *work, const struct table *table, const struct value *before)
{
    assert(work->transacting);
    struct sql_text sql;
    sql_begin(&sql, work->arena);
    buffer_print(&sql.text, "DELETE FROM %s", table->name);
    add_guard(&sql, table, before);
    /* Its traces come first: while the row stands it can be told who sees it, and so is to hear that it goes.
     */
    return leave_traces(work, table, before, NULL, 0) && (run_guarded(work, &sql) || fault_of_removal(work));
}

#include "record/store.h"
#include "base/random.h"
#include "record/sql_text.h"
#include <string.h>

static bool take_one(struct work *work, const struct table *table, const struct result *result,
                     struct value *cells)
{
    if (result->row_count == 0)
        return fail(&work->error, ERROR_not_found, "%s", table->row_name);
    row_read(table, result->cells, cells);
    return true;
}

static bool run_for_one(struct work *work, const struct table *table, struct sql_text *sql,
                        struct value *cells)
{
    struct result result;
    return sql_run(work, sql, &result) && take_one(work, table, &result, cells);
}

/* What a path names a row by: its id, or what the table is known by. */
static const char *key_column(const struct table *table, struct text key)
{
    if (text_is_uuid(key))
        return "id";
    bool possible = table->known_by && text_is_utf8(key) && !memchr(key.data, '\0', key.length);
    return possible ? column_at(table, table->known_by)->name : NULL;
}

/* The row of this key behind the actor's wall. */
static bool ask_for_one(struct work *work, const struct table *table, struct text key, struct sql_text *sql)
{
    const char *column = key_column(table, key);
    if (!column)
        return fail(&work->error, ERROR_not_found, "%s", table->row_name);
    sql_begin(sql, work->arena);
    sql_select(sql, table);
    buffer_print(&sql->text, " WHERE %s = ", column);
    sql_bind(sql, value_text(key));
    wall_add(sql, &work->actor, table);
    return true;
}

static bool find(struct work *work, const struct table *table, struct text key, bool lock,
                 struct value *cells)
{
    struct sql_text sql;
    if (!ask_for_one(work, table, key, &sql))
        return false;
    if (lock && work->transacting)
        sql_add(&sql, " {for update}");
    return run_for_one(work, table, &sql, cells);
}

bool store_find_ask(struct work *work, const struct table *table, struct text key, struct db_read *read)
{
    struct sql_text *sql = arena_new(work->arena, struct sql_text); /* outlives this call */
    if (!ask_for_one(work, table, key, sql))
        return false;
    *read = (struct db_read){ .arena = work->arena,
                              .sql = sql->text.data,
                              .parameters = sql->parameters,
                              .parameter_count = sql->parameter_count };
    return true;
}

bool store_find_told(struct work *work, const struct table *table, const struct db_read *read,
                     struct value *cells)
{
    return read->good && take_one(work, table, &read->result, cells);
}

bool store_find(struct work *work, const struct table *table, struct text key, struct value *cells)
{
    return find(work, table, key, false, cells);
}

bool store_find_locked(struct work *work, const struct table *table, struct text key, struct value *cells)
{
    return find(work, table, key, true, cells);
}

bool store_find_by(struct work *work, const struct table *table, const char *column, struct value value,
                   bool lock, struct value *cells)
{
    struct sql_text sql;
    sql_begin(&sql, work->arena);
    sql_select(&sql, table);
    buffer_print(&sql.text, " WHERE %s = ", column);
    sql_bind(&sql, value);
    sql_add(&sql, " ORDER BY id LIMIT 1");
    if (lock && work->transacting)
        sql_add(&sql, " {for update}");
    return run_for_one(work, table, &sql, cells);
}

bool store_may_change(struct work *work, const struct table *table, const struct value *row)
{
    for (const struct rule *rule = table->changed_if; rule < table->changed_if + RULES_MAX; rule++) {
        if (!(rule->role & work->actor.role))
            continue;
        struct sql_text sql;
        sql_begin(&sql, work->arena);
        buffer_print(&sql.text, "SELECT 1 FROM %s WHERE id = ", table->name);
        sql_bind(&sql, row[0]);
        sql_add(&sql, " AND (");
        sql_add_rule(&sql, &work->actor, rule->sql);
        sql_add(&sql, ")");
        struct result result;
        if (!sql_run(work, &sql, &result))
            return false;
        if (result.row_count == 0)
            return fail(&work->error, ERROR_wrong_state, "%s", table->changed_says);
    }
    return true;
}

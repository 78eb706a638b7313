#include "record/event.h"
#include "base/random.h"
#include "model/model.h"
#include "record/site.h"
#include "record/sql_text.h"
#include <string.h>

/* Nobody sees less of a row for its having been deleted a moment ago: they are told so. */
static bool is_gone(const struct table *table, const struct value *row)
{
    const struct column *deleted_at = column_named(table, TEXT("deleted_at"));
    return deleted_at && value_is_set(row[column_index(table, deleted_at)]);
}

/*
 * The roles that may read the row, by all that can be told of it without asking who reads. A row without a
 * tenant is nobody's among the tenants, unless the table says that it is everybody's.
 */
static unsigned roles_of(const struct table *table, struct value tenant)
{
    unsigned roles = table->may[READ];
    bool every_tenants = !table->tenant || (table->is & NULL_IS_ALL);
    if (!value_is_set(tenant) && !every_tenants)
        roles &= ~(unsigned)TENANT_ADMIN;
    for (const struct rule *rule = table->shown_if; rule < table->shown_if + RULES_MAX; rule++)
        if (rule->role && strchr(rule->sql, '$'))
            roles &= ~rule->role;
    return roles & ~table->own_only;
}

/* The audience: the roles, less those to whom the table's rules do not show the row as it stands now. */
static void add_audience(struct sql_text *sql, const struct table *table, const struct value *row,
                         struct value tenant)
{
    unsigned roles = roles_of(table, tenant);
    buffer_add_integer(&sql->text, roles);
    for (const struct rule *rule = table->shown_if;
         rule < table->shown_if + RULES_MAX && !is_gone(table, row); rule++) {
        if (!(rule->role & roles))
            continue;
        buffer_print(&sql->text, " & CASE WHEN EXISTS (SELECT 1 FROM %s WHERE id = ", table->name);
        sql_bind(sql, row[0]);
        buffer_print(&sql->text, " AND (%s)) THEN -1 ELSE %d END", rule->sql, ~(int)rule->role);
    }
}

/* SQLite has one writer, so that the next position is known while writing; on PostgreSQL the sequencer gives
 * it. */
static const char *position_of(const struct work *work)
{
    return db_engine(work->db) == ENGINE_SQLITE ? "(SELECT coalesce(max(position), 0) + 1 FROM events)"
                                                : "NULL";
}

static void wake_feed(struct work *work, void *data)
{
    (void)data;
    work->site->wake_feed(work->site);
}

/* A row that was deleted is told of by is_gone. */
static bool may_hide(const struct table *table)
{
    bool has_rules = false;
    for (const struct rule *rule = table->shown_if; rule < table->shown_if + RULES_MAX; rule++)
        has_rules |= rule->role && !strchr(rule->sql, '$');
    return has_rules && !column_named(table, TEXT("deleted_at"));
}

bool event_who_sees(struct work *work, const struct table *table, const struct value *row, unsigned *roles)
{
    struct sql_text sql;
    struct result result;
    *roles = 0;
    if (!may_hide(table))
        return true;
    sql_begin(&sql, work->arena);
    sql_add(&sql, "SELECT ");
    add_audience(&sql, table, row, table->tenant ? row[table->tenant - 1] : value_null());
    if (!sql_run(work, &sql, &result))
        return false;
    *roles = (unsigned)cell_integer(result.cells[0]);
    return true;
}

bool event_add(struct work *work, const char *type, const struct table *table, const struct value *row)
{
    return event_add_seen(work, type, table, row, 0);
}

bool event_add_seen(struct work *work, const char *type, const struct table *table, const struct value *row,
                    unsigned saw)
{
    const struct column *revision = column_named(table, TEXT("revision"));
    struct value tenant = table->tenant ? row[table->tenant - 1] : value_null();
    const struct value cells[] = {
        value_text(random_uuid(work->arena, work->now)),
        value_string(type),
        tenant,
        value_string(table->name),
        row[0],
        revision ? row[column_index(table, revision)] : value_null(),
        value_time(work->now),
    };
    struct sql_text *sql = arena_new(work->arena, struct sql_text); /* its parameters outlive this call */
    sql_begin(sql, work->arena);
    sql_add(sql,
            "INSERT INTO events (id, type, tenant_id, entity_type, entity_id, entity_revision, created_at, "
            "position, audience) VALUES (");
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        sql_bind(sql, cells[i]);
        sql_add(sql, ", ");
    }
    sql_add(sql, position_of(work));
    sql_add(sql, ", (");
    add_audience(sql, table, row, tenant);
    sql_add(sql, ") | ");
    buffer_add_integer(&sql->text, saw);
    sql_add(sql, ")");
    if (work->site->wake_feed)
        work_after_commit(work, wake_feed, NULL);
    return db_later(work->db, work->arena, &work->error, sql->text.data, sql->parameters,
                    sql->parameter_count);
}

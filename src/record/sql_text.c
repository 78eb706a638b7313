#include "record/sql_text.h"
#include "model/model.h"
#include "record/visibility.h"
#include <assert.h>
#include <pthread.h>

/* What is asked of a table's columns in every statement, looked up once: a tenant has some eighty. */
struct outline {
    struct text columns;        /* "a, b, c": those that are stored */
    uint8_t kinds[COLUMNS_MAX]; /* enum value_kind, VALUE_ABSENT for what is not stored */
};
enum { TABLES_MAX = 128 };
static struct outline outlines[TABLES_MAX];
static pthread_once_t outlined = PTHREAD_ONCE_INIT;

static uint8_t kind_of(const struct column *column)
{
    return column_is_stored(column) ? (uint8_t)types[column->type].kind : VALUE_ABSENT;
}

static struct text name_columns(struct arena *arena, const struct table *table)
{
    struct buffer columns = { .arena = arena };
    for (size_t i = 0; i < table->width; i++)
        if (column_is_stored(&table->columns[i]))
            buffer_print(&columns, "%s%s", columns.length > 0 ? ", " : "", table->columns[i].name);
    return columns.text;
}

static void make_outlines(void)
{
    static struct arena *arena; /* as long as the process */
    arena = arena_create();
    for (size_t i = 0; all_tables[i]; i++) {
        assert(i < TABLES_MAX && all_tables[i]->width <= COLUMNS_MAX);
        outlines[i].columns = name_columns(arena, all_tables[i]);
        for (size_t column = 0; column < all_tables[i]->width; column++)
            outlines[i].kinds[column] = kind_of(&all_tables[i]->columns[column]);
    }
}

/* By its columns: a test may have the same ones under other rules. NULL: no table of the model. */
static const struct outline *outline_of(const struct table *table)
{
    pthread_once(&outlined, make_outlines);
    for (size_t i = 0; all_tables[i]; i++)
        if (all_tables[i]->columns == table->columns)
            return &outlines[i];
    return NULL;
}

void sql_begin(struct sql_text *sql, struct arena *arena)
{
    sql->text = (struct buffer){ .arena = arena };
    sql->parameter_count = 0;
    sql->overflown = false;
}

void sql_add(struct sql_text *sql, const char *piece)
{
    buffer_add(&sql->text, text_from(piece));
}

void sql_bind(struct sql_text *sql, struct value value)
{
    if (sql->parameter_count == SQL_PARAMETERS_MAX) {
        sql->overflown = true;
        return;
    }
    sql->parameters[sql->parameter_count++] = value;
    buffer_add_byte(&sql->text, '$');
    buffer_add_integer(&sql->text, (int64_t)sql->parameter_count);
}

static void bind_actor(struct sql_text *sql, const struct actor *actor)
{
    sql_bind(sql, value_text_or_null(actor->user_id));
}

static void bind_tenant(struct sql_text *sql, const struct actor *actor)
{
    sql_bind(sql, value_text_or_null(actor->tenant_id));
}

static bool is_own_only(const struct table *table, enum role role)
{
    return table->owner && (table->own_only & role);
}

static bool has_rule_for(const struct table *table, enum role role)
{
    bool has = is_own_only(table, role);
    for (const struct rule *rule = table->shown_if; rule < table->shown_if + RULES_MAX; rule++)
        has = has || (rule->role & role);
    return has;
}

/* " AND …" for each rule of the table's for the actor; `before` stands before its condition. */
static void add_rules(struct sql_text *sql, const struct actor *actor, const struct table *table,
                      const char *before)
{
    if (is_own_only(table, actor->role)) {
        buffer_print(&sql->text, " AND %s = ", column_at(table, table->owner)->name);
        sql_bind(sql, value_text_or_null(actor->user_id));
    }
    for (const struct rule *rule = table->shown_if; rule < table->shown_if + RULES_MAX; rule++)
        if (rule->role & actor->role) {
            buffer_print(&sql->text, " AND (%s", before);
            sql_add_rule(sql, actor, rule->sql);
            sql_add(sql, ")");
        }
}

/* Of a row that tells of others by entity_type and entity_id, as the audit does: may the actor see that one?
 */
static void add_entity_rules(struct sql_text *sql, const struct actor *actor)
{
    sql_add(sql, "TRUE");
    for (const struct table *const *table = all_tables; *table; table++) {
        if (!has_rule_for(*table, actor->role) || (*table)->is & UNAUDITED)
            continue;
        buffer_print(&sql->text,
                     " AND (entity_type <> '%s' OR EXISTS (SELECT 1 FROM %s WHERE %s.id = entity_id",
                     (*table)->name, (*table)->name, (*table)->name);
        /* Nobody sees less of what was done to a row for its having been deleted since. */
        bool can_be_gone = column_named(*table, TEXT("deleted_at"));
        add_rules(sql, actor, *table, can_be_gone ? "deleted_at IS NOT NULL OR " : "");
        sql_add(sql, "))");
    }
}

void sql_add_rule(struct sql_text *sql, const struct actor *actor, const char *rule)
{
    enum { VARIABLE_COUNT = 3 };
    static const struct {
        struct text name;
        void (*add)(struct sql_text *sql, const struct actor *actor);
    } variables[VARIABLE_COUNT] = { { TEXT_CONSTANT("$actor"), bind_actor },
                                    { TEXT_CONSTANT("$tenant"), bind_tenant },
                                    { TEXT_CONSTANT("$entity_is_shown"), add_entity_rules } };

    for (struct text rest = text_from(rule); rest.length > 0;) {
        size_t length = text_find_byte(rest, '$'), i = 0;
        buffer_add(&sql->text, text_slice(rest, 0, length));
        rest = text_slice(rest, length, rest.length);
        while (i < VARIABLE_COUNT && !text_starts(rest, variables[i].name))
            i++;
        if (i < VARIABLE_COUNT)
            variables[i].add(sql, actor);
        rest = text_slice(rest, i < VARIABLE_COUNT ? variables[i].name.length : 1, rest.length);
    }
}

void sql_columns(struct sql_text *sql, const struct table *table)
{
    const struct outline *outline = outline_of(table);
    buffer_add(&sql->text, outline ? outline->columns : name_columns(sql->text.arena, table));
}

void sql_select(struct sql_text *sql, const struct table *table)
{
    buffer_add(&sql->text, TEXT("SELECT "));
    sql_columns(sql, table);
    buffer_add(&sql->text, TEXT(" FROM "));
    sql_add(sql, table->name);
}

void sql_insert(struct sql_text *sql, const struct table *table, const struct value *cells,
                const char *more_columns)
{
    buffer_print(&sql->text, "INSERT INTO %s (", table->name);
    sql_columns(sql, table);
    buffer_print(&sql->text, "%s) VALUES (", more_columns);
    const char *separator = "";
    for (size_t i = 0; i < table->width; i++) {
        if (!column_is_stored(&table->columns[i]))
            continue;
        sql_add(sql, separator);
        sql_bind(sql, cells[i].kind == VALUE_ABSENT ? value_null() : cells[i]);
        separator = ", ";
    }
}

bool sql_run(struct work *work, struct sql_text *sql, struct result *result)
{
    if (sql->overflown)
        return fail(&work->error, ERROR_too_many_parameters, "%d", SQL_PARAMETERS_MAX);
    return db_run(work->db, work->arena, result, &work->error, sql->text.data, sql->parameters,
                  sql->parameter_count);
}

bool sql_insert_later(struct work *work, const struct table *table, const struct value *cells)
{
    struct sql_text *sql = arena_new(work->arena, struct sql_text); /* its parameters outlive this call */
    sql_begin(sql, work->arena);
    sql_insert(sql, table, cells, "");
    sql_add(sql, ")");
    return db_later(work->db, work->arena, &work->error, sql->text.data, sql->parameters,
                    sql->parameter_count);
}

/* SQLite knows integers where the model knows booleans and times. */
void row_read(const struct table *table, const struct value *row, struct value *cells)
{
    const struct outline *outline = outline_of(table);
    for (size_t i = 0; i < table->width; i++) {
        uint8_t kind = outline ? outline->kinds[i] : kind_of(&table->columns[i]);
        if (kind == VALUE_ABSENT) {
            cells[i] = (struct value){ .kind = VALUE_ABSENT };
            continue;
        }
        cells[i] = *row++;
        if (cells[i].kind == VALUE_INTEGER && kind == VALUE_BOOLEAN)
            cells[i] = value_boolean(cells[i].integer != 0);
        else if (cells[i].kind == VALUE_INTEGER)
            cells[i].kind = kind; /* an integer, or the same number as a time */
    }
}

bool sql_run_for_row(struct work *work, struct sql_text *sql, const struct table *table, struct value *cells,
                     bool *found)
{
    struct result result = {};
    if (!sql_run(work, sql, &result))
        return false;
    *found = result.row_count > 0;
    if (*found)
        row_read(table, result.cells, cells);
    return true;
}

bool wall_confines(const struct actor *actor)
{
    return actor->role == TENANT_ADMIN || actor->tenant_id.length > 0 || actor->tenant_ids.length > 0;
}

bool wall_admits(const struct actor *actor, struct text tenant_id)
{
    bool admitted = !wall_confines(actor) || text_equal(actor->tenant_id, tenant_id);
    for (struct text rest = actor->tenant_ids; rest.length > 0 && !admitted;)
        admitted = text_equal(text_cut(&rest, ' '), tenant_id);
    return admitted;
}

static void add_tenant_wall(struct sql_text *sql, const struct actor *actor, const struct table *table)
{
    const char *column = column_at(table, table->tenant)->name;
    buffer_print(&sql->text, " AND (%s IN (", column);
    sql_bind(sql, value_text_or_null(actor->tenant_id));
    for (struct text rest = actor->tenant_ids; rest.length > 0;) {
        sql_add(sql, ", ");
        sql_bind(sql, value_text(text_cut(&rest, ' ')));
    }
    sql_add(sql, ")");
    if (table->is & NULL_IS_ALL)
        buffer_print(&sql->text, " OR %s IS NULL", column);
    sql_add(sql, ")");
}

void wall_add(struct sql_text *sql, const struct actor *actor, const struct table *table)
{
    if (table->tenant && wall_confines(actor))
        add_tenant_wall(sql, actor, table);
    add_rules(sql, actor, table, "");
}

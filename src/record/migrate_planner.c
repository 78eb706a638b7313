#include "record/migrate_planner.h"
#include <stdarg.h>
#include <stdio.h>

enum { QUESTION_MAX = 8'000 };

const struct object *planner_next(const struct planner *planner, const struct object *after,
                                  const struct table *table, enum object_kind kind)
{
    const struct object *end = planner->objects.list + planner->objects.count;
    for (const struct object *object = after ? after + 1 : planner->objects.list; object < end; object++)
        if (object->kind == kind && (!table || object->table == table))
            return object;
    return NULL;
}

static bool is_in_model(const struct planner *planner, struct text name)
{
    for (size_t i = 0; i < planner->objects.count; i++)
        if (text_equal(planner->objects.list[i].name, name))
            return true;
    return false;
}

static size_t behind(const struct ledger *ledger, const struct entry *after)
{
    return after ? (size_t)(after - ledger->entries) + 1 : 0;
}

const struct entry *planner_next_gone(const struct planner *planner, const struct entry *after,
                                      struct text table, enum object_kind kind)
{
    for (size_t i = behind(&planner->ledger, after); i < planner->ledger.count; i++) {
        const struct entry *entry = &planner->ledger.entries[i];
        if (text_is(entry->kind, object_kinds[kind]) && (table.length == 0 || text_equal(entry->table, table))
            && !is_in_model(planner, entry->name) && is_in_model(planner, entry->table))
            return entry;
    }
    return NULL;
}

const struct entry *planner_next_gone_table(const struct planner *planner, const struct entry *after)
{
    for (size_t i = behind(&planner->ledger, after); i < planner->ledger.count; i++) {
        const struct entry *entry = &planner->ledger.entries[i];
        if (text_is(entry->kind, object_kinds[OBJECT_TABLE]) && !is_in_model(planner, entry->name))
            return entry;
    }
    return NULL;
}

const struct entry *planner_before(const struct planner *planner, const struct object *object)
{
    return ledger_find(&planner->ledger, object->name);
}

bool planner_has_table(const struct planner *planner, const struct table *table)
{
    return ledger_find(&planner->ledger, text_from(table->name));
}

bool planner_is_same(const struct planner *planner, const struct object *object)
{
    const struct entry *before = planner_before(planner, object);
    return before && entry_says(before, object);
}

static void add(struct planner *planner, const struct migration_step *step)
{
    struct migration *plan = &planner->plan;
    plan->steps =
        arena_extend(planner->arena, plan->steps, sizeof *plan->steps, plan->count, &planner->capacity);
    plan->steps[plan->count++] = *step;
}

void planner_add(struct planner *planner, struct text what, struct text sql, struct text ledger)
{
    add(planner, &(struct migration_step){ .what = what, .sql = sql, .ledger = ledger });
}

void planner_add_outside(struct planner *planner, struct text what, struct text sql)
{
    add(planner, &(struct migration_step){ .what = what, .sql = sql, .outside_transaction = true });
}

void planner_add_fill(struct planner *planner, const struct object *search, struct text ledger)
{
    add(planner, &(struct migration_step){
                     .what = arena_format(planner->arena, "fold %.*s anew", TEXT_ARG(search->name)),
                     .fill = search->table,
                     .ledger = ledger,
                 });
}

const struct object *planner_stale_search(const struct planner *planner, const struct table *table)
{
    for (const struct object *column = NULL; (column = planner_next(planner, column, table, OBJECT_COLUMN));)
        if (!column->column && planner_has_table(planner, table) && !planner_is_same(planner, column))
            return column;
    return NULL;
}

struct buffer planner_buffer(const struct planner *planner)
{
    return (struct buffer){ .arena = planner->arena };
}

struct text planner_note(const struct planner *planner, const struct object *object)
{
    struct buffer ledger = planner_buffer(planner);
    ledger_note(&ledger, object);
    return ledger.text;
}

struct text planner_strike(const struct planner *planner, struct text name)
{
    struct buffer ledger = planner_buffer(planner);
    ledger_strike(&ledger, name);
    return ledger.text;
}

void planner_print_attached(const struct planner *planner, struct buffer *sql, const struct table *table)
{
    for (const struct object *index = NULL; (index = planner_next(planner, index, table, OBJECT_INDEX));)
        buffer_print(sql, ";\n%.*s", TEXT_ARG(index->definition));
    for (const struct object *trigger = NULL;
         (trigger = planner_next(planner, trigger, table, OBJECT_TRIGGER));)
        buffer_print(sql, ";\n%.*s", TEXT_ARG(trigger->definition));
}

void planner_note_all(const struct planner *planner, struct buffer *ledger, const struct table *table)
{
    const struct object *end = planner->objects.list + planner->objects.count;
    for (const struct object *object = planner->objects.list; object < end; object++)
        if (object->table == table && object->kind != OBJECT_REFERENCE)
            ledger_note(ledger, object);
}

void planner_add_table(struct planner *planner, const struct object *table)
{
    struct buffer sql = planner_buffer(planner), ledger = planner_buffer(planner);
    ddl_create_table(&sql, &planner->objects, table, NULL);
    planner_print_attached(planner, &sql, table->table);
    planner_note_all(planner, &ledger, table->table);
    planner_add(planner, arena_format(planner->arena, "create table %s", table->table->name), sql.text,
                ledger.text);
}

void planner_drop_gone_tables(struct planner *planner, const char *how)
{
    for (const struct entry *table = NULL; (table = planner_next_gone_table(planner, table));) {
        struct buffer ledger = planner_buffer(planner);
        ledger_strike_table(&ledger, table->name);
        planner_add(planner, arena_format(planner->arena, "drop table %.*s", TEXT_ARG(table->name)),
                    arena_format(planner->arena, "DROP TABLE %.*s%s", TEXT_ARG(table->name), how),
                    ledger.text);
    }
}

bool planner_ask(struct planner *planner, bool *yes, const char *format, ...)
{
    char question[QUESTION_MAX];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(question, sizeof question, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof question)
        return fail(planner->error, ERROR_internal, "a definition is longer than %d bytes", QUESTION_MAX);

    struct text sql = arena_format(planner->arena, "SELECT EXISTS (%s)", question);
    struct result result;
    if (!db_run(planner->db, planner->arena, &result, planner->error, sql.data, NO_PARAMETERS))
        return false;
    *yes = cell_boolean(result_row(&result, 0)[0]);
    return true;
}

bool planner_is_filled(struct planner *planner, const struct table *table, bool *filled)
{
    *filled = false;
    return !planner_has_table(planner, table)
        || planner_ask(planner, filled, "SELECT 1 FROM %s", table->name);
}

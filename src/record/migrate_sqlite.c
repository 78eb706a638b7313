/* SQLite: a column is added where ALTER TABLE can; any other change of a table rebuilds it. */
#include "record/definition.h"
#include "record/migrate_planner.h"

static bool is_addable(const struct object *column)
{
    return !definition_is_key(column->definition)
        && (!definition_is_required(column->definition) || definition_default(column->definition).length > 0);
}

static bool wants_rebuild(const struct planner *planner, const struct object *table)
{
    if (!planner_is_same(planner, table) || planner_next_gone(planner, NULL, table->name, OBJECT_COLUMN)
        || planner_next_gone(planner, NULL, table->name, OBJECT_CHECK))
        return true;
    for (const struct object *check = NULL;
         (check = planner_next(planner, check, table->table, OBJECT_CHECK));)
        if (!planner_is_same(planner, check))
            return true;
    for (const struct object *column = NULL;
         (column = planner_next(planner, column, table->table, OBJECT_COLUMN));)
        if (planner_before(planner, column) ? !planner_is_same(planner, column) : !is_addable(column))
            return true;
    return false;
}

static struct text name_of(const struct object *column)
{
    return text_slice(column->definition, 0, text_find_byte(column->definition, ' '));
}

/* What of the old row goes into the column; empty: nothing, its default stands. */
static struct text copied(const struct planner *planner, const struct object *column)
{
    const struct entry *before = planner_before(planner, column);
    if (!before)
        return (struct text){};
    struct text type = definition_type(column->definition);
    if (text_equal(type, definition_type(before->definition)))
        return name_of(column);
    /* Any value can be written as a text; other changes of type are refused unless the column is empty. */
    return text_is(type, "TEXT")
             ? arena_format(planner->arena, "CAST(%.*s AS TEXT)", TEXT_ARG(name_of(column)))
             : (struct text){};
}

static void print_copy(const struct planner *planner, struct buffer *sql, const struct table *table)
{
    struct buffer names = planner_buffer(planner), values = planner_buffer(planner);
    for (const struct object *column = NULL;
         (column = planner_next(planner, column, table, OBJECT_COLUMN));) {
        struct text value = copied(planner, column);
        const char *separator = names.length > 0 ? ", " : "";
        if (value.length == 0)
            continue;
        buffer_print(&names, "%s%.*s", separator, TEXT_ARG(name_of(column)));
        buffer_print(&values, "%s%.*s", separator, TEXT_ARG(value));
    }
    buffer_print(sql, "INSERT INTO %s_rebuilt (%.*s) SELECT %.*s FROM %s", table->name, TEXT_ARG(names.text),
                 TEXT_ARG(values.text), table->name);
}

static void add_rebuild(struct planner *planner, const struct object *object)
{
    const char *name = object->table->name;
    struct buffer sql = planner_buffer(planner), ledger = planner_buffer(planner);
    ddl_create_table(&sql, &planner->objects, object, arena_format(planner->arena, "%s_rebuilt", name).data);
    buffer_print(&sql, ";\n");
    print_copy(planner, &sql, object->table);
    buffer_print(&sql, ";\nDROP TABLE %s;\nALTER TABLE %s_rebuilt RENAME TO %s", name, name, name);
    planner_print_attached(planner, &sql, object->table);
    ledger_strike_table(&ledger, object->name);
    planner_note_all(planner, &ledger, object->table);
    planner_add(planner, arena_format(planner->arena, "rebuild table %s", name), sql.text, ledger.text);
}

static void add_columns(struct planner *planner, const struct table *table)
{
    for (const struct object *column = NULL; (column = planner_next(planner, column, table, OBJECT_COLUMN));)
        if (!planner_before(planner, column))
            planner_add(planner, arena_format(planner->arena, "add column %.*s", TEXT_ARG(column->name)),
                        arena_format(planner->arena, "ALTER TABLE %s ADD COLUMN %.*s", table->name,
                                     TEXT_ARG(column->definition)),
                        planner_note(planner, column));
}

/* Indexes and triggers: what is gone is dropped, what differs is dropped and made again. */
static void drop_attached(struct planner *planner, struct text table, enum object_kind kind)
{
    const char *noun = object_kinds[kind];
    for (const struct entry *gone = NULL; (gone = planner_next_gone(planner, gone, table, kind));)
        planner_add(planner, arena_format(planner->arena, "drop %s %.*s", noun, TEXT_ARG(gone->name)),
                    arena_format(planner->arena, "DROP %s %.*s", noun, TEXT_ARG(gone->name)),
                    planner_strike(planner, gone->name));
}

static void make_attached(struct planner *planner, const struct table *table, enum object_kind kind)
{
    const char *noun = object_kinds[kind];
    for (const struct object *object = NULL; (object = planner_next(planner, object, table, kind));)
        if (!planner_is_same(planner, object))
            planner_add(planner, arena_format(planner->arena, "make %s %.*s", noun, TEXT_ARG(object->name)),
                        arena_format(planner->arena, "DROP %s IF EXISTS %.*s;\n%.*s", noun,
                                     TEXT_ARG(object->name), TEXT_ARG(object->definition)),
                        planner_note(planner, object));
}

static void change_table(struct planner *planner, const struct object *table)
{
    drop_attached(planner, table->name, OBJECT_INDEX);
    drop_attached(planner, table->name, OBJECT_TRIGGER);
    add_columns(planner, table->table);
    make_attached(planner, table->table, OBJECT_INDEX);
    make_attached(planner, table->table, OBJECT_TRIGGER);
}

bool planner_plan_sqlite(struct planner *planner)
{
    for (const struct object *table = NULL; (table = planner_next(planner, table, NULL, OBJECT_TABLE));) {
        const struct object *search = planner_stale_search(planner, table->table);
        if (!planner_has_table(planner, table->table))
            planner_add_table(planner, table);
        else if (wants_rebuild(planner, table))
            add_rebuild(planner, table);
        else
            change_table(planner, table);
        if (search)
            planner_add_fill(planner, search, (struct text){});
    }
    planner_drop_gone_tables(planner, "");
    return true;
}

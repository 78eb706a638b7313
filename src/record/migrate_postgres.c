/*
 * PostgreSQL: no step holds a lock for long, since old nodes go on while it is changed. Rules are added NOT
 * VALID and then validated, indexes of filled tables are built CONCURRENTLY beside the old one and take its
 * place; each step is noted as it is done, so that whoever was killed can be followed by another.
 */
#include "record/definition.h"
#include "record/migrate_planner.h"

#define NAME(object) TEXT_ARG((object)->name)

/* What is gone goes first: a column that is dropped takes nothing with it unseen. */
static void drop_gone(struct planner *planner, enum object_kind kind)
{
    for (const struct entry *gone = NULL; (gone = planner_next_gone(planner, gone, (struct text){}, kind));) {
        struct buffer sql = planner_buffer(planner);
        if (kind == OBJECT_INDEX)
            buffer_print(&sql, "DROP INDEX IF EXISTS %.*s", NAME(gone));
        else if (kind == OBJECT_TRIGGER)
            buffer_print(&sql, "DROP TRIGGER %.*s ON %.*s;\nDROP FUNCTION %.*s()", NAME(gone),
                         TEXT_ARG(gone->table), NAME(gone));
        else
            buffer_print(&sql, "ALTER TABLE %.*s DROP CONSTRAINT IF EXISTS %.*s", TEXT_ARG(gone->table),
                         NAME(gone));
        planner_add(planner, arena_format(planner->arena, "drop %s %.*s", object_kinds[kind], NAME(gone)),
                    sql.text, planner_strike(planner, gone->name));
    }
}

static void drop_gone_columns(struct planner *planner)
{
    for (const struct entry *gone = NULL;
         (gone = planner_next_gone(planner, gone, (struct text){}, OBJECT_COLUMN));) {
        struct text column = text_slice(gone->name, gone->table.length + 1, gone->name.length);
        planner_add(planner, arena_format(planner->arena, "drop column %.*s", NAME(gone)),
                    arena_format(planner->arena, "ALTER TABLE %.*s DROP COLUMN %.*s", TEXT_ARG(gone->table),
                                 TEXT_ARG(column)),
                    planner_strike(planner, gone->name));
    }
}

/* In a filled table every row is looked at for a new NOT NULL: as a check, this needs no long lock. */
static void add_required(struct planner *planner, const struct object *column, struct text name)
{
    struct arena *arena = planner->arena;
    const char *table = column->table->name;
    struct text rule = arena_format(arena, "%s_%.*s_required", table, TEXT_ARG(name));
    planner_add(planner, arena_format(arena, "require column %.*s", NAME(column)),
                arena_format(arena,
                             "ALTER TABLE %s DROP CONSTRAINT IF EXISTS %.*s, "
                             "ADD CONSTRAINT %.*s CHECK (%.*s IS NOT NULL) NOT VALID",
                             table, TEXT_ARG(rule), TEXT_ARG(rule), TEXT_ARG(name)),
                (struct text){});
    planner_add(planner, arena_format(arena, "check column %.*s", NAME(column)),
                arena_format(arena, "ALTER TABLE %s VALIDATE CONSTRAINT %.*s", table, TEXT_ARG(rule)),
                (struct text){});
    planner_add(planner, arena_format(arena, "make column %.*s required", NAME(column)),
                arena_format(arena, "ALTER TABLE %s ALTER COLUMN %.*s SET NOT NULL, DROP CONSTRAINT %.*s",
                             table, TEXT_ARG(name), TEXT_ARG(rule)),
                planner_note(planner, column));
}

/* A type changes to text, which any value can be written as; or the column is empty, or it was refused. */
static void print_retype(struct buffer *sql, struct text name, struct text type)
{
    struct text value = text_starts(type, TEXT("text"))
                          ? arena_format(sql->arena, "%.*s::text", TEXT_ARG(name))
                          : arena_format(sql->arena, "NULL::%.*s", TEXT_ARG(type));
    buffer_print(sql, ", ALTER COLUMN %.*s DROP DEFAULT, ALTER COLUMN %.*s TYPE %.*s USING %.*s",
                 TEXT_ARG(name), TEXT_ARG(name), TEXT_ARG(type), TEXT_ARG(value));
}

static void change_column(struct planner *planner, const struct object *column, const struct entry *before,
                          bool filled)
{
    struct text now = column->definition, old = before->definition;
    struct text name = text_slice(now, 0, text_find_byte(now, ' '));
    struct text fallback = definition_default(now);
    bool gains = definition_is_required(now) && !definition_is_required(old);
    bool loses = !definition_is_required(now) && definition_is_required(old);
    struct buffer sql = planner_buffer(planner);

    if (!text_equal(definition_type(now), definition_type(old)))
        print_retype(&sql, name, definition_type(now));
    if (fallback.length > 0)
        buffer_print(&sql, ", ALTER COLUMN %.*s SET DEFAULT %.*s", TEXT_ARG(name), TEXT_ARG(fallback));
    else
        buffer_print(&sql, ", ALTER COLUMN %.*s DROP DEFAULT", TEXT_ARG(name));
    if (loses || (gains && !filled))
        buffer_print(&sql, ", ALTER COLUMN %.*s %s NOT NULL", TEXT_ARG(name), loses ? "DROP" : "SET");

    planner_add(planner, arena_format(planner->arena, "change column %.*s", NAME(column)),
                arena_format(planner->arena, "ALTER TABLE %s %s", column->table->name, sql.data + 2),
                gains && filled ? (struct text){} : planner_note(planner, column));
    if (gains && filled)
        add_required(planner, column, name);
}

static void add_column(struct planner *planner, const struct object *column, struct text ledger)
{
    planner_add(planner, arena_format(planner->arena, "add column %.*s", NAME(column)),
                arena_format(planner->arena, "ALTER TABLE %s ADD COLUMN IF NOT EXISTS %.*s",
                             column->table->name, TEXT_ARG(column->definition)),
                ledger);
}

/* Noted when it is full, since until then lists that search it are wrong. */
static void make_search(struct planner *planner, const struct object *search)
{
    if (!planner_before(planner, search))
        add_column(planner, search, (struct text){});
    planner_add_fill(planner, search, planner_note(planner, search));
}

static void change_columns(struct planner *planner, const struct table *table, bool filled)
{
    for (const struct object *column = NULL;
         (column = planner_next(planner, column, table, OBJECT_COLUMN));) {
        const struct entry *before = planner_before(planner, column);
        if (before && entry_says(before, column))
            continue;
        if (!column->column)
            make_search(planner, column);
        else if (!before)
            add_column(planner, column, planner_note(planner, column));
        else
            change_column(planner, column, before, filled);
    }
}

static void validate(struct planner *planner, const struct object *rule)
{
    planner_add(planner, arena_format(planner->arena, "check %s %.*s", object_kinds[rule->kind], NAME(rule)),
                arena_format(planner->arena, "ALTER TABLE %s VALIDATE CONSTRAINT %.*s", rule->table->name,
                             NAME(rule)),
                planner_note(planner, rule));
}

/* A check or a reference. */
static void make_rule(struct planner *planner, const struct object *rule, bool filled)
{
    const struct entry *before = planner_before(planner, rule);
    if (before && entry_says_unchecked(before, rule)) {
        validate(planner, rule);
        return;
    }
    struct buffer ledger = planner_buffer(planner);
    if (filled)
        ledger_note_unchecked(&ledger, rule);
    else
        ledger_note(&ledger, rule);
    planner_add(planner, arena_format(planner->arena, "add %s %.*s", object_kinds[rule->kind], NAME(rule)),
                arena_format(planner->arena, "ALTER TABLE %s DROP CONSTRAINT IF EXISTS %.*s, ADD %.*s%s",
                             rule->table->name, NAME(rule), TEXT_ARG(rule->definition),
                             filled ? " NOT VALID" : ""),
                ledger.text);
    if (filled)
        validate(planner, rule);
}

static void make_rules(struct planner *planner, const struct table *table, enum object_kind kind, bool filled)
{
    for (const struct object *rule = NULL; (rule = planner_next(planner, rule, table, kind));)
        if (!planner_is_same(planner, rule))
            make_rule(planner, rule, filled);
}

/* "CREATE [UNIQUE] INDEX name ON …" as it is built beside the old one. */
static struct text concurrently(const struct planner *planner, const struct object *index)
{
    bool unique = text_starts(index->definition, TEXT("CREATE UNIQUE"));
    size_t head = (unique ? sizeof "CREATE UNIQUE INDEX" : sizeof "CREATE INDEX") + index->name.length;
    struct text tail = text_slice(index->definition, head, index->definition.length);
    return arena_format(planner->arena, "CREATE %sINDEX CONCURRENTLY %.*s_new%.*s", unique ? "UNIQUE " : "",
                        NAME(index), TEXT_ARG(tail));
}

/* Whoever was killed while building left an index that is INVALID, or one that nobody noted. */
static bool drop_leftover(struct planner *planner, const struct object *index)
{
    bool left;
    if (!planner_ask(planner, &left, "SELECT 1 WHERE to_regclass('%.*s_new') IS NOT NULL", NAME(index)))
        return false;
    if (left)
        planner_add_outside(planner,
                            arena_format(planner->arena, "drop what is left of index %.*s", NAME(index)),
                            arena_format(planner->arena, "DROP INDEX CONCURRENTLY %.*s_new", NAME(index)));
    return true;
}

static bool make_index(struct planner *planner, const struct object *index, bool filled)
{
    struct arena *arena = planner->arena;
    struct text what = arena_format(arena, "make index %.*s", NAME(index)),
                note = planner_note(planner, index);
    if (!drop_leftover(planner, index))
        return false;
    if (!filled) {
        planner_add(
            planner, what,
            arena_format(arena, "DROP INDEX IF EXISTS %.*s;\n%.*s", NAME(index), TEXT_ARG(index->definition)),
            note);
        return true;
    }
    planner_add_outside(planner, arena_format(arena, "build index %.*s", NAME(index)),
                        concurrently(planner, index));
    planner_add(planner, what,
                arena_format(arena, "DROP INDEX IF EXISTS %.*s;\nALTER INDEX %.*s_new RENAME TO %.*s",
                             NAME(index), NAME(index), NAME(index)),
                note);
    return true;
}

static bool make_indexes(struct planner *planner, const struct table *table, bool filled)
{
    for (const struct object *index = NULL; (index = planner_next(planner, index, table, OBJECT_INDEX));)
        if (!planner_is_same(planner, index) && !make_index(planner, index, filled))
            return false;
    return true;
}

static void make_triggers(struct planner *planner, const struct table *table)
{
    for (const struct object *trigger = NULL;
         (trigger = planner_next(planner, trigger, table, OBJECT_TRIGGER));)
        if (!planner_is_same(planner, trigger))
            planner_add(planner, arena_format(planner->arena, "make trigger %.*s", NAME(trigger)),
                        arena_format(planner->arena, "DROP TRIGGER IF EXISTS %.*s ON %s;\n%.*s",
                                     NAME(trigger), table->name, TEXT_ARG(trigger->definition)),
                        planner_note(planner, trigger));
}

static bool plan_table(struct planner *planner, const struct object *table)
{
    bool filled;
    if (!planner_has_table(planner, table->table)) {
        planner_add_table(planner, table);
        return true;
    }
    if (!planner_is_filled(planner, table->table, &filled))
        return false;
    change_columns(planner, table->table, filled);
    make_rules(planner, table->table, OBJECT_CHECK, filled);
    make_triggers(planner, table->table);
    return make_indexes(planner, table->table, filled);
}

static bool plan_references(struct planner *planner)
{
    for (const struct object *table = NULL; (table = planner_next(planner, table, NULL, OBJECT_TABLE));) {
        bool filled;
        if (!planner_is_filled(planner, table->table, &filled))
            return false;
        make_rules(planner, table->table, OBJECT_REFERENCE, filled);
    }
    return true;
}

bool planner_plan_postgres(struct planner *planner)
{
    drop_gone(planner, OBJECT_REFERENCE);
    drop_gone(planner, OBJECT_CHECK);
    drop_gone(planner, OBJECT_TRIGGER);
    drop_gone(planner, OBJECT_INDEX);
    drop_gone_columns(planner);
    for (const struct object *table = NULL; (table = planner_next(planner, table, NULL, OBJECT_TABLE));)
        if (!plan_table(planner, table))
            return false;
    if (!plan_references(planner))
        return false;
    planner_drop_gone_tables(planner, " CASCADE"); /* they may refer to each other */
    return true;
}

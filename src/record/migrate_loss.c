/* What the plan would lose, asked of the rows themselves before anything is touched. */
#include "record/definition.h"
#include "record/migrate_planner.h"

/* The question of the rows is a SELECT; where it finds any, the reason is noted. */
static bool refuse_if(struct planner *planner, struct text rows, struct text reason)
{
    bool found;
    if (!planner_ask(planner, &found, "%.*s", TEXT_ARG(rows)))
        return false;
    if (found)
        buffer_print(&planner->refused, "%s%.*s", planner->refused.length > 0 ? "\n" : "", TEXT_ARG(reason));
    return true;
}

#define SAY(...) arena_format(planner->arena, __VA_ARGS__)

static bool check_gone_tables(struct planner *planner)
{
    for (const struct entry *table = NULL; (table = planner_next_gone_table(planner, table));)
        if (!refuse_if(planner, SAY("SELECT 1 FROM %.*s", TEXT_ARG(table->name)),
                       SAY("table %.*s is not in the model and holds rows", TEXT_ARG(table->name))))
            return false;
    return true;
}

static bool check_gone_columns(struct planner *planner)
{
    for (const struct entry *gone = NULL;
         (gone = planner_next_gone(planner, gone, (struct text){}, OBJECT_COLUMN));) {
        struct text column = text_slice(gone->name, gone->table.length + 1, gone->name.length);
        if (!refuse_if(
                planner,
                SAY("SELECT 1 FROM %.*s WHERE %.*s IS NOT NULL", TEXT_ARG(gone->table), TEXT_ARG(column)),
                SAY("column %.*s is not in the model and holds values", TEXT_ARG(gone->name))))
            return false;
    }
    return true;
}

static bool check_new_column(struct planner *planner, const struct object *column)
{
    return !definition_is_required(column->definition) || definition_default(column->definition).length > 0
        || refuse_if(planner, SAY("SELECT 1 FROM %s", column->table->name),
                     SAY("column %.*s is new and required, has no default, and there are rows",
                         TEXT_ARG(column->name)));
}

static bool check_changed_column(struct planner *planner, const struct object *column,
                                 const struct entry *before)
{
    struct text now = column->definition, old = before->definition;
    struct text name = text_slice(now, 0, text_find_byte(now, ' '));
    struct text type = definition_type(now), old_type = definition_type(old);
    const char *table = column->table->name;
    bool retyped = !text_equal(type, old_type) && !text_starts(type, TEXT("text")) && !text_is(type, "TEXT");
    bool required = definition_is_required(now) && !definition_is_required(old);

    if (definition_is_key(now) != definition_is_key(old)
        && !refuse_if(planner, TEXT("SELECT 1"), SAY("table %s would have another primary key", table)))
        return false;
    if (retyped
        && !refuse_if(planner, SAY("SELECT 1 FROM %s WHERE %.*s IS NOT NULL", table, TEXT_ARG(name)),
                      SAY("column %.*s would change from %.*s to %.*s and holds values",
                          TEXT_ARG(column->name), TEXT_ARG(old_type), TEXT_ARG(type))))
        return false;
    return !required
        || refuse_if(
            planner, SAY("SELECT 1 FROM %s WHERE %.*s IS NULL", table, TEXT_ARG(name)),
            SAY("column %.*s is required now, and there are rows without it", TEXT_ARG(column->name)));
}

/* A rule about a column that the table does not have yet cannot be asked of the rows; they all have its
 * default. */
static bool names_new_column(const struct planner *planner, const struct table *table, struct text sql)
{
    for (const struct object *column = NULL; (column = planner_next(planner, column, table, OBJECT_COLUMN));)
        if (!planner_before(planner, column)
            && text_contains(sql, text_slice(column->definition, 0, text_find_byte(column->definition, ' '))))
            return true;
    return false;
}

/* The CHECKs in a definition of either a check or a column. */
static bool check_rules(struct planner *planner, const struct object *object)
{
    const char *table = object->table->name;
    struct text condition;
    for (struct text rest = object->definition; definition_next_check(&rest, &condition);)
        if (!names_new_column(planner, object->table, condition)
            && !refuse_if(planner, SAY("SELECT 1 FROM %s WHERE NOT (%.*s)", table, TEXT_ARG(condition)),
                          SAY("rows of %s break the rule of %.*s", table, TEXT_ARG(object->name))))
            return false;
    return true;
}

static bool check_unique(struct planner *planner, const struct object *index)
{
    struct buffer keys = planner_buffer(planner), filled = planner_buffer(planner);
    for (struct text rest = definition_keys(index->definition); rest.length > 0;) {
        struct text key = text_trim(text_cut(&rest, ','));
        key = text_slice(key, 0, text_find_byte(key, ' '));
        buffer_print(&keys, "%s%.*s", keys.length > 0 ? ", " : "", TEXT_ARG(key));
        buffer_print(&filled, "%s%.*s IS NOT NULL", filled.length > 0 ? " AND " : "", TEXT_ARG(key));
    }
    struct text where = definition_where(index->definition);
    if (names_new_column(planner, index->table, index->definition))
        return true;
    return refuse_if(
        planner,
        SAY("SELECT 1 FROM %s WHERE %.*s%s%.*s GROUP BY %.*s HAVING count(*) > 1", index->table->name,
            TEXT_ARG(filled.text), where.length > 0 ? " AND " : "", TEXT_ARG(where), TEXT_ARG(keys.text)),
        SAY("rows of %s are not unique as %.*s wants", index->table->name, TEXT_ARG(index->name)));
}

/* PostgreSQL's; on SQLite the whole migration is undone where a row points at nothing. */
static bool check_reference(struct planner *planner, const struct object *reference)
{
    const struct column *column = reference->column;
    if (names_new_column(planner, reference->table, text_from(column->name))
        || !planner_has_table(planner, column->references))
        return true;
    return refuse_if(planner,
                     SAY("SELECT 1 FROM %s AS child WHERE %s IS NOT NULL AND NOT EXISTS "
                         "(SELECT 1 FROM %s AS parent WHERE parent.id = child.%s)",
                         reference->table->name, column->name, column->references->name, column->name),
                     SAY("rows of %s point at %s that are not there (%s)", reference->table->name,
                         column->references->name, column->name));
}

static bool check_object(struct planner *planner, const struct object *object)
{
    const struct entry *before = planner_before(planner, object);
    switch (object->kind) {
    case OBJECT_COLUMN:
        return (before ? check_changed_column(planner, object, before) && check_rules(planner, object)
                       : check_new_column(planner, object));
    case OBJECT_CHECK: return check_rules(planner, object);
    case OBJECT_INDEX:
        return !text_starts(object->definition, TEXT("CREATE UNIQUE")) || check_unique(planner, object);
    case OBJECT_REFERENCE: return check_reference(planner, object);
    default: return true;
    }
}

bool planner_refuse_loss(struct planner *planner)
{
    const struct object *end = planner->objects.list + planner->objects.count;
    for (const struct object *object = planner->objects.list; object < end; object++)
        if (planner_has_table(planner, object->table) && !planner_is_same(planner, object)
            && !check_object(planner, object))
            return false;
    return check_gone_tables(planner) && check_gone_columns(planner);
}

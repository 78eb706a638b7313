#include "record/ddl.h"

void ddl_create_table(struct buffer *sql, const struct objects *objects, const struct object *table,
                      const char *name)
{
    const char *separator = "(\n    ";
    buffer_print(sql, "CREATE TABLE %s ", name ? name : table->table->name);
    for (const struct object *object = objects->list; object < objects->list + objects->count; object++) {
        if (object->table != table->table || (object->kind != OBJECT_COLUMN && object->kind != OBJECT_CHECK))
            continue;
        buffer_print(sql, "%s%.*s", separator, TEXT_ARG(object->definition));
        separator = ",\n    ";
    }
    buffer_print(sql, "\n)%.*s", TEXT_ARG(table->definition));
}

struct text ddl_script(struct arena *arena, enum engine engine, const struct table *const *tables)
{
    struct objects objects = ddl_objects(arena, engine, tables);
    struct buffer sql = { .arena = arena };
    for (const struct object *object = objects.list; object < objects.list + objects.count; object++) {
        if (object->kind == OBJECT_COLUMN || object->kind == OBJECT_CHECK)
            continue;
        if (object->kind == OBJECT_TABLE) {
            buffer_print(&sql, "\n");
            ddl_create_table(&sql, &objects, object, NULL);
        } else if (object->kind == OBJECT_REFERENCE)
            buffer_print(&sql, "ALTER TABLE %s ADD %.*s", object->table->name, TEXT_ARG(object->definition));
        else
            buffer_add(&sql, object->definition);
        buffer_print(&sql, ";\n");
    }
    return sql.text;
}

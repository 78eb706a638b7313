#include "hosting/schema_objects.h"
#include "base/buffer.h"
#include "hosting/create_table.h"
#include <stdlib.h>

/* Names come whole and quoted, since nothing but pg_catalog is in the path. $1: the one schema, or '' for
 * all; $2 is told as $3. */
static const char on_postgres[] =
    "WITH schemas AS (SELECT oid, nspname FROM pg_namespace WHERE CASE WHEN $1::text = '' THEN nspname !~ "
    "'^pg_'"
    "  AND nspname <> 'information_schema' ELSE nspname = $1::text END)"
    ", tables AS (SELECT c.oid, c.relkind, format('%I.%I', n.nspname, c.relname) AS name,"
    "  CASE WHEN c.relkind IN ('v', 'm') THEN 'view ' ELSE 'table ' END AS kind"
    "  FROM pg_class c JOIN schemas n ON n.oid = c.relnamespace"
    "  WHERE c.relname !~ '^nidia_' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S'))"
    ", objects AS (SELECT kind || name AS name, relkind::text AS definition, '' AS whole FROM tables"
    "  WHERE relkind IN ('r', 'p', 'f')"
    " UNION ALL SELECT 'sequence ' || name, '', '' FROM tables WHERE relkind = 'S'"
    " UNION ALL SELECT kind || name, pg_get_viewdef(oid), '' FROM tables WHERE relkind IN ('v', 'm')"
    " UNION ALL SELECT format('column %s.%I', t.name, a.attname), format_type(a.atttypid, a.atttypmod)"
    "  || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END || a.attidentity::text || a.attgenerated::text"
    "  || coalesce(' COLLATE ' || a.attcollation::regcollation::text, '')"
    "  || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), ''), t.kind || t.name"
    "  FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped"
    "  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE t.relkind <> 'S'"
    " UNION ALL SELECT format('constraint %s.%I', t.name, k.conname), pg_get_constraintdef(k.oid), t.kind || "
    "t.name"
    "  FROM tables t JOIN pg_constraint k ON k.conrelid = t.oid"
    " UNION ALL SELECT format('index %s.%I', t.name, c.relname), pg_get_indexdef(i.indexrelid)"
    "  || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END, t.kind || t.name"
    "  FROM tables t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class c ON c.oid = i.indexrelid"
    "  WHERE NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conrelid = t.oid AND k.conindid = c.oid)"
    " UNION ALL SELECT format('trigger %s.%I', t.name, g.tgname), pg_get_triggerdef(g.oid)"
    "  || CASE g.tgenabled WHEN 'O' THEN '' WHEN 'D' THEN ' DISABLED' ELSE ' ENABLED ' || g.tgenabled::text "
    "END"
    ", t.kind || t.name"
    "  FROM tables t JOIN pg_trigger g ON g.tgrelid = t.oid WHERE NOT g.tgisinternal"
    "  AND g.tgname !~ '^nidia_'"
    " UNION ALL SELECT 'function ' || p.oid::regprocedure::text,"
    "  CASE WHEN p.prokind IN ('f', 'p') THEN pg_get_functiondef(p.oid) ELSE '' END, ''"
    "  FROM pg_proc p JOIN schemas n ON n.oid = p.pronamespace WHERE p.proname !~ '^nidia_'"
    " UNION ALL SELECT 'type ' || y.oid::regtype::text, coalesce((SELECT string_agg(e.enumlabel, ',' ORDER BY"
    "  e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = y.oid), format_type(y.typbasetype, y.typtypmod), "
    "''), ''"
    "  FROM pg_type y JOIN schemas n ON n.oid = y.typnamespace WHERE y.typtype IN ('e', 'd')"
    ") SELECT replace(name, $2::text, $3::text), replace(definition, $2::text, $3::text),"
    "  replace(whole, $2::text, $3::text) FROM objects ORDER BY name COLLATE \"C\"";

/* The columns of a table stand in its text. */
static const char on_sqlite[] =
    "WITH objects AS (SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'nidia\\_%' "
    "ESCAPE '\\' AND tbl_name NOT LIKE 'nidia\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\')"
    " SELECT o.type || ' ' || o.name, coalesce(o.sql, ''), CASE WHEN o.type IN ('index', 'trigger')"
    "  THEN w.type || ' ' || w.name ELSE '' END, o.name"
    " FROM objects o LEFT JOIN objects w ON w.name = o.tbl_name AND w.type IN ('table', 'view')";

/* Blanks of whatever kind and number are one: how it is written does not matter. */
static struct text without_blanks(struct arena *arena, struct text text)
{
    struct buffer out = { .arena = arena };
    for (size_t i = 0; i < text.length; i++) {
        bool blank = text.data[i] == ' ' || (text.data[i] >= '\t' && text.data[i] <= '\r');
        if (!blank)
            buffer_add_byte(&out, text.data[i]);
        else if (out.length > 0 && out.data[out.length - 1] != ' ')
            buffer_add_byte(&out, ' ');
    }
    return out.text;
}

struct reading {
    struct arena *arena;
    struct schema_objects objects;
    size_t capacity;
};

static void add(struct reading *reading, struct text name, struct text definition, struct text whole)
{
    struct schema_objects *objects = &reading->objects;
    objects->list = arena_extend(reading->arena, objects->list, sizeof *objects->list, objects->count,
                                 &reading->capacity);
    objects->list[objects->count++] =
        (struct schema_object){ name, without_blanks(reading->arena, definition), whole };
}

static void add_table(struct reading *reading, struct text object, struct text name,
                      struct create_table *statement)
{
    struct table_part part;
    while (create_table_next(statement, &part)) {
        struct text told = without_blanks(reading->arena, part.name);
        add(reading,
            arena_format(reading->arena, "%s %.*s.%.*s", part.is_rule ? "constraint" : "column",
                         TEXT_ARG(name), TEXT_ARG(told)),
            part.definition, object);
    }
    add(reading, object, statement->tail, TEXT(""));
}

int schema_object_order(const void *a, const void *b)
{
    return text_compare(((const struct schema_object *)a)->name, ((const struct schema_object *)b)->name);
}

static bool read_sqlite(struct db *db, struct reading *reading, struct error *error)
{
    struct result result;
    if (!db_run(db, reading->arena, &result, error, on_sqlite, NO_PARAMETERS))
        return false;
    for (size_t i = 0; i < result.row_count; i++) {
        const struct value *row = result_row(&result, i);
        struct create_table statement;
        if (create_table_begin(&statement, cell_text(row[1])))
            add_table(reading, row[0].text, row[3].text, &statement);
        else
            add(reading, row[0].text, cell_text(row[1]), cell_text(row[2]));
    }
    if (reading->objects.count > 0)
        qsort(reading->objects.list, reading->objects.count, sizeof *reading->objects.list,
              schema_object_order);
    return true;
}

static bool read_postgres(struct db *db, struct reading *reading, const struct schema_choice *choice,
                          struct error *error)
{
    struct result result;
    if (!db_run_script(db, error, "SET search_path = pg_catalog")
        || !db_run(
            db, reading->arena, &result, error, on_postgres,
            PARAMETERS(value_text(choice->schema), value_text(choice->prefix), value_text(choice->told_as))))
        return false;
    for (size_t i = 0; i < result.row_count; i++) {
        const struct value *row = result_row(&result, i);
        add(reading, row[0].text, cell_text(row[1]), cell_text(row[2]));
    }
    return true;
}

bool schema_objects_read_chosen(struct db *db, struct arena *arena, const struct schema_choice *choice,
                                struct schema_objects *objects, struct error *error)
{
    struct reading reading = { .arena = arena };
    if (!(db_engine(db) == ENGINE_SQLITE ? read_sqlite(db, &reading, error)
                                         : read_postgres(db, &reading, choice, error)))
        return false;
    *objects = reading.objects;
    return true;
}

bool schema_objects_read(struct db *db, struct arena *arena, struct schema_objects *objects,
                         struct error *error)
{
    static const struct schema_choice all = { TEXT_CONSTANT(""), TEXT_CONSTANT(""), TEXT_CONSTANT("") };
    return schema_objects_read_chosen(db, arena, &all, objects, error);
}

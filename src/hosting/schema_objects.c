#include "hosting/schema_objects.h"
#include "base/buffer.h"
#include "json/json.h"

/* Names come whole and quoted, since nothing but pg_catalog is in the path. */
static const char on_postgres[] =
    "WITH tables AS (SELECT c.oid, c.relkind, format('%I.%I', n.nspname, c.relname) AS name"
    "  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    "  WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relname !~ '^nidia_'"
    "  AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S'))"
    ", objects AS (SELECT 'table ' || name AS name, relkind::text AS definition FROM tables WHERE relkind IN "
    "('r', 'p', "
    "'f')"
    " UNION ALL SELECT 'sequence ' || name, '' FROM tables WHERE relkind = 'S'"
    " UNION ALL SELECT 'view ' || name, pg_get_viewdef(oid) FROM tables WHERE relkind IN ('v', 'm')"
    " UNION ALL SELECT format('column %s.%I', t.name, a.attname), format_type(a.atttypid, a.atttypmod)"
    "  || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END || a.attidentity::text || a.attgenerated::text"
    "  || coalesce(' COLLATE ' || a.attcollation::regcollation::text, '')"
    "  || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')"
    "  FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped"
    "  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE t.relkind <> 'S'"
    " UNION ALL SELECT format('constraint %s.%I', t.name, k.conname), pg_get_constraintdef(k.oid)"
    "  FROM tables t JOIN pg_constraint k ON k.conrelid = t.oid"
    " UNION ALL SELECT format('index %s.%I', t.name, c.relname), pg_get_indexdef(i.indexrelid)"
    "  || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END"
    "  FROM tables t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class c ON c.oid = i.indexrelid"
    " UNION ALL SELECT format('trigger %s.%I', t.name, g.tgname), pg_get_triggerdef(g.oid) || "
    "g.tgenabled::text"
    "  FROM tables t JOIN pg_trigger g ON g.tgrelid = t.oid WHERE NOT g.tgisinternal AND g.tgname !~ "
    "'^nidia_'"
    " UNION ALL SELECT 'function ' || p.oid::regprocedure::text,"
    "  CASE WHEN p.prokind IN ('f', 'p') THEN pg_get_functiondef(p.oid) ELSE '' END"
    "  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
    "  WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND p.proname !~ '^nidia_'"
    " UNION ALL SELECT 'type ' || y.oid::regtype::text, coalesce((SELECT string_agg(e.enumlabel, ',' ORDER BY"
    "  e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = y.oid), format_type(y.typbasetype, y.typtypmod), "
    "'')"
    "  FROM pg_type y JOIN pg_namespace n ON n.oid = y.typnamespace"
    "  WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND y.typtype IN ('e', 'd')"
    ") SELECT name, definition FROM objects ORDER BY name COLLATE \"C\"";

static const char on_sqlite[] =
    "WITH objects AS (SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'nidia\\_%' "
    "ESCAPE '\\' AND tbl_name NOT LIKE 'nidia\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\')"
    " SELECT type || ' ' || name, coalesce(sql, '') FROM objects"
    " UNION ALL SELECT 'column ' || o.name || '.' || x.name, x.type || ' ' || x.\"notnull\" || ' ' || x.pk "
    "|| ' ' "
    "|| coalesce(x.dflt_value, '') FROM objects o, pragma_table_xinfo(o.name) x WHERE o.type = 'table'"
    " ORDER BY 1";

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

bool schema_objects_read(struct db *db, struct arena *arena, struct schema_objects *objects,
                         struct error *error)
{
    bool on_files = db_engine(db) == ENGINE_SQLITE;
    struct result result;
    if ((!on_files && !db_run_script(db, error, "SET search_path = pg_catalog"))
        || !db_run(db, arena, &result, error, on_files ? on_sqlite : on_postgres, NO_PARAMETERS))
        return false;
    *objects = (struct schema_objects){ arena_array(arena, struct schema_object, result.row_count + 1),
                                        result.row_count };
    for (size_t i = 0; i < result.row_count; i++) {
        const struct value *row = result_row(&result, i);
        objects->list[i] = (struct schema_object){ row[0].text, without_blanks(arena, cell_text(row[1])) };
    }
    return true;
}

struct lines {
    struct buffer json;
    size_t count, max;
};

static void add(struct lines *lines, const char *what, struct text name)
{
    if (lines->count++ >= lines->max)
        return;
    buffer_add(&lines->json, lines->count > 1 ? TEXT(",") : TEXT(""));
    json_add_text(&lines->json,
                  arena_format(lines->json.arena, "%s: %.*s", what, TEXT_ARG(text_head(name, 400))));
}

size_t schema_objects_compare(struct arena *arena, const struct schema_objects *expected,
                              const struct schema_objects *found, size_t lines_max, struct text *out)
{
    struct lines lines = { .json.arena = arena, .max = lines_max };
    buffer_add_byte(&lines.json, '[');
    for (size_t i = 0, j = 0; i < expected->count || j < found->count;) {
        const struct schema_object *wanted = &expected->list[i], *there = &found->list[j];
        int order = i == expected->count ? 1
                  : j == found->count    ? -1
                                         : text_compare(wanted->name, there->name);
        if (order < 0)
            add(&lines, "missing", wanted->name);
        else if (order > 0)
            add(&lines, "added", there->name);
        else if (!text_equal(wanted->definition, there->definition))
            add(&lines, "differs", wanted->name);
        i += order <= 0;
        j += order >= 0;
    }
    buffer_add_byte(&lines.json, ']');
    *out = lines.json.text;
    return lines.count;
}

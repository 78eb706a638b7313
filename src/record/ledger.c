#include "record/ledger.h"

static const char exists[ENGINE_COUNT][90] = {
    [ENGINE_SQLITE] = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_objects'",
    [ENGINE_POSTGRES] = "SELECT 1 WHERE to_regclass('schema_objects') IS NOT NULL",
};

const char ledger_create[] =
    "CREATE TABLE schema_objects (name TEXT PRIMARY KEY NOT NULL, kind TEXT NOT NULL, "
    "table_name TEXT NOT NULL, definition TEXT NOT NULL)";

static const char unchecked[] = " NOT VALID";

bool ledger_read(struct db *db, struct arena *arena, struct ledger *ledger, struct error *error)
{
    struct result result;
    if (!db_run(db, arena, &result, error, exists[db_engine(db)], NO_PARAMETERS))
        return false;
    *ledger = (struct ledger){ .exists = result.row_count > 0 };
    if (!ledger->exists)
        return true;
    if (!db_run(db, arena, &result, error, "SELECT name, kind, table_name, definition FROM schema_objects",
                NO_PARAMETERS))
        return false;
    ledger->entries = arena_array(arena, struct entry, result.row_count);
    ledger->count = result.row_count;
    for (size_t i = 0; i < result.row_count; i++) {
        const struct value *row = result_row(&result, i);
        ledger->entries[i] =
            (struct entry){ cell_text(row[0]), cell_text(row[1]), cell_text(row[2]), cell_text(row[3]) };
    }
    return true;
}

const struct entry *ledger_find(const struct ledger *ledger, struct text name)
{
    for (size_t i = 0; i < ledger->count; i++)
        if (text_equal(ledger->entries[i].name, name))
            return &ledger->entries[i];
    return NULL;
}

static void add_quoted(struct buffer *sql, struct text text)
{
    buffer_add(sql, TEXT("'"));
    for (size_t i = 0; i < text.length; i++) {
        buffer_add_byte(sql, text.data[i]);
        if (text.data[i] == '\'')
            buffer_add_byte(sql, '\'');
    }
    buffer_add(sql, TEXT("'"));
}

static void note(struct buffer *sql, const struct object *object, const char *suffix)
{
    struct text definition = arena_format(sql->arena, "%.*s%s", TEXT_ARG(object->definition), suffix);
    const struct text cells[] = { object->name, text_from(object_kinds[object->kind]),
                                  text_from(object->table->name), definition };
    buffer_print(sql, "INSERT INTO schema_objects (name, kind, table_name, definition) VALUES");
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        buffer_print(sql, i ? ", " : " (");
        add_quoted(sql, cells[i]);
    }
    buffer_print(sql,
                 ") ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, table_name = excluded.table_name, "
                 "definition = excluded.definition;\n");
}

void ledger_note(struct buffer *sql, const struct object *object)
{
    note(sql, object, "");
}

void ledger_note_unchecked(struct buffer *sql, const struct object *object)
{
    note(sql, object, unchecked);
}

static void strike(struct buffer *sql, const char *column, struct text value)
{
    buffer_print(sql, "DELETE FROM schema_objects WHERE %s = ", column);
    add_quoted(sql, value);
    buffer_print(sql, ";\n");
}

void ledger_strike(struct buffer *sql, struct text name)
{
    strike(sql, "name", name);
}

void ledger_strike_table(struct buffer *sql, struct text table)
{
    strike(sql, "table_name", table);
}

bool entry_says(const struct entry *entry, const struct object *object)
{
    return text_equal(entry->definition, object->definition);
}

bool entry_says_unchecked(const struct entry *entry, const struct object *object)
{
    struct text definition = entry->definition;
    size_t length = object->definition.length;
    return text_starts(definition, object->definition)
        && text_is(text_slice(definition, length, definition.length), unchecked);
}

#include "record/ledger.h"
#include <stdlib.h>

static const char exists[ENGINE_COUNT][90] = {
    [ENGINE_SQLITE] = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_objects'",
    [ENGINE_POSTGRES] = "SELECT 1 WHERE to_regclass('schema_objects') IS NOT NULL",
};

const char ledger_create[] =
    "CREATE TABLE schema_objects (name TEXT PRIMARY KEY NOT NULL, kind TEXT NOT NULL, "
    "table_name TEXT NOT NULL, definition TEXT NOT NULL)";

/* The kind of an entry that is no object: its definition is its number, written so that it sorts. */
static const char model_kind[] = "model";

static const char unchecked[] = " NOT VALID";

static int compare_names(const void *left, const void *right)
{
    return text_compare(((const struct entry *)left)->name, ((const struct entry *)right)->name);
}

bool ledger_read(struct db *db, struct arena *arena, struct ledger *ledger, struct error *error)
{
    struct result result;
    if (!db_run(db, arena, &result, error, exists[db_engine(db)], NO_PARAMETERS))
        return false;
    *ledger = (struct ledger){ .exists = result.row_count > 0 };
    if (!ledger->exists)
        return true;
    if (!db_run(db, arena, &result, error,
                "SELECT name, kind, table_name, definition FROM schema_objects ORDER BY kind, definition",
                NO_PARAMETERS))
        return false;
    ledger->entries = arena_array(arena, struct entry, result.row_count);
    ledger->models = arena_array(arena, struct text, result.row_count);
    for (size_t i = 0; i < result.row_count; i++) {
        const struct value *row = result_row(&result, i);
        if (text_is(cell_text(row[1]), model_kind))
            ledger->models[ledger->model_count++] = cell_text(row[0]);
        else
            ledger->entries[ledger->count++] =
                (struct entry){ cell_text(row[0]), cell_text(row[1]), cell_text(row[2]), cell_text(row[3]) };
    }
    qsort(ledger->entries, ledger->count, sizeof *ledger->entries, compare_names);
    return true;
}

struct text ledger_model(struct arena *arena, const struct objects *objects)
{
    struct buffer all = { .arena = arena };
    for (size_t i = 0; i < objects->count; i++)
        buffer_print(&all, "%.*s %.*s\n", TEXT_ARG(objects->list[i].name),
                     TEXT_ARG(objects->list[i].definition));
    return arena_format(arena, "model %016llx", (unsigned long long)text_hash(all.text));
}

bool ledger_is_newest(const struct ledger *ledger, struct text model)
{
    return ledger->model_count > 0 && text_equal(ledger->models[ledger->model_count - 1], model);
}

bool ledger_is_older(const struct ledger *ledger, struct text model)
{
    for (size_t i = 0; i + 1 < ledger->model_count; i++)
        if (text_equal(ledger->models[i], model))
            return true;
    return false;
}

const struct entry *ledger_find(const struct ledger *ledger, struct text name)
{
    const struct entry sought = { .name = name };
    return ledger->count == 0
             ? NULL
             : bsearch(&sought, ledger->entries, ledger->count, sizeof sought, compare_names);
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

static void note(struct buffer *sql, const struct text cells[static 4])
{
    buffer_print(sql, "INSERT INTO schema_objects (name, kind, table_name, definition) VALUES");
    for (size_t i = 0; i < 4; i++) {
        buffer_print(sql, i ? ", " : " (");
        add_quoted(sql, cells[i]);
    }
    buffer_print(sql,
                 ") ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, table_name = excluded.table_name, "
                 "definition = excluded.definition;\n");
}

static void note_object(struct buffer *sql, const struct object *object, const char *suffix)
{
    note(sql, (const struct text[]){
                  object->name, text_from(object_kinds[object->kind]), text_from(object->table->name),
                  arena_format(sql->arena, "%.*s%s", TEXT_ARG(object->definition), suffix) });
}

void ledger_note_model(struct buffer *sql, const struct ledger *ledger, struct text model)
{
    note(sql, (const struct text[]){ model, text_from(model_kind), TEXT(""),
                                     arena_format(sql->arena, "%06zu", ledger->model_count + 1) });
}

void ledger_note(struct buffer *sql, const struct object *object)
{
    note_object(sql, object, "");
}

void ledger_note_unchecked(struct buffer *sql, const struct object *object)
{
    note_object(sql, object, unchecked);
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

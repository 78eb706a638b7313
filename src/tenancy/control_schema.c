#include "tenancy/control_schema.h"
#include "base/buffer.h"
#include "record/ledger.h"
#include "sql/driver.h"

#define SCRATCH "nidia_model"

static bool make_model(struct db *db, struct arena *arena, const char *first,
                       const struct table *const *tables, struct error *error)
{
    struct buffer sql = { .arena = arena };
    buffer_print(&sql, "%s%s;\n", first, ledger_create);
    buffer_add(&sql, ddl_script(arena, db_engine(db), tables));
    return db_run_script(db, error, sql.data);
}

struct both {
    struct schema_objects expected, found;
};

static bool read_sqlite(struct db *db, struct arena *arena, const struct table *const *tables,
                        struct both *both, struct error *error)
{
    [[gnu::cleanup(db_cleanup)]] struct db *model = NULL;
    return sqlite_connect(&model, NULL, SQLITE_IN_MEMORY, error)
        && make_model(model, arena, "", tables, error)
        && schema_objects_read(model, arena, &both->expected, error)
        && schema_objects_read(db, arena, &both->found, error);
}

static bool read_postgres(struct db *db, struct arena *arena, const struct table *const *tables,
                          struct both *both, struct error *error)
{
    struct result result;
    if (!db_run(db, arena, &result, error, "SELECT current_schema()::text, format('%I.', current_schema())",
                NO_PARAMETERS))
        return false;
    const struct value *row = result_row(&result, 0);
    const struct schema_choice real = { .schema = cell_text(row[0]) };
    const struct schema_choice model = { TEXT(SCRATCH), TEXT(SCRATCH "."), cell_text(row[1]) };
    static const char scratch[] = "CREATE SCHEMA " SCRATCH ";\nSET LOCAL search_path = " SCRATCH ";\n";
    if (!db_begin(db, error))
        return false;
    bool read = make_model(db, arena, scratch, tables, error)
             && schema_objects_read_chosen(db, arena, &model, &both->expected, error)
             && schema_objects_read_chosen(db, arena, &real, &both->found, error);
    db_rollback(db);
    return read;
}

bool control_schema_may_compare(struct db *owner, struct arena *arena, bool *may, struct error *error)
{
    struct result result;
    *may = true;
    if (db_engine(owner) == ENGINE_SQLITE)
        return true;
    if (!db_run(owner, arena, &result, error, "SELECT has_database_privilege(current_database(), 'CREATE')",
                NO_PARAMETERS))
        return false;
    *may = cell_boolean(result.cells[0]);
    return true;
}

bool control_schema_compare(struct db *owner, struct arena *arena, const struct table *const *tables,
                            struct schema_differences *differences, struct error *error)
{
    struct both both;
    if (!(db_engine(owner) == ENGINE_SQLITE ? read_sqlite(owner, arena, tables, &both, error)
                                            : read_postgres(owner, arena, tables, &both, error)))
        return false;
    *differences = schema_objects_compare(arena, &both.expected, &both.found);
    return true;
}

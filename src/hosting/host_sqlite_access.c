/*
 * A read-only tenant on SQLite: triggers on every table of its own refuse what would change a row, whoever
 * holds the file open. The ledger of the schema stays open to migrations.
 */
#include "base/buffer.h"
#include "hosting/host.h"

static const char lock_all[] =
    "SELECT printf('CREATE TRIGGER \"nidia_read_only_%s_%w\" BEFORE %s ON \"%w\" BEGIN "
    "SELECT RAISE(ABORT, ''read only''); END;', change.column1, t.name, change.column1, t.name) "
    "FROM pragma_table_list AS t, (VALUES ('INSERT'), ('UPDATE'), ('DELETE')) AS change "
    "WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
    "AND t.name <> 'nidia_schema' AND NOT EXISTS (SELECT 1 FROM sqlite_schema AS present "
    "WHERE present.type = 'trigger' AND present.name = 'nidia_read_only_' || change.column1 || '_' || "
    "t.name)";

static const char unlock_all[] = "SELECT printf('DROP TRIGGER \"%w\";', name) FROM sqlite_master "
                                 "WHERE type = 'trigger' AND name LIKE 'nidia\\_read\\_only\\_%' ESCAPE '\\'";

/* The rows of the answer are statements. */
static bool read_script(struct hosting_call *call, struct db *db, const char *sql, struct text *script)
{
    struct result result;
    struct buffer statements = { .arena = call->arena };
    if (!db_run(db, call->arena, &result, call->error, sql, NO_PARAMETERS))
        return false;
    for (size_t i = 0; i < result.row_count; i++)
        buffer_add(&statements, result_row(&result, i)->text);
    *script = statements.text;
    return true;
}

static bool run_answer(struct hosting_call *call, struct db *db, const char *sql)
{
    struct text script;
    return read_script(call, db, sql, &script)
        && (script.length == 0 || db_run_script(db, call->error, script.data));
}

/* What is as it is to be is left alone: a move keeps writers out, and us with them. */
bool sqlite_set_read_only(struct hosting_call *call, struct db *db, bool read_only)
{
    const char *sql = read_only ? lock_all : unlock_all;
    struct text script;
    if (!read_script(call, db, sql, &script))
        return false;
    if (script.length == 0
        || (db_begin(db, call->error) && run_answer(call, db, sql) && db_commit(db, call->error)))
        return true;
    db_rollback(db);
    return false;
}

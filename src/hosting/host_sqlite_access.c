/*
 * A read-only tenant on SQLite: triggers on every table of its own refuse what would change a row, whoever
 * holds the file open. The ledger of the schema stays open to migrations.
 */
#include "base/buffer.h"
#include "hosting/host.h"

static const char lock_all[] =
    "SELECT printf('CREATE TRIGGER IF NOT EXISTS \"nidia_read_only_%s_%w\" BEFORE %s ON \"%w\" BEGIN "
    "SELECT RAISE(ABORT, ''read only''); END;', change.column1, t.name, change.column1, t.name) "
    "FROM pragma_table_list AS t, (VALUES ('INSERT'), ('UPDATE'), ('DELETE')) AS change "
    "WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
    "AND t.name <> 'nidia_schema'";

static const char unlock_all[] = "SELECT printf('DROP TRIGGER \"%w\";', name) FROM sqlite_master "
                                 "WHERE type = 'trigger' AND name LIKE 'nidia\\_read\\_only\\_%' ESCAPE '\\'";

/* The rows of the answer are statements. */
static bool run_answer(struct hosting_call *call, struct db *db, const char *sql)
{
    struct result result;
    struct buffer script = { .arena = call->arena };
    if (!db_run(db, call->arena, &result, call->error, sql, NO_PARAMETERS))
        return false;
    for (size_t i = 0; i < result.row_count; i++)
        buffer_add(&script, result_row(&result, i)->text);
    return result.row_count == 0 || db_run_script(db, call->error, script.data);
}

bool sqlite_set_read_only(struct hosting_call *call, struct db *db, bool read_only)
{
    if (db_begin(db, call->error) && run_answer(call, db, read_only ? lock_all : unlock_all)
        && db_commit(db, call->error))
        return true;
    db_rollback(db);
    return false;
}

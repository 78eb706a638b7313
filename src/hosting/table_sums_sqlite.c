/* Checksums of a SQLite file's tables: SQLite has no digests of its own, so the rows are read and hashed
 * here. */
#include "base/buffer.h"
#include "crypto/hash.h"
#include "hosting/table_sums.h"
#include "sql/sqlite.h"
#include <string.h>

enum { ROWS_AT_ONCE = 4'096 };

static void finalize(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
}

static bool prepare(struct sqlite *sqlite, const char *sql, sqlite3_stmt **statement, struct error *error)
{
    return sqlite3_prepare_v2(sqlite->handle, sql, -1, statement, NULL) == SQLITE_OK
        || sqlite_fail(sqlite, error);
}

/* Kind, length and bytes, so that no two rows read alike that are not. */
static void add_cell(struct buffer *row, sqlite3_stmt *statement, int column)
{
    int kind = sqlite3_column_type(statement, column);
    const void *bytes = kind == SQLITE_BLOB ? sqlite3_column_blob(statement, column)
                                            : (const void *)sqlite3_column_text(statement, column);
    size_t length = bytes ? (size_t)sqlite3_column_bytes(statement, column) : 0;
    buffer_print(row, "%d:%zu:", kind, length);
    buffer_add(row, (struct text){ bytes, length });
}

static uint64_t hash_row(struct buffer *row, sqlite3_stmt *statement)
{
    unsigned char digest[SHA256_SIZE];
    uint64_t hash;
    row->length = 0;
    for (int column = 0; column < sqlite3_column_count(statement); column++)
        add_cell(row, statement, column);
    sha256(row->text, digest);
    memcpy(&hash, digest, sizeof hash);
    return hash;
}

static bool sum_table(struct sqlite *sqlite, struct buffer *row, const struct copy_watch *watch,
                      struct table_sum *sum, struct error *error)
{
    [[gnu::cleanup(finalize)]] sqlite3_stmt *statement = NULL;
    char *sql = sqlite3_mprintf("SELECT * FROM \"%.*w\"", TEXT_ARG(sum->name));
    bool prepared = prepare(sqlite, sql, &statement, error);
    sqlite3_free(sql);
    uint64_t hash = 0;
    int step;
    if (!prepared)
        return false;
    for (; (step = sqlite3_step(statement)) == SQLITE_ROW; sum->rows++) {
        if (sum->rows % ROWS_AT_ONCE == 0 && !copy_watch_goes_on(watch, 0, 0))
            return fail(error, ERROR_internal, "the checksums were given up");
        hash += hash_row(row, statement);
    }
    sum->checksum = arena_format(row->arena, "%016llx", (unsigned long long)hash);
    return step == SQLITE_DONE || sqlite_fail(sqlite, error);
}

bool sqlite_sum_tables(struct db *db, struct arena *arena, const struct copy_watch *watch,
                       struct table_sums *sums, struct error *error)
{
    static const char tables[] = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE "
                                 "'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name";
    struct result names;
    struct buffer row = { .arena = arena };
    if (!db_run(db, arena, &names, error, tables, NO_PARAMETERS))
        return false;
    for (size_t i = 0; i < names.row_count; i++) {
        struct table_sum sum = { .name = result_row(&names, i)->text };
        if (!sum_table((struct sqlite *)db, &row, watch, &sum, error))
            return false;
        table_sums_add(sums, arena, sum);
    }
    return true;
}

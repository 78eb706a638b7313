#include "sql/sqlite.h"
#include "sql/expand.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct prepared {
    struct statement head;
    sqlite3_stmt *handle;
    int place_count;                     /* of parameters as SQLite counts them: in order of appearance */
    size_t parameter_count;              /* the highest $n */
    uint8_t numbers[SQL_PARAMETERS_MAX]; /* by place: which $n stands there */
};

static void discard(struct sqlite *sqlite, struct prepared *prepared)
{
    statement_remove(&sqlite->statements, &prepared->head);
    sqlite3_finalize(prepared->handle);
    free(prepared);
}

/* SQLite numbers $1, $2 … in the order in which they appear. */
static bool number_parameters(struct prepared *prepared)
{
    int places = sqlite3_bind_parameter_count(prepared->handle);
    if (places > SQL_PARAMETERS_MAX)
        return false;
    prepared->place_count = places;
    for (int i = 0; i < places; i++) {
        const char *name = sqlite3_bind_parameter_name(prepared->handle, i + 1);
        int64_t number;
        if (!name || name[0] != '$' || !text_to_integer(text_from(name + 1), &number) || number < 1
            || number > SQL_PARAMETERS_MAX)
            return false;
        prepared->numbers[i] = (uint8_t)number;
        if ((size_t)number > prepared->parameter_count)
            prepared->parameter_count = (size_t)number;
    }
    return true;
}

static bool is_blank(const char *sql)
{
    while (isspace((unsigned char)*sql) || *sql == ';')
        sql++;
    return !*sql;
}

static bool prepare(struct sqlite *sqlite, struct arena *arena, struct error *error, struct text sql,
                    struct prepared **prepared)
{
    sqlite3_stmt *handle;
    const char *tail;
    if (sqlite3_prepare_v3(sqlite->handle, sql_expand(arena, ENGINE_SQLITE, sql.data), -1,
                           SQLITE_PREPARE_PERSISTENT, &handle, &tail)
        != SQLITE_OK)
        return sqlite_fail(sqlite, error);

    struct statement *surplus = statement_surplus(&sqlite->statements);
    if (surplus)
        discard(sqlite, (struct prepared *)surplus);
    struct prepared *made = (struct prepared *)statement_create(sizeof *made, sql);
    made->handle = handle;
    statement_add(&sqlite->statements, &made->head);
    if (!handle || !is_blank(tail) || !number_parameters(made)) {
        discard(sqlite, made);
        return db_fail(&sqlite->db, error, ERROR_internal, DB_FAILURE_OTHER,
                       "not one statement with parameters $1 to $128");
    }
    *prepared = made;
    return true;
}

static bool find_or_prepare(struct sqlite *sqlite, struct arena *arena, struct error *error, const char *sql,
                            struct prepared **prepared)
{
    struct text text = text_from(sql);
    *prepared = (struct prepared *)statement_find(&sqlite->statements, text);
    return *prepared || prepare(sqlite, arena, error, text, prepared);
}

/* The text is not copied: it outlives the statement's run. */
static int bind(sqlite3_stmt *handle, int place, const struct value *value)
{
    switch (value->kind) {
    case VALUE_ABSENT:
    case VALUE_NULL: break;
    case VALUE_BOOLEAN: return sqlite3_bind_int(handle, place, value->boolean);
    case VALUE_INTEGER:
    case VALUE_TIME: return sqlite3_bind_int64(handle, place, value->integer);
    case VALUE_TEXT:
        return sqlite3_bind_text64(handle, place, value->text.data ? value->text.data : "",
                                   value->text.length, SQLITE_STATIC, SQLITE_UTF8);
    }
    return sqlite3_bind_null(handle, place);
}

static bool bind_all(struct sqlite *sqlite, struct error *error, const struct prepared *prepared,
                     const struct value *parameters, size_t parameter_count)
{
    if (prepared->parameter_count != parameter_count)
        return db_fail(&sqlite->db, error, ERROR_internal, DB_FAILURE_OTHER,
                       "the statement takes another number of parameters");
    for (int i = 0; i < prepared->place_count; i++)
        if (bind(prepared->handle, i + 1, &parameters[prepared->numbers[i] - 1]) != SQLITE_OK)
            return sqlite_fail(sqlite, error);
    return true;
}

/* The column is looked up once: as a value, which may be read so because no other thread uses the connection.
 */
static struct value cell(sqlite3_stmt *handle, int column, struct arena *arena)
{
    sqlite3_value *found = sqlite3_column_value(handle, column);
    switch (sqlite3_value_type(found)) {
    case SQLITE_NULL: return value_null();
    case SQLITE_INTEGER: return value_integer(sqlite3_value_int64(found));
    default: break;
    }
    const char *data = (const char *)sqlite3_value_text(found);
    size_t length = (size_t)sqlite3_value_bytes(found);
    return value_text(arena_copy(arena, (struct text){ data, length }));
}

static void add_row(sqlite3_stmt *handle, struct arena *arena, struct result *result, size_t *capacity)
{
    if (result->row_count == *capacity) {
        size_t old_size = sizeof(struct value) * *capacity * result->column_count;
        *capacity = *capacity ? *capacity * 8 : 1; /* most results are one row; a page is some dozens */
        size_t size = sizeof(struct value) * *capacity * result->column_count;
        result->cells = arena_grow(arena, result->cells, old_size, size);
    }
    struct value *row = result_row(result, result->row_count++);
    for (size_t i = 0; i < result->column_count; i++)
        row[i] = cell(handle, (int)i, arena);
}

static void reset(sqlite3_stmt **handle)
{
    sqlite3_reset(*handle);
}

static bool step_all(struct sqlite *sqlite, struct prepared *prepared, struct arena *arena,
                     struct result *result, struct error *error)
{
    [[gnu::cleanup(reset)]] sqlite3_stmt *handle = prepared->handle;
    struct result rows = { .column_count = (size_t)sqlite3_column_count(handle) };
    size_t capacity = 0;
    int step;
    while ((step = sqlite3_step(handle)) == SQLITE_ROW)
        add_row(handle, arena, &rows, &capacity);
    if (step != SQLITE_DONE)
        return sqlite_fail(sqlite, error);
    rows.changed = sqlite3_stmt_readonly(handle) ? 0 : sqlite3_changes64(sqlite->handle);
    *result = rows;
    return true;
}

static bool run(struct db *db, struct arena *arena, struct result *result, struct error *error,
                const char *sql, const struct value *parameters, size_t parameter_count)
{
    struct sqlite *sqlite = (struct sqlite *)db;
    struct prepared *prepared;
    if (sqlite->begun && !sqlite_in_transaction(db))
        return db_fail(db, error, ERROR_database_unavailable, DB_FAILURE_OTHER, "the transaction is gone");
    return find_or_prepare(sqlite, arena, error, sql, &prepared)
        && bind_all(sqlite, error, prepared, parameters, parameter_count)
        && step_all(sqlite, prepared, arena, result, error);
}

static bool later(struct db *db, struct arena *arena, struct error *error, const char *sql,
                  const struct value *parameters, size_t parameter_count)
{
    struct result ignored;
    return run(db, arena, &ignored, error, sql, parameters, parameter_count);
}

static bool run_script(struct db *db, struct error *error, const char *sql)
{
    struct sqlite *sqlite = (struct sqlite *)db;
    return sqlite3_exec(sqlite->handle, sql, NULL, NULL, NULL) == SQLITE_OK || sqlite_fail(sqlite, error);
}

/* A writer takes its lock at once: one that reads first could find its snapshot too old to write. */
static bool begin(struct db *db, struct error *error)
{
    struct sqlite *sqlite = (struct sqlite *)db;
    sqlite->begun = run_script(db, error, sqlite->use == SQLITE_WRITES ? "BEGIN IMMEDIATE" : "BEGIN");
    return sqlite->begun;
}

static void rollback(struct db *db)
{
    struct sqlite *sqlite = (struct sqlite *)db;
    sqlite->begun = false;
    if (sqlite_in_transaction(db))
        sqlite3_exec(sqlite->handle, "ROLLBACK", NULL, NULL, NULL);
}

static bool commit(struct db *db, struct error *error)
{
    bool committed = run_script(db, error, "COMMIT");
    rollback(db); /* of what a failed COMMIT left open */
    return committed;
}

int64_t sqlite_written(const struct db *db)
{
    return sqlite3_total_changes64(((const struct sqlite *)db)->handle);
}

bool sqlite_in_transaction(const struct db *db)
{
    return !sqlite3_get_autocommit(((const struct sqlite *)db)->handle);
}

static void close_connection(struct db *db)
{
    struct sqlite *sqlite = (struct sqlite *)db;
    while (sqlite->statements.oldest)
        discard(sqlite, (struct prepared *)sqlite->statements.oldest);
    sqlite3_close(sqlite->handle);
    free(sqlite);
}

/* There is one writer, and there are no other nodes. */
static bool nothing_to_do(struct db *, struct arena *, struct error *, struct text)
{
    return true;
}

const struct driver sqlite_driver = {
    .engine = ENGINE_SQLITE,
    .run = run,
    .later = later,
    .run_script = run_script,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .close = close_connection,
    .lock = nothing_to_do,
    .notify = nothing_to_do,
};

/*
 * One connection to a database, whichever engine it is.
 *
 * SQL is written once, in what SQLite and PostgreSQL share: $1 parameters, RETURNING, ON CONFLICT, TRUE and
 * FALSE, `IS DISTINCT FROM`, `->>`; the time is a parameter. `{for update}` and `{skip locked}` are expanded
 * by the driver (to nothing on SQLite). A result is whole and lies in the caller's arena, so there is no
 * cursor to close: whoever asks for many rows asks for a page.
 *
 * A connection belongs to one thread at a time.
 */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "base/value.h"

struct db;

enum engine { ENGINE_SQLITE, ENGINE_POSTGRES, ENGINE_COUNT };

struct result {
    size_t row_count, column_count;
    struct value *cells; /* row after row */
    int64_t changed;     /* rows that an INSERT, UPDATE or DELETE touched */
};

/* Why the last statement failed, where the store can say it better than the engine. */
enum db_failure {
    DB_FAILURE_NONE,
    DB_FAILURE_OTHER,
    DB_FAILURE_UNIQUE,
    DB_FAILURE_REFERENCE,
    DB_FAILURE_CHECK,
    DB_FAILURE_LOST
};

struct db_fault {
    enum db_failure failure;
    char where[128]; /* the constraint's or index's name, or SQLite's "table.column, table.column" */
};

enum { SQL_PARAMETERS_MAX = 128 };

#define PARAMETERS(...)                                                                                      \
    (const struct value[]){ __VA_ARGS__ },                                                                   \
        sizeof((const struct value[]){ __VA_ARGS__ }) / sizeof(struct value)
#define NO_PARAMETERS NULL, 0

/* Runs one statement. Fails with `database_unavailable`, `storage_full`, or `internal` (see db_fault). */
[[nodiscard]] bool db_run(struct db *db, struct arena *arena, struct result *result, struct error *error,
                          const char *sql, const struct value *parameters, size_t parameter_count);

/* One of several reads that have nothing to do with each other but the way. */
struct db_read {
    struct arena *arena;
    const char *sql;
    const struct value *parameters;
    size_t parameter_count;
    struct result result;
    bool good; /* it was answered */
};

enum { READS_MAX = 32 };

/*
 * PostgreSQL only: reads that travel together, for a thread that must not wait. One flight at a time, outside
 * of a transaction. When db_socket can be read, db_flight_land takes what has come, marks it as good, and
 * returns true once the flight is over. What is then not good, because it failed or was skipped behind one
 * that did, is asked again by db_run where waiting is allowed, and says there why.
 */
[[nodiscard]] bool db_flight_begin(struct db *db, struct db_read *const *reads, size_t count);
[[nodiscard]] bool db_flight_land(struct db *db);
int db_socket(const struct db *db); /* -1: the connection is lost */

/*
 * As db_run, for a row that needs no answer (audit, event): on PostgreSQL it travels with the next statement
 * or with COMMIT, and its failure is that one's. Its parameters must live until then.
 */
[[nodiscard]] bool db_later(struct db *db, struct arena *arena, struct error *error, const char *sql,
                            const struct value *parameters, size_t parameter_count);

/* Several statements without parameters or rows, for DDL and migrations. */
[[nodiscard]] bool db_run_script(struct db *db, struct error *error, const char *sql);

[[nodiscard]] bool db_begin(struct db *db, struct error *error);
/* False with `outcome_unknown` where the connection was lost while committing. */
[[nodiscard]] bool db_commit(struct db *db, struct error *error);
void db_rollback(struct db *db);
void db_close(struct db *db);
void db_cleanup(struct db **db); /* for [[gnu::cleanup]] */

/* Holds a lock of this name until the transaction ends. On
 * SQLite there is one writer, and this does nothing. */
[[nodiscard]] bool db_lock(struct db *db, struct arena *arena, struct error *error, struct text name);
/* Tells every listener when this transaction commits. On SQLite there are no other nodes, and this does
 * nothing. */
[[nodiscard]] bool db_notify(struct db *db, struct arena *arena, struct error *error, struct text payload);

enum engine db_engine(const struct db *db);
const struct db_fault *db_fault(const struct db *db);
/* True where the last failure may pass by itself:
 * serialisation, deadlock, a connection lost before COMMIT. */
bool db_may_retry(const struct db *db);

static inline struct value *result_row(const struct result *result, size_t row)
{
    return result->cells + row * result->column_count;
}
/* SQLite knows no booleans and no times: these read what either engine returns. NULL reads as false and 0. */
static inline bool cell_boolean(struct value value)
{
    return value.kind == VALUE_BOOLEAN ? value.boolean : value.kind == VALUE_INTEGER && value.integer != 0;
}
static inline int64_t cell_integer(struct value value)
{
    return value.kind == VALUE_INTEGER || value.kind == VALUE_TIME ? value.integer : 0;
}
static inline struct text cell_text(struct value value)
{
    return value.kind == VALUE_TEXT ? value.text : (struct text){ "", 0 };
}

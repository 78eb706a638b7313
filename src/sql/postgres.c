#include "sql/postgres.h"
#include "base/memory.h"
#include <stdlib.h>
#include <string.h>

enum { LATER_MAX = 64 }; /* answers left unread: the server must never wait for us to read them */

static void clear(PGresult **answer)
{
    PQclear(*answer);
}

/* Before the first command of a transaction, and before each statement outside one. */
static bool start(struct postgres *postgres, struct error *error)
{
    if (postgres->begun)
        return postgres->connection || postgres_fail(postgres, NULL, error);
    if (!postgres_session_ready(postgres, error))
        return false;
    postgres->begun = postgres->in_transaction;
    return !postgres->begun || pipeline_send(postgres, NULL, error, "BEGIN", NO_PARAMETERS);
}

static bool run(struct db *db, struct arena *arena, struct result *result, struct error *error,
                const char *sql, const struct value *parameters, size_t parameter_count)
{
    struct postgres *postgres = (struct postgres *)db;
    [[gnu::cleanup(clear)]] PGresult *answer = NULL;
    if (!start(postgres, error) || !pipeline_send(postgres, arena, error, sql, parameters, parameter_count)
        || !pipeline_settle(postgres, &answer, error))
        return false;
    result_read(answer, arena, result);
    return true;
}

/* A plan that went stale is planned again; in a transaction, by whoever runs all of it again. */
static bool run_fresh(struct db *db, struct arena *arena, struct result *result, struct error *error,
                      const char *sql, const struct value *parameters, size_t parameter_count)
{
    const struct postgres *postgres = (const struct postgres *)db;
    if (run(db, arena, result, error, sql, parameters, parameter_count))
        return true;
    if (!postgres->stale || postgres->in_transaction)
        return false;
    db_forget_failure(db);
    return run(db, arena, result, error, sql, parameters, parameter_count);
}

static bool later(struct db *db, struct arena *arena, struct error *error, const char *sql,
                  const struct value *parameters, size_t parameter_count)
{
    struct postgres *postgres = (struct postgres *)db;
    struct result ignored;
    if (!postgres->in_transaction)
        return run_fresh(db, arena, &ignored, error, sql, parameters, parameter_count);
    return start(postgres, error) && pipeline_send(postgres, arena, error, sql, parameters, parameter_count)
        && (postgres->expected_count < LATER_MAX || pipeline_settle(postgres, NULL, error));
}

/* Only the simple protocol takes several statements, and it knows no pipeline. */
static bool run_script(struct db *db, struct error *error, const char *sql)
{
    struct postgres *postgres = (struct postgres *)db;
    if (!start(postgres, error) || !pipeline_settle(postgres, NULL, error))
        return false;
    [[gnu::cleanup(clear)]] PGresult *answer = NULL;
    if (PQexitPipelineMode(postgres->connection))
        answer = PQexec(postgres->connection, sql);
    ExecStatusType status = PQresultStatus(answer);
    bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
    if (!good)
        postgres_fail(postgres, answer, error);
    if (!PQenterPipelineMode(postgres->connection) || db->fault.failure == DB_FAILURE_LOST)
        postgres_session_lose(postgres);
    return good;
}

static bool begin(struct db *db, struct error *)
{
    ((struct postgres *)db)->in_transaction = true;
    return true;
}

/* Answers still unread may hold a failure, behind which the
 * server would skip a ROLLBACK in the same flight. */
static void undo(struct postgres *postgres)
{
    struct error ignored = {};
    if (!postgres->connection || (!pipeline_settle(postgres, NULL, &ignored) && !postgres->connection)
        || PQtransactionStatus(postgres->connection) == PQTRANS_IDLE)
        return;
    if (!pipeline_send(postgres, NULL, &ignored, "ROLLBACK", NO_PARAMETERS)
        || !pipeline_settle(postgres, NULL, &ignored))
        postgres_session_lose(postgres);
}

/* What led here stays known: undoing may fail in its own way, and nobody asks. */
static void rollback(struct db *db)
{
    struct postgres *postgres = (struct postgres *)db;
    struct db before = *db;
    undo(postgres);
    *db = before;
    postgres->in_transaction = postgres->begun = false;
}

static bool send_commit(struct postgres *postgres, struct error *error)
{
    struct db *db = &postgres->db;
    [[gnu::cleanup(clear)]] PGresult *answer = NULL;
    if (pipeline_send(postgres, NULL, error, "COMMIT", NO_PARAMETERS)
        && pipeline_settle(postgres, &answer, error))
        return strcmp(PQcmdStatus(answer), "COMMIT") == 0
            || db_fail(db, error, ERROR_internal, DB_FAILURE_OTHER, "a statement of the transaction failed");
    if (db->fault.failure != DB_FAILURE_LOST)
        return false;
    db->may_retry = false;
    return db_fail(db, error, ERROR_outcome_unknown, DB_FAILURE_LOST, "the connection was lost in COMMIT");
}

static bool commit(struct db *db, struct error *error)
{
    struct postgres *postgres = (struct postgres *)db;
    if (postgres->begun && postgres->connection && postgres_session_is_closed(postgres))
        postgres_session_lose(postgres);
    bool committed = !postgres->begun || (start(postgres, error) && send_commit(postgres, error));
    rollback(db);
    return committed;
}

static void close_connection(struct db *db)
{
    struct postgres *postgres = (struct postgres *)db;
    postgres_session_lose(postgres);
    free(postgres->url);
    free(postgres);
}

static bool lock(struct db *db, struct arena *arena, struct error *error, struct text name)
{
    return later(db, arena, error, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
                 PARAMETERS(value_text(name)));
}

static bool notify(struct db *db, struct arena *arena, struct error *error, struct text payload)
{
    return later(db, arena, error, "SELECT pg_notify('nidia', $1)", PARAMETERS(value_text(payload)));
}

static const struct driver postgres_driver = {
    .engine = ENGINE_POSTGRES,
    .run = run_fresh,
    .flight_begin = postgres_flight_begin,
    .flight_land = postgres_flight_land,
    .socket = postgres_socket,
    .later = later,
    .run_script = run_script,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .close = close_connection,
    .lock = lock,
    .notify = notify,
};

bool postgres_connect(struct db **db, const char *url, struct error *error)
{
    struct postgres *postgres = memory_new(struct postgres);
    postgres->db.driver = &postgres_driver;
    postgres->url = memory_require(strdup(url));
    if (!postgres_session_ready(postgres, error)) {
        close_connection(&postgres->db);
        return false;
    }
    *db = &postgres->db;
    return true;
}

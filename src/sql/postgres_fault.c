/* What PostgreSQL's SQLSTATEs mean to the rest of the program. */
#include "sql/postgres.h"
#include <stdio.h>
#include <string.h>

struct meaning {
    const char *state; /* the code, or how it starts */
    enum error_code code;
    enum db_failure failure;
    bool passes; /* may be done again at once */
};

static const struct meaning meanings[] = {
    { "23505", ERROR_internal, DB_FAILURE_UNIQUE, false },
    { "23503", ERROR_internal, DB_FAILURE_REFERENCE, false },
    { "23001", ERROR_internal, DB_FAILURE_REFERENCE, false },
    { "23514", ERROR_internal, DB_FAILURE_CHECK, false },
    { "40001", ERROR_database_unavailable, DB_FAILURE_OTHER, true },  /* serialisation */
    { "40P01", ERROR_database_unavailable, DB_FAILURE_OTHER, true },  /* deadlock */
    { "55P03", ERROR_database_unavailable, DB_FAILURE_OTHER, true },  /* a lock was not to be had in time */
    { "57014", ERROR_database_unavailable, DB_FAILURE_OTHER, false }, /* over the time a statement may take */
    { "53100", ERROR_storage_full, DB_FAILURE_OTHER, false },
    { "25006", ERROR_database_unavailable, DB_FAILURE_OTHER, false }, /* read-only: a standby */
    { "25P03", ERROR_database_unavailable, DB_FAILURE_LOST, true },   /* idle in a transaction for too long */
    { "0A000", ERROR_internal, DB_FAILURE_OTHER, true },              /* a cached plan no longer fits, */
    { "26000", ERROR_internal, DB_FAILURE_OTHER, true },              /* or the statement is gone */
    { "08P01", ERROR_internal, DB_FAILURE_OTHER, false },             /* another number of parameters */
    { "08", ERROR_database_unavailable, DB_FAILURE_LOST, true },
    { "57P0", ERROR_database_unavailable, DB_FAILURE_LOST,
      true }, /* the server stops, or ended the session */
    { "53", ERROR_database_unavailable, DB_FAILURE_OTHER, false }, /* connections, memory */
};

static const struct meaning lost = { "", ERROR_database_unavailable, DB_FAILURE_LOST, true };
static const struct meaning unknown = { "", ERROR_internal, DB_FAILURE_OTHER, false };

static const struct meaning *meaning_of(const char *state)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (text_starts(text_from(state), text_from(meanings[i].state)))
            return &meanings[i];
    return &unknown;
}

bool postgres_plan_is_outdated(const PGresult *answer)
{
    const char *state = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
    return state && (strcmp(state, "0A000") == 0 || strcmp(state, "26000") == 0);
}

/* The primary message alone: what else the server tells may hold values of the row. */
bool postgres_fail(struct postgres *postgres, const PGresult *answer, struct error *error)
{
    const char *state = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY);
    const char *constraint = PQresultErrorField(answer, PG_DIAG_CONSTRAINT_NAME);
    bool broken = !postgres->connection || PQstatus(postgres->connection) == CONNECTION_BAD;
    const struct meaning *meaning = state ? meaning_of(state) : broken ? &lost : &unknown;
    if (!message)
        message = postgres->connection ? PQerrorMessage(postgres->connection) : "the connection was lost";

    struct db *db = &postgres->db;
    snprintf(db->fault.where, sizeof db->fault.where, "%s", constraint ? constraint : "");
    db->may_retry = meaning->passes && postgres->in_transaction;
    int length = (int)strcspn(message, "\n");
    char about[sizeof error->about];
    snprintf(about, sizeof about, "%s%s%.*s", state ? state : "", state ? ": " : "", length, message);
    return db_fail(db, error, meaning->code, meaning->failure, about);
}

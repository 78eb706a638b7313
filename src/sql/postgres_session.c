/* Connections to PostgreSQL: how they are made, told how to behave, found dead and made again. */
#include "base/metrics.h"
#include "sql/postgres.h"
#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* What stands before "dbname" the URL may say otherwise; a peer that vanished is noticed within seconds. */
static const char *const keywords[] = {
    "connect_timeout", "application_name", "keepalives_idle", "keepalives_interval", "keepalives_count",
    "gssencmode",      "tcp_user_timeout", "dbname",          "client_encoding",     NULL
};

static const char behaviour[] = "SET TIME ZONE 'UTC';"
                                "SET datestyle = 'ISO, YMD';"
                                "SET standard_conforming_strings = on;"
                                "SET idle_in_transaction_session_timeout = '60s';"
                                "SET statement_timeout = '30s';"
                                "SET jit = off";

static void ignore_notice(void *, const char *)
{
}

static bool refuse(PGconn *connection, struct error *error)
{
    const char *message = PQerrorMessage(connection);
    fail(error, ERROR_database_unavailable, "%.*s", (int)strcspn(message, "\n"), message);
    PQfinish(connection);
    return false;
}

bool postgres_session_open(const char *url, PGconn **connection, struct error *error)
{
    const char *const values[] = { "3", "nidia", "5", "2", "3", "disable", "10000", url, "UTF8", NULL };
    PGconn *made = PQconnectdbParams(keywords, values, true);
    if (PQstatus(made) != CONNECTION_OK)
        return refuse(made, error);
    PQsetNoticeProcessor(made, ignore_notice, NULL);
    PGresult *answer = PQexec(made, behaviour);
    bool obeys = PQresultStatus(answer) == PGRES_COMMAND_OK;
    PQclear(answer);
    if (!obeys)
        return refuse(made, error);
    *connection = made;
    return true;
}

/* A server that ended the session has closed its side: seen here, before anything is entrusted to it. */
bool postgres_session_is_closed(const struct postgres *postgres)
{
    struct pollfd socket = { .fd = PQsocket(postgres->connection), .events = POLLRDHUP };
    return PQstatus(postgres->connection) != CONNECTION_OK || poll(&socket, 1, 0) != 0;
}

bool postgres_session_ready(struct postgres *postgres, struct error *error)
{
    if (postgres->connection && postgres_session_is_closed(postgres))
        postgres_session_lose(postgres);
    if (!postgres->connection) {
        struct db *db = &postgres->db;
        struct error why = {};
        if (!postgres_session_open(postgres->url, &postgres->connection, &why))
            return db_fail(db, error, why.code, DB_FAILURE_LOST, why.about);
        if (!PQenterPipelineMode(postgres->connection))
            return postgres_fail(postgres, NULL, error);
        metric_add(METRIC_database_reconnects_total, postgres->was_connected);
        postgres->was_connected = true;
    }
    return postgres_session_clear(postgres, error);
}

bool postgres_session_clear(struct postgres *postgres, struct error *error)
{
    if (!postgres->stale)
        return true;
    postgres->stale = false;
    return pipeline_send_plain(postgres, error, "DEALLOCATE ALL");
}

void postgres_session_forget_statements(struct postgres *postgres)
{
    for (struct statement *statement; (statement = postgres->statements.oldest);) {
        statement_remove(&postgres->statements, statement);
        free(statement);
    }
    postgres->stale = true;
}

void postgres_session_lose(struct postgres *postgres)
{
    PQfinish(postgres->connection);
    postgres->connection = NULL;
    postgres->expected_count = postgres->read_count = 0;
    postgres_session_forget_statements(postgres);
    postgres->stale = false;
}

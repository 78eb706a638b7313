#include "sql/expand.h"
#include "sql/postgres.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* What could not be sent leaves the session in a state that nobody knows: it ends. */
static bool expect(struct postgres *postgres, int sent, struct expectation expectation, struct error *error)
{
    if (!sent) {
        postgres_fail(postgres, NULL, error);
        postgres_session_lose(postgres);
        return false;
    }
    assert(postgres->expected_count < EXPECTED_MAX);
    postgres->expected[postgres->expected_count++] = expectation;
    return true;
}

bool pipeline_send_plain(struct postgres *postgres, struct error *error, const char *sql)
{
    int sent = PQsendQueryParams(postgres->connection, sql, 0, NULL, NULL, NULL, NULL, 0);
    return expect(postgres, sent, (struct expectation){}, error);
}

static bool make_room(struct postgres *postgres, struct error *error)
{
    struct prepared *surplus = (struct prepared *)statement_surplus(&postgres->statements);
    if (!surplus)
        return true;
    char sql[sizeof "DEALLOCATE " + NAME_SIZE];
    snprintf(sql, sizeof sql, "DEALLOCATE %s", surplus->name);
    statement_remove(&postgres->statements, &surplus->head);
    free(surplus);
    return pipeline_send_plain(postgres, error, sql);
}

static bool prepare(struct postgres *postgres, struct arena *arena, struct error *error, struct text sql,
                    const struct value *parameters, size_t parameter_count, struct prepared **prepared)
{
    if (!make_room(postgres, error))
        return false;
    Oid types[SQL_PARAMETERS_MAX];
    for (size_t i = 0; i < parameter_count; i++)
        types[i] = parameter_type(&parameters[i]);
    *prepared = (struct prepared *)statement_create(sizeof **prepared, sql);
    snprintf((*prepared)->name, NAME_SIZE, "s%llu", (unsigned long long)++postgres->named);
    statement_add(&postgres->statements, &(*prepared)->head);
    const char *expanded = sql_expand(arena, ENGINE_POSTGRES, sql.data);
    int sent = PQsendPrepare(postgres->connection, (*prepared)->name, expanded, (int)parameter_count, types);
    return expect(postgres, sent, (struct expectation){ .statement = *prepared, .prepares = true }, error);
}

bool pipeline_send(struct postgres *postgres, struct arena *arena, struct error *error, const char *sql,
                   const struct value *parameters, size_t parameter_count)
{
    struct text text = text_from(sql);
    struct prepared *prepared = (struct prepared *)statement_find(&postgres->statements, text);
    if (!prepared && !prepare(postgres, arena, error, text, parameters, parameter_count, &prepared))
        return false;
    const char *values[SQL_PARAMETERS_MAX];
    for (size_t i = 0; i < parameter_count; i++)
        values[i] = parameter_text(arena, &parameters[i]);
    int sent = PQsendQueryPrepared(postgres->connection, prepared->name, (int)parameter_count, values, NULL,
                                   NULL, prepared->is_binary);
    return expect(postgres, sent, (struct expectation){ .statement = prepared }, error);
}

static bool is_good(const PGresult *answer)
{
    ExecStatusType status = PQresultStatus(answer);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

/* One command's answer, and the NULL behind it. */
static PGresult *next_answer(PGconn *connection)
{
    PGresult *answer = PQgetResult(connection), *more;
    while (answer && PQstatus(connection) != CONNECTION_BAD && (more = PQgetResult(connection)))
        PQclear(more);
    return answer;
}

static void forget(struct postgres *postgres, struct prepared *prepared)
{
    statement_remove(&postgres->statements, &prepared->head);
    free(prepared);
}

/* Statements that the server did not come to prepare are unknown to it. */
static void take_answer(struct postgres *postgres, const struct expectation *expectation, PGresult *answer)
{
    struct prepared *statement = expectation->statement;
    bool good = is_good(answer);
    if (!good && expectation->prepares)
        forget(postgres, statement);
    else if (good && statement && !expectation->prepares && !statement->is_binary)
        statement->is_binary = result_may_be_binary(answer);
    if (!good || !expectation->read)
        return;
    result_read(answer, expectation->read->arena, &expectation->read->result);
    expectation->read->good = true;
}

static bool read_answer(struct postgres *postgres, size_t i, bool tell, PGresult **last, struct error *error)
{
    PGresult *answer = next_answer(postgres->connection);
    bool good = is_good(answer);
    take_answer(postgres, &postgres->expected[i], answer);
    if (!good && tell) {
        postgres_fail(postgres, answer, error);
        if (postgres_plan_is_outdated(answer))
            postgres->stale = true;
    }
    if (good && last && i + 1 == postgres->expected_count)
        *last = answer;
    else
        PQclear(answer);
    return good;
}

/* As far as they have come, or all of them. */
static void read_answers(struct postgres *postgres, bool waiting, PGresult **last, struct error *error)
{
    PGconn *connection = postgres->connection;
    while (postgres->read_count < postgres->expected_count && PQstatus(connection) != CONNECTION_BAD
           && (waiting || !PQisBusy(connection))) {
        bool good = read_answer(postgres, postgres->read_count++, postgres->all_good, last, error);
        postgres->all_good = good && postgres->all_good;
    }
}

/* Behind the last answer. */
static bool end(struct postgres *postgres, struct error *error)
{
    PQclear(PQgetResult(postgres->connection)); /* the Sync's */
    postgres->expected_count = postgres->read_count = 0;
    if (PQstatus(postgres->connection) == CONNECTION_BAD && postgres->all_good)
        postgres->all_good = postgres_fail(postgres, NULL, error);
    if (!postgres->all_good && postgres->db.fault.failure == DB_FAILURE_LOST)
        postgres_session_lose(postgres);
    else if (!postgres->all_good && postgres->stale)
        postgres_session_forget_statements(postgres);
    return postgres->all_good;
}

bool pipeline_push(struct postgres *postgres, struct error *error)
{
    postgres->all_good = PQpipelineSync(postgres->connection) || postgres_fail(postgres, NULL, error);
    return postgres->all_good;
}

bool pipeline_settle(struct postgres *postgres, PGresult **last, struct error *error)
{
    if (postgres->expected_count == 0)
        return true;
    (void)!pipeline_push(postgres, error);
    read_answers(postgres, true, last, error);
    return end(postgres, error);
}

bool pipeline_take(struct postgres *postgres, struct error *error)
{
    PGconn *connection = postgres->connection;
    bool broken = !PQconsumeInput(connection);
    read_answers(postgres, false, NULL, error);
    broken =
        broken || PQstatus(connection) == CONNECTION_BAD; /* while reading, too: then nothing more comes */
    if (!broken && (postgres->read_count < postgres->expected_count || PQisBusy(connection)))
        return false;
    if (broken)
        postgres->all_good = postgres_fail(postgres, NULL, error);
    (void)!end(postgres, error);
    return true;
}

/*
 * What the parts of the PostgreSQL driver share.
 *
 * The connection stays in pipeline mode: commands are sent without waiting, `expected` says what will be
 * answered, and settling reads the answers up to a Sync. So BEGIN travels with the first statement, and rows
 * that need no answer with the COMMIT.
 */
#pragma once
#include "sql/driver.h"
#include "sql/statement.h"
#include <assert.h>
#include <libpq-fe.h>

enum { NAME_SIZE = 24, EXPECTED_MAX = 128 };

/* Statements of one flight must not push each other out of the cache. */
static_assert((int)EXPECTED_MAX < (int)STATEMENTS_MAX);

struct prepared {
    struct statement head;
    char name[NAME_SIZE]; /* on the server; never used twice in a session */
    bool is_binary;       /* how its results come: known from the first one's types */
};

/* What one of the server's answers will be about. */
struct expectation {
    struct prepared *statement; /* NULL: none that is kept */
    bool prepares;              /* the answer says whether it could be prepared; else it is its result */
    struct db_read *read;       /* to whom the result goes at once */
};

struct postgres {
    struct db db;
    char *url;
    PGconn *connection; /* NULL: lost, and made again when no transaction is open */
    struct statement_cache statements;
    uint64_t named;     /* statements of this session so far */
    bool was_connected; /* at least once: what follows are reconnections */
    bool in_transaction;
    bool begun;                        /* BEGIN was sent */
    bool stale;                        /* the server still holds statements that the cache has forgotten */
    size_t expected_count, read_count; /* read_count: how many of them were read already */
    bool all_good;                     /* of those */
    struct expectation expected[EXPECTED_MAX]; /* in the order of the answers */
};

/* Session: postgres_session.c */
[[nodiscard]] bool postgres_session_open(const char *url, PGconn **connection, struct error *error);
[[nodiscard]] bool postgres_session_ready(struct postgres *postgres,
                                          struct error *error); /* connects if need be */
/* Of statements that nobody knows any more. */
[[nodiscard]] bool postgres_session_clear(struct postgres *postgres, struct error *error);
bool postgres_session_is_closed(const struct postgres *postgres);
void postgres_session_lose(struct postgres *postgres);
void postgres_session_forget_statements(struct postgres *postgres);

/* Pipeline: postgres_pipeline.c */
[[nodiscard]] bool pipeline_send(struct postgres *postgres, struct arena *arena, struct error *error,
                                 const char *sql, const struct value *parameters, size_t parameter_count);
[[nodiscard]] bool pipeline_send_plain(struct postgres *postgres, struct error *error, const char *sql);
/* Reads all answers; the latest, if it is wanted and good, goes to *last. The first failure is the one that
 * is told. */
[[nodiscard]] bool pipeline_settle(struct postgres *postgres, PGresult **last, struct error *error);

/* The same in steps: what was sent goes out; then what has come is read, until true: it was all. */
[[nodiscard]] bool pipeline_push(struct postgres *postgres, struct error *error);
[[nodiscard]] bool pipeline_take(struct postgres *postgres, struct error *error);

/* Flights: postgres_flight.c */
bool postgres_flight_begin(struct db *db, struct db_read *const *reads, size_t count);
bool postgres_flight_land(struct db *db);
int postgres_socket(const struct db *db);

/* Values: postgres_value.c */
Oid parameter_type(const struct value *value);
const char *parameter_text(struct arena *arena, const struct value *value); /* NULL: null */
void result_read(const PGresult *answer, struct arena *arena, struct result *result);
bool result_may_be_binary(const PGresult *answer); /* every column's type is known */

/* Failures: postgres_fault.c. `answer` may be NULL: then the connection knows why. */
bool postgres_fail(struct postgres *postgres, const PGresult *answer, struct error *error);
bool postgres_plan_is_outdated(const PGresult *answer);

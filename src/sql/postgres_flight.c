/*
 * Reads that travel together without anybody waiting (see db_flight_begin).
 *
 * They go out with one Sync, so they cost the server and us one way, and one wake-up each. A flight is small
 * and the next is not sent before it has landed: what is sent always finds room in the socket's buffer.
 */
#include "sql/postgres.h"

/* Each read may need room made, a statement prepared, and its run; a stale session is cleared first. */
static_assert(3 * (int)READS_MAX + 1 <= (int)EXPECTED_MAX);

static bool send_read(struct postgres *postgres, struct db_read *read, struct error *error)
{
    if (!pipeline_send(postgres, read->arena, error, read->sql, read->parameters, read->parameter_count))
        return false;
    postgres->expected[postgres->expected_count - 1].read = read;
    return true;
}

/* Never connects: that takes time. */
bool postgres_flight_begin(struct db *db, struct db_read *const *reads, size_t count)
{
    struct postgres *postgres = (struct postgres *)db;
    struct error ignored = {};
    assert(!postgres->in_transaction && postgres->expected_count == 0);
    if (postgres->connection && postgres_session_is_closed(postgres))
        postgres_session_lose(postgres);
    bool sent = postgres->connection && postgres_session_clear(postgres, &ignored);
    for (size_t i = 0; i < count && sent; i++)
        sent = send_read(postgres, reads[i], &ignored);
    if (sent && pipeline_push(postgres, &ignored))
        return true;
    if (postgres->connection)
        postgres_session_lose(postgres);
    return false;
}

bool postgres_flight_land(struct db *db)
{
    struct error ignored = {};
    return pipeline_take((struct postgres *)db, &ignored);
}

int postgres_socket(const struct db *db)
{
    const struct postgres *postgres = (const struct postgres *)db;
    return postgres->connection ? PQsocket(postgres->connection) : -1;
}

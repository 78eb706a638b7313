/* Reads that travel together over PostgreSQL's driver, without anybody waiting (db_flight_begin). */
#include "scratch.h"
#include "test.h"
#include <poll.h>

enum { MANY = READS_MAX, ODD = 7 };

/* Reads that ask for their own number and more, but for the one at ODD. */
struct flight {
    struct value parameters[MANY];
    struct db_read reads[MANY], *list[MANY];
};

static struct flight *make_flight(struct scratch *scratch, const char *odd)
{
    struct flight *flight = arena_new(scratch->arena, struct flight);
    for (size_t i = 0; i < MANY; i++) {
        flight->parameters[i] = value_integer((int64_t)i);
        flight->reads[i] = (struct db_read){ .arena = scratch->arena,
                                             .sql = i == ODD ? odd : "SELECT $1 + 0",
                                             .parameters = &flight->parameters[i],
                                             .parameter_count = 1 };
        flight->list[i] = &flight->reads[i];
    }
    return flight;
}

static void land(struct scratch *scratch)
{
    struct pollfd socket = { .fd = db_socket(scratch->db), .events = POLLIN };
    do
        CHECK(poll(&socket, 1, 60'000) == 1);
    while (!db_flight_land(scratch->db));
}

static struct flight *fly(struct scratch *scratch, const char *odd)
{
    struct flight *flight = make_flight(scratch, odd);
    if (db_flight_begin(scratch->db, flight->list, MANY))
        land(scratch);
    return flight;
}

/* How many, from the first on, were answered with their own number. */
static size_t count_answered(const struct flight *flight)
{
    size_t count = 0;
    while (count < MANY && flight->reads[count].good && flight->reads[count].result.row_count == 1
           && cell_integer(flight->reads[count].result.cells[0]) == (int64_t)count)
        count++;
    return count;
}

static size_t count_good(const struct flight *flight)
{
    size_t count = 0;
    for (size_t i = 0; i < MANY; i++)
        count += flight->reads[i].good;
    return count;
}

static bool runs_alone(struct scratch *scratch, struct db_read *read, struct error *error)
{
    error_clear(error);
    return db_run(scratch->db, scratch->arena, &read->result, error, read->sql, read->parameters,
                  read->parameter_count);
}

TEST_ON_POSTGRES(each_of_a_flight_gets_its_own)
{
    for (int times = 0; times < 3; times++) /* statements that are new, then known, then answered as bytes */
        CHECK(count_answered(fly(scratch, "SELECT $1 + 0, 'another'")) == MANY);
}

TEST_ON_POSTGRES(behind_one_that_fails_none_is_answered_and_the_next_flight_is_whole)
{
    static const char *const faulty[] = { "SELECT $1 FROM nowhere", "SELECT $1 / 0", "SELECT $1 FROM" };
    struct error error;
    for (size_t i = 0; i < 6; i++) {
        struct flight *flight = fly(scratch, faulty[i % 3]);
        CHECK(count_answered(flight) == ODD && count_good(flight) == ODD);
        CHECK(!runs_alone(scratch, flight->list[ODD], &error) && error.code == ERROR_internal);
        CHECK(runs_alone(scratch, flight->list[ODD + 1], &error));
        CHECK(count_answered(fly(scratch, "SELECT $1 + 0")) == MANY);
    }
}

TEST_ON_POSTGRES(a_zero_byte_does_not_fly)
{
    struct flight *flight = make_flight(scratch, "SELECT CAST($1 AS text)");
    flight->parameters[ODD] = value_text(TEXT("7\0b"));
    CHECK(db_flight_begin(scratch->db, flight->list, MANY));
    land(scratch);
    CHECK(!flight->reads[ODD].good && count_good(flight) == MANY - 1);
}

TEST_ON_POSTGRES(no_flight_begins_on_a_session_that_was_ended)
{
    CHECK(count_answered(fly(scratch, "SELECT $1 + 0")) == MANY);
    scratch_end_session(scratch);
    struct flight *flight = make_flight(scratch, "SELECT $1 + 0");
    CHECK(!db_flight_begin(scratch->db, flight->list, MANY) && count_good(flight) == 0);
    CHECK(db_socket(scratch->db) < 0);
    struct error error;
    CHECK(runs_alone(scratch, flight->list[0], &error)); /* which may wait, and connects */
    CHECK(count_answered(fly(scratch, "SELECT $1 + 0")) == MANY);
}

TEST_ON_POSTGRES(a_session_that_ends_between_flights_is_noticed_when_its_socket_is_read)
{
    CHECK(count_answered(fly(scratch, "SELECT $1 + 0")) == MANY);
    scratch_end_session(scratch);
    for (int i = 0; i < 3 && db_socket(scratch->db) >= 0; i++) /* the server's last words, then the end */
        land(scratch);
    CHECK(db_socket(scratch->db) < 0);
}

TEST_ON_POSTGRES(a_session_that_ends_in_flight_lands_what_was_answered)
{
    struct flight *flight = fly(scratch, "SELECT pg_terminate_backend(pg_backend_pid()), $1 + 0");
    CHECK(count_answered(flight) <= ODD && count_good(flight) <= ODD);
    CHECK(db_socket(scratch->db) < 0);
}

TEST_ON_POSTGRES(a_table_that_changed_is_read_as_it_is_after_one_flight)
{
    struct error error;
    scratch_script(scratch, "CREATE TABLE t (number bigint); INSERT INTO t VALUES (7)");
    CHECK(count_answered(fly(scratch, "SELECT t.* FROM t WHERE number = $1")) == MANY);
    scratch_script(scratch, "ALTER TABLE t ADD COLUMN more text");
    struct flight *flight = fly(scratch, "SELECT t.* FROM t WHERE number = $1");
    CHECK(count_answered(flight) == ODD
          && count_good(flight) == ODD); /* the plan was made for the old table */
    CHECK(runs_alone(scratch, flight->list[ODD], &error));
    CHECK(count_answered(fly(scratch, "SELECT t.* FROM t WHERE number = $1")) == MANY);
}

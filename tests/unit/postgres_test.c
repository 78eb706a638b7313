/* What PostgreSQL's driver promises beyond db.h: what travels together, and what survives a lost session. */
#include "base/metrics.h"
#include "scratch.h"
#include "sql/driver.h"
#include "test.h"
#include <string.h>

static struct error error;

static bool run(struct scratch *scratch, struct result *result, const char *sql,
                const struct value *parameters, size_t count)
{
    error_clear(&error);
    return db_run(scratch->db, scratch->arena, result, &error, sql, parameters, count);
}

static bool runs(struct scratch *scratch, const char *sql, const struct value *parameters, size_t count)
{
    struct result ignored;
    return run(scratch, &ignored, sql, parameters, count);
}

static bool later(struct scratch *scratch, const char *sql, const struct value *parameters, size_t count)
{
    error_clear(&error);
    return db_later(scratch->db, scratch->arena, &error, sql, parameters, count);
}

TEST_ON_POSTGRES(a_lock_keeps_others_out)
{
    CHECK(db_begin(scratch->db, &error));
    CHECK(db_lock(scratch->db, scratch->arena, &error, TEXT("numbering")));
    CHECK(scratch_number(scratch, "SELECT 1") == 1); /* the lock travels with it */
    struct db *mine = scratch->db;
    scratch->db = scratch_connect(scratch);
    struct result result;
    const char *attempt = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))";
    CHECK(run(scratch, &result, attempt, PARAMETERS(value_string("numbering"))));
    CHECK(result.cells[0].kind == VALUE_BOOLEAN && !result.cells[0].boolean);
    CHECK(run(scratch, &result, attempt, PARAMETERS(value_string("another"))));
    CHECK(result.cells[0].boolean);
    db_rollback(mine);
    CHECK(run(scratch, &result, attempt, PARAMETERS(value_string("numbering"))));
    CHECK(result.cells[0].boolean);
    db_close(scratch->db);
    scratch->db = mine;
}

TEST_ON_POSTGRES(what_was_sent_later_fails_with_the_next_statement)
{
    scratch_script(scratch, "CREATE TABLE t (number bigint CONSTRAINT t_number_key UNIQUE)");
    const char *insert = "INSERT INTO t VALUES ($1)";
    CHECK(db_begin(scratch->db, &error));
    CHECK(later(scratch, insert, PARAMETERS(value_integer(1))));
    CHECK(later(scratch, insert, PARAMETERS(value_integer(1))));
    CHECK(!runs(scratch, "SELECT 'never prepared'", NO_PARAMETERS));
    CHECK(db_fault(scratch->db)->failure == DB_FAILURE_UNIQUE);
    CHECK(strcmp(db_fault(scratch->db)->where, "t_number_key") == 0);
    db_rollback(scratch->db);
    CHECK(db_fault(scratch->db)->failure == DB_FAILURE_UNIQUE);

    CHECK(db_begin(scratch->db, &error));
    CHECK(later(scratch, insert, PARAMETERS(value_integer(1))));
    CHECK(later(scratch, insert, PARAMETERS(value_integer(1))));
    CHECK(!db_commit(scratch->db, &error));
    CHECK(db_fault(scratch->db)->failure == DB_FAILURE_UNIQUE);
    CHECK(scratch_number(scratch, "SELECT count(*) FROM t") == 0);
    CHECK(db_begin(scratch->db, &error)); /* where a statement unknown to the server would be the end */
    CHECK(runs(scratch, "SELECT 'never prepared'", NO_PARAMETERS));
    CHECK(db_commit(scratch->db, &error));
}

TEST_ON_POSTGRES(many_rows_sent_later_arrive)
{
    scratch_script(scratch, "CREATE TABLE t (number bigint)");
    CHECK(db_begin(scratch->db, &error));
    for (int i = 0; i < 500; i++)
        CHECK(later(scratch, "INSERT INTO t VALUES ($1)", PARAMETERS(value_integer(i))));
    CHECK(db_commit(scratch->db, &error));
    CHECK(scratch_number(scratch, "SELECT count(DISTINCT number) FROM t") == 500);
}

TEST_ON_POSTGRES(a_transaction_in_which_a_statement_failed_is_not_committed)
{
    scratch_script(scratch, "CREATE TABLE t (number bigint)");
    CHECK(db_begin(scratch->db, &error));
    CHECK(runs(scratch, "INSERT INTO t VALUES (1)", NO_PARAMETERS));
    CHECK(!runs(scratch, "SELECT 1 / 0", NO_PARAMETERS));
    CHECK(!db_commit(scratch->db, &error));
    CHECK(error.code == ERROR_internal);
    CHECK(scratch_number(scratch, "SELECT count(*) FROM t") == 0);
}

TEST_ON_POSTGRES(a_session_that_ended_is_made_again)
{
    scratch_script(scratch, "CREATE TABLE t (number bigint)");
    CHECK(runs(scratch, "INSERT INTO t VALUES (1)", NO_PARAMETERS));
    int64_t reconnects = metric_read(METRIC_database_reconnects_total);
    scratch_end_session(scratch);
    CHECK(runs(scratch, "INSERT INTO t VALUES (1)", NO_PARAMETERS));
    CHECK(metric_read(METRIC_database_reconnects_total) == reconnects + 1);
    scratch_end_session(scratch);
    CHECK(db_begin(scratch->db, &error));
    CHECK(runs(scratch, "INSERT INTO t VALUES (1)", NO_PARAMETERS));
    CHECK(db_commit(scratch->db, &error));
    CHECK(scratch_number(scratch, "SELECT count(*) FROM t") == 3);
}

TEST_ON_POSTGRES(a_session_that_ended_in_a_transaction_says_so)
{
    scratch_script(scratch, "CREATE TABLE t (number bigint)");
    CHECK(db_begin(scratch->db, &error));
    CHECK(runs(scratch, "INSERT INTO t VALUES (1)", NO_PARAMETERS));
    scratch_end_session(scratch);
    for (int i = 0; i < 2; i++) { /* the second finds no connection, and must not make one */
        CHECK(!runs(scratch, "INSERT INTO t VALUES (2)", NO_PARAMETERS));
        CHECK(error.code == ERROR_database_unavailable && db_may_retry(scratch->db));
        CHECK(db_fault(scratch->db)->failure == DB_FAILURE_LOST);
    }
    CHECK(!db_commit(scratch->db, &error));
    CHECK(error.code == ERROR_database_unavailable);

    CHECK(db_begin(scratch->db, &error));
    CHECK(runs(scratch, "INSERT INTO t VALUES (3)", NO_PARAMETERS));
    scratch_end_session(scratch);
    CHECK(!db_commit(scratch->db, &error)); /* seen before COMMIT was sent */
    CHECK(error.code == ERROR_database_unavailable && db_may_retry(scratch->db));
    CHECK(scratch_number(scratch, "SELECT count(*) FROM t") == 0);
}

TEST_ON_POSTGRES(nobody_knows_what_a_session_lost_in_commit_left)
{
    scratch_script(scratch, "CREATE TABLE t (number bigint);"
                            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS "
                            "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;"
                            "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED "
                            "FOR EACH ROW EXECUTE FUNCTION die()");
    CHECK(db_begin(scratch->db, &error));
    CHECK(runs(scratch, "INSERT INTO t VALUES (1)", NO_PARAMETERS));
    CHECK(!db_commit(scratch->db, &error));
    CHECK(error.code == ERROR_outcome_unknown && !db_may_retry(scratch->db));
    CHECK(scratch_number(scratch, "SELECT count(*) FROM t") == 0);
}

TEST_ON_POSTGRES(a_plan_that_went_stale_is_planned_again)
{
    scratch_script(scratch, "CREATE TABLE t (number bigint); INSERT INTO t VALUES (1)");
    struct result result;
    const char *all = "SELECT * FROM t"; /* only here: it is what makes plans go stale */
    CHECK(run(scratch, &result, all, NO_PARAMETERS) && result.column_count == 1);
    scratch_script(scratch, "ALTER TABLE t ADD COLUMN more text");
    CHECK(run(scratch, &result, all, NO_PARAMETERS) && result.column_count == 2);

    CHECK(db_begin(scratch->db, &error));
    CHECK(db_run_script(scratch->db, &error, "ALTER TABLE t ADD COLUMN third text"));
    CHECK(!run(scratch, &result, all, NO_PARAMETERS));
    CHECK(db_may_retry(scratch->db));
    db_rollback(scratch->db);
    CHECK(run(scratch, &result, all, NO_PARAMETERS) && result.column_count == 2);

    scratch_script(scratch, "DEALLOCATE ALL");
    CHECK(run(scratch, &result, all, NO_PARAMETERS) && result.column_count == 2);
}

TEST_ON_POSTGRES(values_are_the_same_in_either_form)
{
    static const char forms[] =
        "SELECT v, v::timestamptz, v::timestamptz::date FROM (VALUES ('0001-01-01 00:00:00.001+00'), "
        "('1969-12-31 23:59:59.9995+00'), ('2000-01-01 00:00:00+00'), ('9999-12-31 23:59:59.999+00'), "
        "('infinity'), ('-infinity')) AS t (v)";
    struct result text, binary;
    CHECK(run(scratch, &text, forms, NO_PARAMETERS)); /* the first answer comes as text */
    CHECK(run(scratch, &binary, forms, NO_PARAMETERS));
    CHECK(text.row_count == 6 && binary.row_count == 6);
    for (size_t i = 0; i < 6 * 3; i++) {
        test_note("cell %zu", i);
        CHECK(value_equal(text.cells[i], binary.cells[i]));
    }
    /* A type that is not known keeps the whole result as text. */
    for (int times = 0; times < 2; times++) {
        CHECK(run(scratch, &text, "SELECT 1.50, true, 7::smallint, -7::int", NO_PARAMETERS));
        CHECK(text_is(text.cells[0].text, "1.50") && text.cells[1].boolean);
        CHECK(text.cells[2].integer == 7 && text.cells[3].integer == -7);
    }
    for (int times = 0; times < 2; times++) {
        CHECK(run(scratch, &binary, "SELECT false, (-7)::smallint, -7::int, -7::bigint", NO_PARAMETERS));
        CHECK(binary.cells[0].kind == VALUE_BOOLEAN && !binary.cells[0].boolean);
        for (size_t i = 1; i < 4; i++)
            CHECK(binary.cells[i].kind == VALUE_INTEGER && binary.cells[i].integer == -7);
    }
}

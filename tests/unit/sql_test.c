/* What db.h promises, on both engines: values, parameters, faults, transactions, and what survives a lost
 * session. */
#include "base/calendar.h"
#include "scratch.h"
#include "sql/driver.h"
#include "test.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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

/* What either engine returns for a value, as the model will read it. */
static bool same(struct value given, struct value read)
{
    switch (given.kind) {
    case VALUE_ABSENT:
    case VALUE_NULL: return read.kind == VALUE_NULL;
    case VALUE_BOOLEAN: return read.kind != VALUE_NULL && cell_boolean(read) == given.boolean;
    case VALUE_INTEGER:
    case VALUE_TIME: return read.kind != VALUE_NULL && cell_integer(read) == given.integer;
    case VALUE_TEXT: return read.kind == VALUE_TEXT && text_equal(read.text, given.text);
    }
    return false;
}

static const char *const kinds_table[ENGINE_COUNT] = {
    "CREATE TABLE kinds (number INTEGER, yes INTEGER, at INTEGER, words TEXT, id TEXT, day TEXT, data TEXT) "
    "STRICT",
    "CREATE TABLE kinds (number bigint, yes boolean, at timestamptz, words text, id uuid, day date, data "
    "jsonb)",
};

static const char insert_kinds[] = "INSERT INTO kinds (number, yes, at, words, id, day, data) "
                                   "VALUES ($1, $2, $3, $4, $5, $6, $7) "
                                   "RETURNING number, yes, at, words, id, day, data";
enum { KINDS = 7 };

TEST_ON_BOTH(every_kind_of_value_comes_back_as_it_went)
{
    scratch_script(scratch, kinds_table[scratch->engine]);
    const struct value id = value_string("01920000-0000-7000-8000-00000000beef");
    const struct value day = value_string("2024-02-29"), data = value_string("{\"a\": [1, null]}");
    const int64_t first_ms = calendar_time_of((struct date){ 1, 1, 1 });
    const int64_t last_ms = calendar_time_of((struct date){ 9999, 12, 31 }) + DAY_MS - 1;
    const struct value rows[][KINDS] = {
        { {}, value_null(), value_null(), value_null(), value_null(), value_null(), value_null() },
        { value_integer(INT64_MAX), value_boolean(true), value_time(last_ms), value_string(""), id, day,
          data },
        { value_integer(INT64_MIN), value_boolean(false), value_time(first_ms), value_text((struct text){}),
          id, day, data },
        { value_integer(0), value_boolean(true), value_time(0), value_string("Bogotá 🐘 'x' \" \\ $1 {}\n\t"),
          id, day, data },
        { value_integer(-1), value_null(), value_time(-1), value_string("{for update}"), id, value_null(),
          data },
        { value_integer(1), value_null(), value_time(1769845500123), value_string("x"), id, value_null(),
          data },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct result result;
        bool ran = run(scratch, &result, insert_kinds, rows[i], KINDS);
        test_note("engine %d, row %zu: %s", scratch->engine, i, error.about);
        CHECK(ran);
        if (!ran)
            continue;
        CHECK(result.row_count == 1 && result.column_count == KINDS && result.changed == 1);
        for (size_t k = 0; k < KINDS; k++) {
            test_note("engine %d, row %zu, column %zu", scratch->engine, i, k);
            CHECK(same(rows[i][k], result.cells[k]));
        }
    }
}

TEST_ON_BOTH(long_results_come_whole)
{
    struct result result;
    CHECK(run(scratch, &result,
              "WITH RECURSIVE n(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
              "SELECT i, 'row ' || CAST(i AS text) FROM n ORDER BY i",
              PARAMETERS(value_integer(1))));
    CHECK(result.row_count == 1000 && result.column_count == 2 && result.changed == 0);
    for (size_t i = 0; i < result.row_count; i += 111) {
        char expected[30];
        snprintf(expected, sizeof expected, "row %zu", i + 1);
        CHECK(cell_integer(result_row(&result, i)[0]) == (int64_t)i + 1);
        CHECK(text_is(result_row(&result, i)[1].text, expected));
    }
}

TEST_ON_BOTH(parameters_go_by_their_number)
{
    struct result result;
    CHECK(run(scratch, &result, "SELECT $3 || $1 || $2 || $1",
              PARAMETERS(value_string("a"), value_string("b"), value_string("c"))));
    CHECK(text_is(result.cells[0].text, "caba"));
}

TEST_ON_BOTH(parameters_must_be_as_many_as_the_statement_has)
{
    CHECK(!runs(scratch, "SELECT CAST($1 AS text)", NO_PARAMETERS));
    CHECK(error.code == ERROR_internal);
    if (scratch->engine == ENGINE_SQLITE) { /* PostgreSQL takes what it was told of and does not need */
        CHECK(!runs(scratch, "SELECT CAST($1 AS text)", PARAMETERS(value_integer(1), value_integer(2))));
        CHECK(error.code == ERROR_internal);
    }
    CHECK(!runs(scratch, "SELECT 1; SELECT 2", NO_PARAMETERS));
    CHECK(error.code == ERROR_internal);
    CHECK(runs(scratch, "SELECT CAST($1 AS text);", PARAMETERS(value_string("x"))));
}

TEST_ON_BOTH(a_statement_takes_nulls_before_and_after_values)
{
    scratch_script(scratch, "CREATE TABLE t (number bigint)");
    const char *sql = "INSERT INTO t (number) VALUES ($1)";
    CHECK(runs(scratch, sql, PARAMETERS(value_null())));
    CHECK(runs(scratch, sql, PARAMETERS(value_integer(7))));
    CHECK(runs(scratch, sql, PARAMETERS((struct value){})));
    CHECK(scratch_number(scratch, "SELECT count(*) FROM t WHERE number = 7") == 1);
    CHECK(scratch_number(scratch, "SELECT count(*) FROM t WHERE number IS NULL") == 2);
}

TEST_ON_BOTH(a_zero_byte_is_refused)
{
    CHECK(!runs(scratch, "SELECT CAST($1 AS text)", PARAMETERS(value_text(TEXT("a\0b")))));
    CHECK(error.code == ERROR_internal);
}

TEST_ON_BOTH(words_in_braces_mean_what_the_engine_knows)
{
    scratch_script(scratch, "CREATE TABLE t (number bigint); INSERT INTO t VALUES (5)");
    struct result result;
    CHECK(db_begin(scratch->db, &error));
    CHECK(run(scratch, &result, "SELECT number, '{}' FROM t LIMIT 1 {for update} {skip locked}",
              NO_PARAMETERS));
    CHECK(cell_integer(result.cells[0]) == 5 && text_is(result.cells[1].text, "{}"));
    if (scratch->engine == ENGINE_POSTGRES) {
        struct db *mine = scratch->db;
        scratch->db = scratch_connect(scratch);
        CHECK(run(scratch, &result, "SELECT number FROM t {for update} {skip locked}", NO_PARAMETERS));
        CHECK(result.row_count == 0);
        db_close(scratch->db);
        scratch->db = mine;
    }
    CHECK(db_commit(scratch->db, &error));
}

TEST_ON_BOTH(more_statements_than_the_cache_holds)
{
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 300; i++) {
            char sql[40];
            snprintf(sql, sizeof sql, "SELECT $1 + %d", i);
            struct result result;
            CHECK(run(scratch, &result, sql, PARAMETERS(value_integer(1000))));
            CHECK(cell_integer(result.cells[0]) == 1000 + i);
        }
    if (scratch->engine == ENGINE_POSTGRES)
        CHECK(scratch_number(scratch, "SELECT count(*) FROM pg_prepared_statements") <= 256);
}

static const char rules_table[] = "CREATE TABLE parents (id text PRIMARY KEY);"
                                  "CREATE TABLE rules (id text PRIMARY KEY, slug text, other text,"
                                  "  price bigint CONSTRAINT rules_price_check CHECK (price >= 0),"
                                  "  parent text CONSTRAINT rules_parent_reference REFERENCES parents (id));"
                                  "CREATE UNIQUE INDEX rules_slug_unique ON rules (slug, other);"
                                  "CREATE UNIQUE INDEX rules_other_unique ON rules (lower(other));"
                                  "INSERT INTO parents VALUES ('p');"
                                  "INSERT INTO rules VALUES ('1', 'acme', 'one', 1, 'p')";

TEST_ON_BOTH(a_broken_rule_is_named)
{
    scratch_script(scratch, rules_table);
    static const struct {
        const char *sql, *where[ENGINE_COUNT];
        enum db_failure failure;
    } cases[] = {
        { "INSERT INTO rules VALUES ('1', 'x', 'x', 1, 'p')",
          { "rules.id", "rules_pkey" },
          DB_FAILURE_UNIQUE },
        { "INSERT INTO rules VALUES ('2', 'x', 'ONE', 1, 'p')",
          { "rules_other_unique", "rules_other_unique" },
          DB_FAILURE_UNIQUE },
        { "INSERT INTO rules VALUES ('2', 'x', 'x', -1, 'p')",
          { "rules_price_check", "rules_price_check" },
          DB_FAILURE_CHECK },
        { "INSERT INTO rules VALUES ('2', 'x', 'x', 1, 'q')",
          { "", "rules_parent_reference" },
          DB_FAILURE_REFERENCE },
        { "DELETE FROM parents", { "", "rules_parent_reference" }, DB_FAILURE_REFERENCE },
        { "SELECT * FROM nowhere", { "", "" }, DB_FAILURE_OTHER },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(!runs(scratch, cases[i].sql, NO_PARAMETERS));
        test_note("engine %d, case %zu: %s, %s", scratch->engine, i, db_fault(scratch->db)->where,
                  error.about);
        CHECK(error.code == ERROR_internal && error.about[0]);
        CHECK(db_fault(scratch->db)->failure == cases[i].failure);
        CHECK(strcmp(db_fault(scratch->db)->where, cases[i].where[scratch->engine]) == 0);
        CHECK(!db_may_retry(scratch->db));
    }
    CHECK(runs(scratch, "DELETE FROM rules", NO_PARAMETERS));
    CHECK(db_fault(scratch->db)->failure == DB_FAILURE_NONE);
    CHECK(runs(scratch, "INSERT INTO rules VALUES ('1', 'a', 'b', 1, 'p')", NO_PARAMETERS));
    CHECK(!runs(scratch, "INSERT INTO rules VALUES ('2', 'a', 'b', 1, 'p')", NO_PARAMETERS));
    CHECK(db_fault(scratch->db)->failure == DB_FAILURE_UNIQUE);
}

TEST_ON_BOTH(a_transaction_is_kept_or_undone_whole)
{
    scratch_script(scratch, "CREATE TABLE t (number bigint PRIMARY KEY)");
    CHECK(db_begin(scratch->db, &error));
    CHECK(runs(scratch, "INSERT INTO t VALUES (1)", NO_PARAMETERS));
    CHECK(later(scratch, "INSERT INTO t VALUES ($1)", PARAMETERS(value_integer(2))));
    CHECK(db_commit(scratch->db, &error));
    CHECK(scratch_number(scratch, "SELECT count(*) FROM t") == 2);

    CHECK(db_begin(scratch->db, &error));
    CHECK(runs(scratch, "DELETE FROM t", NO_PARAMETERS));
    CHECK(later(scratch, "INSERT INTO t VALUES ($1)", PARAMETERS(value_integer(3))));
    db_rollback(scratch->db);
    CHECK(scratch_number(scratch, "SELECT count(*) FROM t") == 2);

    CHECK(db_begin(scratch->db, &error));
    db_rollback(scratch->db);
    CHECK(db_begin(scratch->db, &error));
    CHECK(db_commit(scratch->db, &error));
    CHECK(db_begin(scratch->db, &error));
    CHECK(db_run_script(scratch->db, &error, "INSERT INTO t VALUES (3); INSERT INTO t VALUES (4)"));
    db_rollback(scratch->db);
    CHECK(scratch_number(scratch, "SELECT count(*) FROM t") == 2);
}

TEST_ON_BOTH(locks_and_notices_belong_to_a_transaction)
{
    CHECK(db_begin(scratch->db, &error));
    CHECK(db_lock(scratch->db, scratch->arena, &error, TEXT("numbering")));
    CHECK(db_notify(scratch->db, scratch->arena, &error, TEXT("{}")));
    CHECK(db_commit(scratch->db, &error));
}

TEST(an_engine_that_does_not_answer_is_unavailable)
{
    struct db *db;
    error_clear(&error);
    CHECK(!postgres_connect(&db, "postgres://nobody@127.0.0.1:1/nothing", &error));
    CHECK(error.code == ERROR_database_unavailable);
    error_clear(&error);
    CHECK(!sqlite_connect(&db, "/nowhere/at/all.db", SQLITE_WRITES, &error));
    CHECK(error.code == ERROR_database_unavailable);
}

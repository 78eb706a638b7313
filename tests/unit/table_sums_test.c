/* What a database holds, compared: the order of rows is nothing, each row and each value is something. */
#include "hosting/table_baseline.h"
#include "scratch.h"
#include "test.h"
#include <string.h>

static const char tables[] = "CREATE TABLE nidia_schema (version bigint NOT NULL);"
                             "INSERT INTO nidia_schema VALUES (1), (7);"
                             "CREATE TABLE a (id bigint, note text)";

static bool take(struct scratch *scratch, const struct summing *summing, struct table_sums *sums,
                 struct error *error)
{
    bool taken =
        db_begin(scratch->db, error) && table_sums_take(scratch->db, scratch->arena, summing, sums, error);
    db_rollback(scratch->db);
    return taken;
}

static bool is_passing; /* the form that is told faster */

static struct table_sums sums_after(struct scratch *scratch, const char *change)
{
    struct error error = {};
    struct table_sums sums = {};
    scratch_script(scratch, change);
    CHECK(take(scratch, &(struct summing){ .passing = is_passing }, &sums, &error));
    return sums;
}

static bool differs(const struct table_sums *before, const struct table_sums *after, const char *says)
{
    struct error error = {};
    return !table_sums_compare(before, after, &error) && strstr(error.about, says);
}

static void find_differences(struct scratch *scratch)
{
    struct error error = {};
    scratch_script(scratch, tables);
    struct table_sums first = sums_after(scratch, "INSERT INTO a VALUES (1, 'x'), (2, NULL), (2, NULL)");
    CHECK(first.count == 2 && first.rows == 5 && first.schema_version == 7);
    struct table_sums again =
        sums_after(scratch, "DELETE FROM a; INSERT INTO a VALUES (2, NULL), (1, 'x'), (2, NULL)");
    CHECK(table_sums_compare(&first, &again, &error));
    struct table_sums other = sums_after(scratch, "UPDATE a SET note = '' WHERE id = 2");
    CHECK(differs(&first, &other, "differ"));
    struct table_sums fewer = sums_after(scratch, "DELETE FROM a WHERE id = 1");
    CHECK(differs(&first, &fewer, "2 rows in the copy, not 3"));
    struct table_sums more = sums_after(scratch, "CREATE TABLE z (id bigint)");
    CHECK(differs(&fewer, &more, "3 tables, not 2") || differs(&fewer, &more, "was expected"));
}

TEST_ON_BOTH(a_difference_is_found_and_an_order_is_none)
{
    is_passing = false;
    find_differences(scratch);
}

TEST_ON_BOTH(so_it_is_where_the_sums_are_told_faster)
{
    is_passing = true;
    find_differences(scratch);
}

/* Each changes one value of one row, or what a value looks like. */
static const char *const changes[] = {
    "UPDATE kinds SET a = false",
    "UPDATE kinds SET b = 8",
    "UPDATE kinds SET c = 'Ñ '",
    "UPDATE kinds SET d = 1.50",
    "UPDATE kinds SET e = '2026-01-01 00:00:01'",
    "UPDATE kinds SET f = '{\"a\":2}'",
    "UPDATE kinds SET c = NULL",
    "INSERT INTO kinds SELECT * FROM kinds LIMIT 1",
};

TEST_ON_BOTH(each_kind_of_value_is_something)
{
    static const char kinds[] =
        "CREATE TABLE kinds (a boolean, b bigint, c text, d numeric, e timestamp, f json);"
        "INSERT INTO kinds VALUES (true, 7, 'Ñ', 1.5, '2026-01-01', '{\"a\":1}')";
    is_passing = true;
    scratch_script(scratch, tables);
    struct table_sums before = sums_after(scratch, kinds);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct error error = {};
        test_note("%s", changes[i]);
        struct table_sums after = sums_after(scratch, changes[i]);
        bool is_scale = scratch->engine == ENGINE_SQLITE && strstr(changes[i], "1.50"); /* has none */
        CHECK(table_sums_compare(&before, &after, &error) == is_scale);
        before = after;
    }
}

static int64_t looks, looks_max;

static bool look(void *, int64_t, int64_t)
{
    return ++looks <= looks_max;
}

TEST_ON_BOTH(a_large_table_is_summed_in_pieces_and_can_be_given_up)
{
    static const char large[] =
        "CREATE TABLE large AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
        "FROM n WHERE i < 25000) SELECT i, substr('%s', 1, 800) AS filling FROM n";
    char filling[801];
    memset(filling, 'x', sizeof filling - 1);
    filling[800] = 0;
    scratch_script(scratch, tables);
    scratch_script(scratch, arena_format(scratch->arena, large, filling).data);
    struct error error = {};
    struct table_sums whole, pieces;
    const struct copy_watch watch = { look, NULL };
    looks = 0;
    looks_max = INT64_MAX;
    CHECK(take(scratch, &(struct summing){}, &whole, &error)
          && take(scratch, &(struct summing){ .watch = &watch }, &pieces, &error)
          && table_sums_compare(&whole, &pieces, &error) && whole.rows == 25'002);
    CHECK(looks > (int64_t)whole.count); /* within a table too */
    looks_max = looks - 1;
    looks = 0;
    CHECK(!take(scratch, &(struct summing){ .watch = &watch }, &pieces, &error));
    CHECK(strstr(error.about, "given up"));
}

/* ---- Told again by what was written since ---- */

/* No vacuum of the server's own: while it works on the large table, ours passes that over. */
static const char world[] =
    "CREATE TYPE colour AS ENUM ('red', 'blue');"
    "CREATE TABLE large (id bigint PRIMARY KEY, tone colour, name text, price numeric, tags text[])"
    " WITH (autovacuum_enabled = false);"
    "INSERT INTO large SELECT i, 'red', repeat('name ' || i, 20), i / 7.0, ARRAY['a', i::text]"
    " FROM generate_series(1, 200000) i;"
    "CREATE TABLE small (id bigint, note text); INSERT INTO small VALUES (1, 'a'), (1, 'a');"
    "CREATE DOMAIN word AS text; CREATE TABLE worded (w word); INSERT INTO worded VALUES ('x')";

/* Each is seen by what is told since, as it is by all told anew; nothing of it is where the map says so. */
static const char *const writes[] = {
    "UPDATE large SET name = 'other' WHERE id = 77777",
    "DELETE FROM large WHERE id BETWEEN 500 AND 600",
    "INSERT INTO large SELECT i, 'blue', 'new', i, NULL FROM generate_series(300000, 300500) i",
    "VACUUM large",
    "UPDATE large SET price = price + 1 WHERE id % 20000 = 0; VACUUM (FREEZE) large",
    "INSERT INTO small VALUES (1, 'a')",
    "DELETE FROM small WHERE ctid = (SELECT min(ctid) FROM small)",
    "UPDATE worded SET w = 'y'",
    "CREATE TABLE young (id bigint); INSERT INTO young VALUES (1)",
    "DROP TABLE young",
    "ALTER TYPE colour RENAME VALUE 'red' TO 'rojo'",
};

static struct table_baseline baseline_of(struct scratch *scratch)
{
    struct error error = {};
    struct table_baseline baseline = { scratch_connect(scratch), scratch_connect(scratch), {} };
    CHECK(table_baseline_take(&baseline, scratch->arena, NULL, &error));
    CHECK(baseline.map);
    return baseline;
}

static struct table_sums sums_now(struct scratch *scratch, const struct table_baseline *since)
{
    struct error error = {};
    struct table_sums sums = {};
    CHECK(table_sums_begin(scratch->db, &error)
          && table_sums_take(scratch->db, scratch->arena,
                             &(struct summing){ .passing = true, .since = since }, &sums, &error));
    db_rollback(scratch->db);
    return sums;
}

/* Each statement by itself: VACUUM wants no transaction around it. */
static void write_by_hand(struct scratch *scratch, const char *statements)
{
    for (struct text rest = text_from(statements); rest.length > 0;)
        scratch_script(scratch, arena_string(scratch->arena, text_cut(&rest, ';')));
}

TEST_ON_POSTGRES(what_was_written_since_is_all_that_is_told_anew)
{
    scratch_script(scratch, tables);
    scratch_script(scratch, world);
    [[gnu::cleanup(table_baseline_end)]] struct table_baseline baseline = baseline_of(scratch);
    struct table_sums before = baseline.sums;
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
        struct error error = {};
        test_note("%s", writes[i]);
        write_by_hand(scratch, writes[i]);
        struct table_sums all = sums_now(scratch, NULL), since = sums_now(scratch, &baseline);
        CHECK(table_sums_compare(&all, &since, &error) && all.rows == since.rows);
        bool is_write = !strstr(writes[i], "VACUUM") || strstr(writes[i], "UPDATE");
        CHECK(table_sums_compare(&before, &since, &error) != is_write);
        before = since;
    }
}

TEST_ON_POSTGRES(nobody_empties_or_alters_a_table_between_the_two)
{
    struct error error = {};
    scratch_script(scratch, tables);
    [[maybe_unused, gnu::cleanup(table_baseline_end)]] struct table_baseline baseline = baseline_of(scratch);
    CHECK(!db_run_script(scratch->db, &error, "SET lock_timeout = 100; TRUNCATE a"));
    CHECK(!db_run_script(scratch->db, &error, "SET lock_timeout = 100; ALTER TABLE a ADD COLUMN b text"));
}

/* How many rows of the large table are read to tell what the database holds: as PostgreSQL counts them. */
static int64_t rows_read(struct scratch *scratch, const struct table_baseline *since)
{
    static const char read[] = "SELECT pg_stat_get_xact_tuples_returned('public.large'::regclass)";
    struct error error = {};
    struct table_sums sums = {};
    CHECK(table_sums_begin(scratch->db, &error));
    int64_t before = scratch_number(scratch, read); /* what the session read lately counts too */
    CHECK(table_sums_take(scratch->db, scratch->arena, &(struct summing){ .passing = true, .since = since },
                          &sums, &error));
    int64_t after = scratch_number(scratch, read);
    db_rollback(scratch->db);
    return after - before;
}

TEST_ON_POSTGRES(it_takes_no_longer_for_a_table_that_is_larger)
{
    scratch_script(scratch, tables);
    scratch_script(scratch, world);
    scratch_script(scratch, "SET max_parallel_workers_per_gather = 0"); /* they count for themselves */
    [[gnu::cleanup(table_baseline_end)]] struct table_baseline baseline = baseline_of(scratch);
    CHECK(rows_read(scratch, &baseline) == 0);
    scratch_script(scratch, "UPDATE large SET name = 'other' WHERE id IN (1, 100000, 200000)");
    CHECK(rows_read(scratch, NULL) == 200'000);
    int64_t since = rows_read(scratch, &baseline);
    test_note("%lld rows", (long long)since);
    CHECK(since > 3 && since < 1'000); /* those of the few pages that were written to */
}

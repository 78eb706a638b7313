/* What a database holds, compared: the order of rows is nothing, each row and each value is something. */
#include "hosting/table_sums.h"
#include "scratch.h"
#include "test.h"
#include <string.h>

static const char tables[] = "CREATE TABLE nidia_schema (version bigint NOT NULL);"
                             "INSERT INTO nidia_schema VALUES (1), (7);"
                             "CREATE TABLE a (id bigint, note text)";

static struct table_sums sums_after(struct scratch *scratch, const char *change)
{
    struct error error = {};
    struct table_sums sums = {};
    scratch_script(scratch, change);
    CHECK(db_begin(scratch->db, &error) && table_sums_take(scratch->db, scratch->arena, &sums, &error));
    db_rollback(scratch->db);
    return sums;
}

static bool differs(const struct table_sums *before, const struct table_sums *after, const char *says)
{
    struct error error = {};
    return !table_sums_compare(before, after, &error) && strstr(error.about, says);
}

TEST_ON_BOTH(a_difference_is_found_and_an_order_is_none)
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

/* What SQLite's driver promises beyond db.h: who may read and
 * write the file, and what SQL may not do to it. */
#include "scratch.h"
#include "sql/driver.h"
#include "test.h"
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

TEST_ON_SQLITE(a_reader_cannot_write_and_sees_what_is_committed)
{
    scratch_script(scratch, "CREATE TABLE t (number bigint)");
    struct db *writer = scratch->db;
    CHECK(sqlite_connect(&scratch->db, scratch->place, SQLITE_READS, &error));
    CHECK(!runs(scratch, "INSERT INTO t VALUES (1)", NO_PARAMETERS));
    CHECK(error.code == ERROR_internal);
    CHECK(scratch_number(scratch, "SELECT count(*) FROM t") == 0);
    db_close(scratch->db);
    scratch->db = writer;
}

TEST_ON_SQLITE(the_file_is_its_owners_and_nothing_attaches_another)
{
    struct stat status;
    CHECK(stat(scratch->place, &status) == 0 && (status.st_mode & 0777) == 0600);
    CHECK(!runs(scratch, "ATTACH ':memory:' AS other", NO_PARAMETERS));
    static const struct {
        const char *pragma;
        int64_t value;
    } settings[] = {
        { "PRAGMA synchronous", 2 }, { "PRAGMA foreign_keys", 1 },    { "PRAGMA busy_timeout", 5000 },
        { "PRAGMA temp_store", 2 },  { "PRAGMA cell_size_check", 1 },
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        test_note("%s", settings[i].pragma);
        CHECK(scratch_number(scratch, settings[i].pragma) == settings[i].value);
    }
    struct result result;
    CHECK(run(scratch, &result, "PRAGMA journal_mode", NO_PARAMETERS)
          && text_is(result.cells[0].text, "wal"));
}

TEST_ON_SQLITE(a_full_disk_is_told_apart)
{
    scratch_script(scratch, "CREATE TABLE t (words text); PRAGMA max_page_count = 10");
    CHECK(!runs(scratch, "INSERT INTO t VALUES (hex(zeroblob(100000)))", NO_PARAMETERS));
    CHECK(error.code == ERROR_storage_full);
}

TEST_ON_SQLITE(a_second_writer_waits_for_the_first)
{
    struct db *other = scratch_connect(scratch);
    CHECK(db_run_script(other, &error, "PRAGMA busy_timeout = 1"));
    CHECK(db_begin(scratch->db, &error));
    CHECK(!db_begin(other, &error));
    CHECK(error.code == ERROR_database_unavailable);
    db_rollback(scratch->db);
    CHECK(db_begin(other, &error));
    db_rollback(other);
    db_close(other);
}

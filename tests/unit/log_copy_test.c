/* A tenant's SQLite file copied while the product writes in it: what the copy holds at the end is what the
 * file holds, whatever was written at which moment. */
#include "base/clock.h"
#include "base/file.h"
#include "hosting/host.h"
#include "hosting/log_copy.h"
#include "sql/sqlite.h"
#include "world.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct copied {
    struct hosting *hosting;
    struct hosting_call call;
    struct tenant_place from, to;
    struct db *product; /* writes in the file that is copied */
    struct log_copy copy;
    struct table_sums sums;
    const char *meanwhile; /* what the product does at each tick */
    const char *spoils;    /* done in the copy as soon as that is compared */
    int64_t ticks;
    int64_t ends_at; /* the tick at which it is given up; 0: none */
};

static const char goods[] =
    "CREATE TABLE goods (id integer PRIMARY KEY, note text, picture blob);"
    "CREATE INDEX by_note ON goods (note);"
    "WITH RECURSIVE n(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM n LIMIT 600)"
    " INSERT INTO goods (note, picture) SELECT number, randomblob(3000) FROM n";
static const char more[] = "INSERT INTO goods (note, picture) VALUES ('more', randomblob(20000));"
                           "UPDATE goods SET note = note || '!' WHERE id % 50 = 1;"
                           "DELETE FROM goods WHERE id % 97 = 2";

static void run(struct db *db, const char *sql)
{
    struct error error = {};
    CHECK(db_run_script(db, &error, sql));
    if (error.code)
        test_note("%s: %s", sql, error.about);
}

static void spoil(struct copied *copied)
{
    [[gnu::cleanup(db_cleanup)]] struct db *copy = NULL;
    CHECK(sqlite_connect(&copy, copied->copy.to, SQLITE_WRITES, copied->call.error));
    run(copy, copied->spoils);
    copied->spoils = NULL;
}

static bool tick(void *context, int64_t, int64_t total)
{
    struct copied *copied = context;
    if (copied->meanwhile)
        run(copied->product, copied->meanwhile);
    if (copied->spoils && total == 0)
        spoil(copied);
    copied->ticks++;
    return copied->ends_at == 0 || copied->ticks < copied->ends_at;
}

static struct copy_watch watch_of(struct copied *copied)
{
    return (struct copy_watch){ tick, copied, clock_monotonic_us() + INT64_C(60'000'000) };
}

static void begin(struct copied *copied, struct world *world, const char *sql)
{
    *copied = (struct copied){ .copy = LOG_COPY_NONE };
    CHECK(hosting_create(&copied->hosting, &world->options, world->site.keyring, &world->work.error));
    world->site.hosting = copied->hosting;
    copied->call = hosting_call_of(&world->work);
    copied->from = (struct tenant_place){ .name = TEXT("tenant_aaaaaaaaaaaa"), .access = ACCESS_full };
    copied->to = (struct tenant_place){ .name = TEXT("tenant_bbbbbbbbbbbb"), .access = ACCESS_full };
    CHECK(hosting_make_database(&copied->call, &copied->from)
          && hosting_enter(&copied->call, &copied->from, &copied->product));
    sqlite3_limit(sqlite_handle(copied->product), SQLITE_LIMIT_ATTACHED, 1); /* VACUUM needs one */
    run(copied->product, sql);
}

static void end(struct copied *copied)
{
    log_copy_end(&copied->copy);
    db_cleanup(&copied->product);
    error_clear(copied->call.error);
    CHECK(hosting_drop(&copied->call, &copied->from) && hosting_drop(&copied->call, &copied->to));
    hosting_destroy(copied->hosting);
}

static bool begin_copy(struct copied *copied)
{
    const struct copy_watch watch = watch_of(copied);
    return log_copy_begin(&copied->call, &copied->from, &copied->to, &watch, &copied->copy, &copied->sums);
}

static bool come_near(struct copied *copied)
{
    const struct copy_watch watch = watch_of(copied);
    return log_copy_come_near(&copied->call, &copied->copy, 60'000, &watch);
}

static bool finish(struct copied *copied)
{
    const struct copy_watch watch = watch_of(copied);
    return log_copy_finish(&copied->call, &copied->copy, &watch);
}

static bool says(const struct copied *copied, const char *words)
{
    return strstr(copied->call.error->about, words) != NULL;
}

static int64_t number(struct copied *copied, struct db *db, const char *sql)
{
    struct result result;
    CHECK(db_run(db, copied->call.arena, &result, copied->call.error, sql, NO_PARAMETERS));
    return cell_integer(result.cells[0]);
}

static bool is_whole(struct copied *copied, struct db *db)
{
    struct result result;
    return db_run(db, copied->call.arena, &result, copied->call.error, "PRAGMA integrity_check",
                  NO_PARAMETERS)
        && text_is(cell_text(result.cells[0]), "ok");
}

static void check_same(struct copied *copied)
{
    [[gnu::cleanup(db_cleanup)]] struct db *copy = NULL;
    struct table_sums from, to;
    const struct summing summing = {};
    log_copy_end(&copied->copy);
    error_clear(copied->call.error);
    CHECK(hosting_sum(&copied->call, &copied->from, &summing, &from)
          && hosting_sum(&copied->call, &copied->to, &summing, &to)
          && table_sums_compare(&from, &to, copied->call.error));
    CHECK(hosting_enter(&copied->call, &copied->to, &copy));
    CHECK(is_whole(copied, copy));
    for (const char *const *sql =
             (const char *const[]){ "PRAGMA page_count", "PRAGMA freelist_count", "PRAGMA page_size",
                                    "PRAGMA schema_version", "PRAGMA user_version", NULL };
         *sql; sql++)
        CHECK(number(copied, copied->product, *sql) == number(copied, copy, *sql));
}

static void copy_while(struct world *world, const char *at_first, const char *meanwhile, const char *then)
{
    struct copied copied;
    begin(&copied, world, goods);
    run(copied.product, at_first);
    copied.meanwhile = meanwhile;
    CHECK(begin_copy(&copied) && copied.ticks > 0);
    copied.meanwhile = NULL;
    run(copied.product, then);
    CHECK(come_near(&copied));
    run(copied.product, more);
    CHECK(come_near(&copied));
    run(copied.product, then);
    CHECK(finish(&copied));
    check_same(&copied);
    end(&copied);
}

static void on_sqlite(void (*test)(struct world *world))
{
    world_run(ENGINE_SQLITE, test);
}

static void written_all_the_time(struct world *world)
{
    copy_while(world, "", more, more);
    copy_while(world, more, "", "");
    copy_while(world, "PRAGMA wal_checkpoint(PASSIVE)", "PRAGMA wal_checkpoint(PASSIVE)", more);
    copy_while(world, "PRAGMA wal_checkpoint(TRUNCATE)", "", more);
    copy_while(world, "PRAGMA wal_checkpoint(TRUNCATE)", more, "PRAGMA wal_checkpoint(PASSIVE)");
}

TEST(what_is_written_while_a_file_is_copied_comes_along)
{
    on_sqlite(written_all_the_time);
}

static void grown_and_shrunk(struct world *world)
{
    copy_while(world,
               "PRAGMA page_size = 8192; PRAGMA journal_mode = DELETE; VACUUM; PRAGMA journal_mode = WAL",
               more, more);
    copy_while(world, "DELETE FROM goods WHERE id > 100", "", "VACUUM; PRAGMA user_version = 7");
    copy_while(world, "", "CREATE TABLE IF NOT EXISTS later AS SELECT * FROM goods",
               "DELETE FROM goods; VACUUM");
}

TEST(a_file_that_grows_or_shrinks_or_has_other_pages_is_copied)
{
    on_sqlite(grown_and_shrunk);
}

/* All of the log stands in the file by the moment that is copied, so that the next writer begins it anew. */
static void begun_anew(struct world *world)
{
    struct copied copied;
    begin(&copied, world, goods);
    run(copied.product, "PRAGMA wal_checkpoint(PASSIVE)");
    CHECK(begin_copy(&copied) && come_near(&copied));
    CHECK(copied.copy.log.applied > 0);
    int64_t before = copied.copy.log.applied;
    run(copied.product, "UPDATE goods SET note = 'anew' WHERE id = 3");
    CHECK(come_near(&copied) && copied.copy.log.applied < before);
    run(copied.product, more);
    CHECK(finish(&copied));
    check_same(&copied);
    end(&copied);
}

TEST(a_log_that_is_begun_anew_is_read_from_its_beginning)
{
    on_sqlite(begun_anew);
}

static void kept_out(struct world *world)
{
    struct copied copied;
    struct error error = {};
    begin(&copied, world, goods);
    CHECK(begin_copy(&copied) && come_near(&copied) && finish(&copied));
    CHECK(number(&copied, copied.product, "SELECT count(*) FROM goods") == 600); /* he reads */
    sqlite3_busy_timeout(sqlite_handle(copied.product), 0);
    CHECK(!db_run_script(copied.product, &error, "CREATE TABLE later (id integer)"));
    log_copy_end(&copied.copy);
    run(copied.product, "CREATE TABLE later (id integer)");
    end(&copied);
}

TEST(nobody_writes_from_the_end_of_a_copy_to_the_switch)
{
    on_sqlite(kept_out);
}

static void spoilt_copy(struct world *world)
{
    struct copied copied;
    begin(&copied, world, goods);
    copied.spoils = "UPDATE goods SET note = 'spoilt' WHERE id = 5";
    CHECK(!begin_copy(&copied) && says(&copied, "rows of table goods differ in the copy"));
    end(&copied);
}

TEST(a_row_that_differs_in_a_copy_of_a_file_is_found)
{
    on_sqlite(spoilt_copy);
}

static void flip_last_byte(const char *path)
{
    [[gnu::cleanup(file_cleanup)]] int file = open(path, O_RDWR | O_CLOEXEC);
    off_t at = lseek(file, -1, SEEK_END);
    unsigned char byte;
    CHECK(pread(file, &byte, 1, at) == 1);
    byte ^= 1;
    CHECK(pwrite(file, &byte, 1, at) == 1);
}

static void spoilt_log(struct world *world)
{
    struct copied copied;
    begin(&copied, world, "PRAGMA wal_checkpoint(TRUNCATE)");
    run(copied.product, goods);
    CHECK(begin_copy(&copied));
    flip_last_byte(copied.copy.log.path);
    CHECK(!come_near(&copied) && says(&copied, "is not whole"));
    end(&copied);
}

TEST(a_log_that_is_not_what_was_written_is_not_followed)
{
    on_sqlite(spoilt_log);
}

static void given_up(struct world *world)
{
    struct copied copied;
    begin(&copied, world, goods);
    CHECK(begin_copy(&copied) && come_near(&copied));
    run(copied.product, more);
    copied.ends_at = 1;
    copied.ticks = 0;
    CHECK(!finish(&copied) && says(&copied, "given up"));
    log_copy_end(&copied.copy);
    run(copied.product, more); /* the tenant is at work again */
    copied.ends_at = 0;
    CHECK(begin_copy(&copied) && finish(&copied));
    check_same(&copied);
    end(&copied);
}

TEST(a_copy_that_takes_too_long_lets_the_writers_in_again)
{
    on_sqlite(given_up);
}

static void without_log(struct world *world)
{
    struct copied copied;
    begin(&copied, world, goods);
    run(copied.product, "PRAGMA journal_mode = DELETE");
    run(copied.product, "BEGIN; SELECT count(*) FROM goods");
    CHECK(!begin_copy(&copied));
    end(&copied);
}

TEST(a_file_that_somebody_keeps_without_a_log_is_not_copied)
{
    on_sqlite(without_log);
}

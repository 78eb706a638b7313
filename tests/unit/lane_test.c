/* The one lane that writes on SQLite: who shares a batch shares its commit, and nothing else. */
#include "base/clock.h"
#include "base/metrics.h"
#include "scratch.h"
#include "test.h"
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

/* One write in the lane, and what became of it. */
struct piece {
    struct write write;
    const char *script;
    bool refuses;
    sem_t *gate; /* holds the lane until it is raised */
    sem_t begun, finished;
    bool kept;
    struct error error;
};

static bool piece_run(struct write *write, struct db *db)
{
    struct piece *piece = (struct piece *)write;
    int64_t over_us = clock_monotonic_us() + LANE_BATCH_MS * 1000;
    sem_post(&piece->begun);
    if (piece->gate) {
        sem_wait(piece->gate);
        while (clock_monotonic_us() < over_us)
            ; /* its batch takes no more */
    }
    return (!piece->script || db_run_script(db, &piece->error, piece->script)) && !piece->refuses;
}

static void piece_done(struct write *write, const struct error *lost)
{
    struct piece *piece = (struct piece *)write;
    if (lost)
        piece->error = *lost;
    piece->kept = write->kept && !lost;
    sem_post(&piece->finished);
}

static void piece_begin(struct piece *piece, struct database *database)
{
    piece->write = (struct write){ .run = piece_run, .done = piece_done };
    sem_init(&piece->begun, 0, 0);
    sem_init(&piece->finished, 0, 0);
    CHECK(database_submit(database, &piece->write));
}

static void piece_end(struct piece *piece)
{
    sem_wait(&piece->finished);
    sem_destroy(&piece->begun);
    sem_destroy(&piece->finished);
}

static struct database *open_database(struct scratch *scratch)
{
    scratch_script(scratch, "CREATE TABLE t (number bigint CONSTRAINT t_number_key UNIQUE)");
    struct database_options options = scratch_options(scratch);
    struct error error = {};
    struct database *database;
    if (!database_open(&database, &options, &error)) {
        puts(error.about);
        abort();
    }
    return database;
}

/* They wait together behind one that holds the lane, and so become one batch. */
static void run_together(struct database *database, struct piece *pieces, size_t piece_count)
{
    sem_t gate;
    sem_init(&gate, 0, 0);
    struct piece first = { .gate = &gate };
    piece_begin(&first, database);
    sem_wait(&first.begun);
    for (size_t i = 0; i < piece_count; i++)
        piece_begin(&pieces[i], database);
    CHECK(database_queue_depth(database) == piece_count);
    sem_post(&gate);
    piece_end(&first);
    CHECK(first.kept);
    for (size_t i = 0; i < piece_count; i++)
        piece_end(&pieces[i]);
    sem_destroy(&gate);
}

TEST_ON_SQLITE(one_that_fails_in_a_batch_leaves_the_others)
{
    struct database *database = open_database(scratch);
    struct piece pieces[] = {
        { .script = "INSERT INTO t VALUES (1)" },
        { .script = "INSERT INTO t VALUES (2)", .refuses = true },
        { .script = "INSERT INTO t VALUES (3); INSERT INTO t VALUES (3)" },
        { .script = "INSERT INTO t VALUES (4)" },
    };
    int64_t batches = metric_read(METRIC_lane_batches_total), writes = metric_read(METRIC_lane_writes_total);
    run_together(database, pieces, 4);
    CHECK(metric_read(METRIC_lane_batches_total) > batches
          && metric_read(METRIC_lane_writes_total) == writes + 5);
    CHECK(pieces[0].kept && !pieces[1].kept && !pieces[2].kept && pieces[3].kept);
    CHECK(pieces[1].error.code == ERROR_none && pieces[2].error.code == ERROR_internal);
    CHECK(scratch_number(scratch, "SELECT count(*) FROM t") == 2);
    CHECK(scratch_number(scratch, "SELECT CAST(sum(number) AS bigint) FROM t") == 5);
    database_close(database);
}

TEST_ON_SQLITE(a_batch_whose_transaction_is_gone_is_told_so)
{
    struct database *database = open_database(scratch);
    int64_t kept = 0;
    bool shared = false;
    for (int i = 0; i < 100 && !shared; i++) { /* a slow machine may make a batch of each */
        struct piece pieces[] = {
            { .script = "INSERT INTO t SELECT count(*) FROM t" },
            { .script = "ROLLBACK" }, /* as SQLite does by itself where the disk fails */
            { .script = "INSERT INTO t SELECT count(*) FROM t" },
        };
        run_together(database, pieces, 3);
        shared = !pieces[0].kept;
        kept += pieces[0].kept + pieces[2].kept;
        CHECK(!shared || pieces[0].error.code == ERROR_database_unavailable);
        CHECK(!pieces[1].kept && pieces[1].error.code == ERROR_database_unavailable);
        CHECK(pieces[2].kept);
    }
    CHECK(shared && scratch_number(scratch, "SELECT count(*) FROM t") == kept);
    database_close(database);
}

TEST_ON_SQLITE(a_full_disk_refuses_the_write_and_what_follows_goes_on)
{
    struct database *database = open_database(scratch);
    struct piece limit = { .script = "CREATE TABLE words (words text); PRAGMA max_page_count = 20" };
    struct piece large = { .script = "INSERT INTO words VALUES (hex(zeroblob(100000)))" };
    struct piece small = { .script = "INSERT INTO t VALUES (1)" };
    run_together(database, &limit, 1);
    run_together(database, &large, 1);
    run_together(database, &small, 1);
    CHECK(limit.kept && !large.kept && large.error.code == ERROR_storage_full);
    CHECK(small.kept && scratch_number(scratch, "SELECT count(*) FROM t") == 1);
    database_close(database);
}

TEST_ON_SQLITE(a_write_waits_for_no_other)
{
    struct database *database = open_database(scratch);
    struct piece alone = { .script = "INSERT INTO t VALUES (1)" };
    piece_begin(&alone, database);
    piece_end(&alone);
    CHECK(alone.kept && database_queue_depth(database) == 0);
    CHECK(scratch_number(scratch, "SELECT count(*) FROM t") == 1);
    database_close(database);
}

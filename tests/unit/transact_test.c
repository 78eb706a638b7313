/* The one door for writing: what is kept, what is undone, who is told, and what is done again. */
#include "base/clock.h"
#include "record/site.h"
#include "record/transact.h"
#include "scratch.h"
#include "sql/database.h"
#include "test.h"
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A process in small: a database with one table, and a unit of work. */
struct world {
    struct scratch *scratch;
    struct site site;
    struct work work;
    int runs;
    char applied[16]; /* by effects, in order */
    int64_t rows_seen;
};

static void world_begin(struct world *world, struct scratch *scratch)
{
    scratch_script(scratch, "CREATE TABLE t (number bigint CONSTRAINT t_number_key UNIQUE);"
                            "CREATE TABLE counters (number bigint); INSERT INTO counters VALUES (0)");
    *world = (struct world){ .scratch = scratch };
    struct database_options options = scratch_options(scratch);
    struct error error = {};
    struct db *db;
    if (!database_open(&world->site.database, &options, &error)
        || !database_connect(world->site.database, &db, &error)) {
        puts(error.about);
        abort();
    }
    world->work = work_of_system(&world->site, arena_create(), db, 0);
}

static void world_end(struct world *world)
{
    database_close(world->site.database);
    db_close(world->work.db);
    arena_destroy(world->work.arena);
}

static int64_t count(struct world *world)
{
    return scratch_number(world->scratch, "SELECT count(*) FROM t");
}

static bool run(struct work *work, const char *sql, const struct value *parameters, size_t parameter_count)
{
    struct result ignored;
    return db_run(work->db, work->arena, &ignored, &work->error, sql, parameters, parameter_count);
}

static bool insert(struct work *work, int64_t number)
{
    return run(work, "INSERT INTO t VALUES ($1)", PARAMETERS(value_integer(number)));
}

static struct world *world_of(struct work *work)
{
    return (struct world *)((char *)work - offsetof(struct world, work));
}

static void note_letter(struct work *work, void *data)
{
    struct world *world = world_of(work);
    struct result result;
    strncat(world->applied, data, 1);
    CHECK(db_run(work->db, work->arena, &result, &work->error, "SELECT count(*) FROM t", NO_PARAMETERS));
    world->rows_seen = cell_integer(result.cells[0]);
}

static bool insert_with_effects(struct work *work, void *data)
{
    world_of(work)->runs++;
    work_after_commit(work, note_letter, "a");
    work_after_commit(work, note_letter, "b");
    return work->transacting && insert(work, *(int64_t *)data);
}

TEST_ON_BOTH(what_was_committed_is_seen_by_effects_in_their_order)
{
    struct world world;
    world_begin(&world, scratch);
    struct db *db = world.work.db;
    int64_t number = 7;
    CHECK(db_transact(&world.work, insert_with_effects, &number));
    CHECK(count(&world) == 1 && strcmp(world.applied, "ab") == 0 && world.rows_seen == 1);
    CHECK(!world.work.transacting && !world.work.effects && world.work.db == db);

    /* The same again breaks a rule: nothing is left, and nobody is told. */
    CHECK(!db_transact(&world.work, insert_with_effects, &number));
    CHECK(world.work.error.code == ERROR_internal);
    CHECK(count(&world) == 1 && strcmp(world.applied, "ab") == 0 && world.runs == 2);
    CHECK(!world.work.transacting && !world.work.effects && world.work.db == db);
    world_end(&world);
}

static bool insert_and_refuse(struct work *work, void *)
{
    work_after_commit(work, note_letter, "x");
    return insert(work, 1) && insert(work, 2) && fail_at(&work->error, "/slug", ERROR_taken, "%s", "slug");
}

static bool insert_outside_and_inside(struct work *work, void *data)
{
    int64_t inner = 11;
    return insert_with_effects(work, data) && db_transact(work, insert_with_effects, &inner)
        && db_transact(work, insert_and_refuse, NULL);
}

TEST_ON_BOTH(a_refusal_undoes_all_and_keeps_its_reason)
{
    struct world world;
    world_begin(&world, scratch);
    int64_t number = 10;
    CHECK(!db_transact(&world.work, insert_and_refuse, NULL));
    CHECK(world.work.error.code == ERROR_invalid_body && world.work.error.fault_count == 1);
    CHECK(!db_transact(&world.work, insert_outside_and_inside, &number));
    CHECK(count(&world) == 0 && world.applied[0] == '\0');
    CHECK(db_transact(&world.work, insert_with_effects, &number));
    CHECK(world.work.error.code == ERROR_none);
    world_end(&world);
}

enum { THREADS = 8, STEPS = 25 };

static bool increment(struct work *work, void *)
{
    return run(work, "UPDATE counters SET number = number + 1", NO_PARAMETERS);
}

static void *increment_often(void *argument)
{
    struct world *world = argument;
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct error error = {};
    struct db *db;
    if (!database_connect(world->site.database, &db, &error))
        return NULL;
    struct work work = work_of_system(&world->site, arena, db, 0);
    intptr_t good = 0;
    for (int i = 0; i < STEPS; i++)
        good += db_transact(&work, increment, NULL);
    db_close(db);
    return (void *)good;
}

TEST_ON_BOTH(threads_write_at_the_same_time)
{
    struct world world;
    world_begin(&world, scratch);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, increment_often, &world) == 0);
    for (int i = 0; i < THREADS; i++) {
        void *good;
        CHECK(pthread_join(threads[i], &good) == 0 && (intptr_t)good == STEPS);
    }
    CHECK(scratch_number(scratch, "SELECT number FROM counters") == THREADS * STEPS);
    world_end(&world);
}

/* One piece of work in the lane, and what became of it. */
struct piece {
    struct world world; /* shares its database with the test's */
    const char *script;
    bool refuses;
    sem_t *gate; /* holds the lane until it is raised */
    sem_t begun, finished;
    bool kept;
};

static bool run_piece(struct work *work, void *data)
{
    struct piece *piece = data;
    int64_t over_us = clock_monotonic_us() + LANE_BATCH_MS * 1000;
    sem_post(&piece->begun);
    if (piece->gate) {
        sem_wait(piece->gate);
        while (clock_monotonic_us() < over_us)
            ; /* its batch takes no more */
    }
    if (piece->script && !db_run_script(work->db, &work->error, piece->script))
        return false;
    return !piece->refuses || fail(&work->error, ERROR_conflict, "%s", "refused");
}

static void piece_done(struct work *, bool kept, void *data)
{
    struct piece *piece = data;
    piece->kept = kept;
    sem_post(&piece->finished);
}

static bool piece_submit(struct piece *piece, struct world *world)
{
    piece->world.work = world->work;
    piece->world.work.arena = arena_create();
    sem_init(&piece->begun, 0, 0);
    sem_init(&piece->finished, 0, 0);
    return db_transact_later(&piece->world.work, run_piece, piece_done, piece);
}

/* Returns whether it was kept. */
static bool piece_end(struct piece *piece)
{
    sem_wait(&piece->finished);
    sem_destroy(&piece->begun);
    sem_destroy(&piece->finished);
    arena_destroy(piece->world.work.arena);
    return piece->kept;
}

/* All but the first wait together behind it, and so become one batch. */
static void run_pieces(struct world *world, struct piece *pieces, size_t piece_count)
{
    sem_t gate;
    sem_init(&gate, 0, 0);
    struct piece first = { .gate = &gate };
    CHECK(piece_submit(&first, world));
    sem_wait(&first.begun);
    for (size_t i = 0; i < piece_count; i++)
        CHECK(piece_submit(&pieces[i], world));
    CHECK(database_queue_depth(world->site.database) == piece_count);
    sem_post(&gate);
    CHECK(piece_end(&first));
    for (size_t i = 0; i < piece_count; i++)
        piece_end(&pieces[i]);
    sem_destroy(&gate);
}

TEST_ON_SQLITE(one_that_fails_in_a_batch_leaves_the_others)
{
    struct world world;
    world_begin(&world, scratch);
    struct piece pieces[] = {
        { .script = "INSERT INTO t VALUES (1)" },
        { .script = "INSERT INTO t VALUES (2)", .refuses = true },
        { .script = "INSERT INTO t VALUES (3); INSERT INTO t VALUES (3)" },
        { .script = "INSERT INTO t VALUES (4)" },
    };
    run_pieces(&world, pieces, 4);
    CHECK(pieces[0].kept && !pieces[1].kept && !pieces[2].kept && pieces[3].kept);
    CHECK(pieces[1].world.work.error.code == ERROR_conflict);
    CHECK(pieces[2].world.work.error.code == ERROR_internal);
    CHECK(count(&world) == 2 && scratch_number(scratch, "SELECT sum(number) FROM t") == 5);
    world_end(&world);
}

TEST_ON_SQLITE(a_batch_whose_transaction_is_gone_is_told_so)
{
    struct world world;
    world_begin(&world, scratch);
    int64_t kept = 0;
    bool shared = false;
    for (int i = 0; i < 100 && !shared; i++) { /* a slow machine may make a batch of each */
        struct piece pieces[] = {
            { .script = "INSERT INTO t SELECT count(*) FROM t" },
            { .script = "ROLLBACK" }, /* as SQLite does by itself where the disk fails */
            { .script = "INSERT INTO t SELECT count(*) FROM t" },
        };
        run_pieces(&world, pieces, 3);
        shared = !pieces[0].kept;
        kept += pieces[0].kept + pieces[2].kept;
        CHECK(!shared || pieces[0].world.work.error.code == ERROR_database_unavailable);
        CHECK(!pieces[1].kept && pieces[1].world.work.error.code == ERROR_database_unavailable);
        CHECK(pieces[2].kept);
    }
    CHECK(shared && count(&world) == kept);
    world_end(&world);
}

TEST_ON_SQLITE(a_full_disk_refuses_the_write_and_what_follows_goes_on)
{
    struct world world;
    world_begin(&world, scratch);
    struct piece limit = { .script = "CREATE TABLE words (words text); PRAGMA max_page_count = 20" };
    run_pieces(&world, &limit, 1);
    struct piece large = { .script = "INSERT INTO words VALUES (hex(zeroblob(100000)))" };
    run_pieces(&world, &large, 1);
    CHECK(!large.kept && large.world.work.error.code == ERROR_storage_full);
    struct piece small = { .script = "INSERT INTO t VALUES (1)" };
    run_pieces(&world, &small, 1);
    CHECK(small.kept && count(&world) == 1);
    world_end(&world);
}

static void count_done(struct work *, bool kept, void *data)
{
    *(int *)data += kept;
}

static bool count_run(struct work *, void *)
{
    return true;
}

TEST_ON_SQLITE(a_full_queue_refuses_and_is_worked_off_at_the_end)
{
    struct world world;
    world_begin(&world, scratch);
    sem_t gate;
    sem_init(&gate, 0, 0);
    struct piece first = { .gate = &gate };
    CHECK(piece_submit(&first, &world));
    sem_wait(&first.begun);
    static struct work works[LANE_QUEUE_MAX];
    int done = 0;
    for (size_t i = 0; i < LANE_QUEUE_MAX; i++) {
        works[i] = world.work;
        CHECK(db_transact_later(&works[i], count_run, count_done, &done));
    }
    CHECK(!db_transact(&world.work, count_run, NULL));
    CHECK(world.work.error.code == ERROR_overloaded && world.work.error.retry_after_seconds == 1);
    sem_post(&gate);
    CHECK(piece_end(&first));
    world_end(&world);
    CHECK(done == LANE_QUEUE_MAX);
    sem_destroy(&gate);
}

/* The first run reads, then somebody else writes what it read. */
static bool raise_as_read(struct work *work, void *)
{
    struct world *world = world_of(work);
    struct result result;
    work_after_commit(work, note_letter, "r");
    if (!db_run_script(work->db, &work->error, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        || !db_run(work->db, work->arena, &result, &work->error, "SELECT number FROM counters",
                   NO_PARAMETERS))
        return false;
    if (world->runs++ == 0)
        scratch_script(world->scratch, "UPDATE counters SET number = 100");
    return run(work, "UPDATE counters SET number = $1",
               PARAMETERS(value_integer(cell_integer(result.cells[0]) + 1)));
}

TEST_ON_POSTGRES(a_serialisation_failure_is_run_again)
{
    struct world world;
    world_begin(&world, scratch);
    CHECK(db_transact(&world.work, raise_as_read, NULL));
    CHECK(world.runs == 2 && strcmp(world.applied, "r") == 0 && world.work.error.code == ERROR_none);
    CHECK(scratch_number(scratch, "SELECT number FROM counters") == 101);
    world_end(&world);
}

static bool collide(struct work *work, void *)
{
    world_of(work)->runs++;
    return insert(work, 1)
        && db_run_script(work->db, &work->error, "DO $$ BEGIN RAISE deadlock_detected; END $$");
}

TEST_ON_POSTGRES(what_always_collides_is_given_up)
{
    struct world world;
    world_begin(&world, scratch);
    CHECK(!db_transact(&world.work, collide, NULL));
    CHECK(world.runs == 4 && world.work.error.code == ERROR_database_unavailable);
    CHECK(count(&world) == 0);
    world_end(&world);
}

static bool lose_the_first(struct work *work, void *)
{
    if (!insert(work, 1))
        return false;
    return world_of(work)->runs++ > 0
        || run(work, "SELECT pg_terminate_backend(pg_backend_pid())", NO_PARAMETERS);
}

TEST_ON_POSTGRES(a_connection_lost_before_commit_is_made_again)
{
    struct world world;
    world_begin(&world, scratch);
    CHECK(db_transact(&world.work, lose_the_first, NULL));
    CHECK(world.runs == 2 && count(&world) == 1);
    world_end(&world);
}

static bool insert_one(struct work *work, void *)
{
    world_of(work)->runs++;
    return insert(work, 1);
}

TEST_ON_POSTGRES(what_may_have_been_committed_is_not_run_again)
{
    struct world world;
    world_begin(&world, scratch);
    scratch_script(scratch, "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS "
                            "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;"
                            "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED "
                            "FOR EACH ROW EXECUTE FUNCTION die()");
    CHECK(!db_transact(&world.work, insert_one, NULL));
    CHECK(world.runs == 1 && world.work.error.code == ERROR_outcome_unknown);
    world_end(&world);
}

static int changes[2];

static void first_changed(struct work *, struct text id)
{
    changes[0] += text_is(id, "x");
}

static void second_changed(struct work *, struct text id)
{
    changes[1] += text_is(id, "x");
}

TEST(a_change_reaches_every_watcher_of_its_table)
{
    static const char tables[2]; /* two addresses */
    const struct table *one = (const struct table *)&tables[0], *two = (const struct table *)&tables[1];
    const struct watcher here[] = { { two, second_changed }, { one, first_changed }, {} };
    const struct watcher there[] = { { one, first_changed }, {} };
    const struct watcher *const watchers[] = { here, there, NULL };
    struct site site = { .watchers = watchers };
    struct work work = work_of_system(&site, NULL, NULL, 0);
    site_row_changed(&work, one, TEXT("x"));
    CHECK(changes[0] == 2 && changes[1] == 0);
    site_row_changed(&work, two, TEXT("x"));
    CHECK(changes[0] == 2 && changes[1] == 1);
}

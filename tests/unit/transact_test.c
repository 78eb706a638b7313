/* The one door for writing: what is kept, what is undone, and who is told. */
#include "test.h"
#include "transact_world.h"
#include <pthread.h>
#include <string.h>

static bool insert_with_effects(struct work *work, void *data)
{
    world_of(work)->runs++;
    work_after_commit(work, world_note, &world_letters[0]);
    work_after_commit(work, world_note, &world_letters[1]);
    return work->transacting && work_insert(work, *(int64_t *)data);
}

TEST_ON_BOTH(what_was_committed_is_seen_by_effects_in_their_order)
{
    struct world world;
    world_begin(&world, scratch);
    struct db *db = world.work.db;
    int64_t number = 7;
    CHECK(db_transact(&world.work, insert_with_effects, &number));
    CHECK(world_count(&world) == 1 && strcmp(world.applied, "ab") == 0 && world.rows_seen == 1);
    CHECK(!world.work.transacting && !world.work.effects && world.work.db == db);

    /* The same again breaks a rule: nothing is left, and nobody is told. */
    CHECK(!db_transact(&world.work, insert_with_effects, &number));
    CHECK(world.work.error.code == ERROR_internal);
    CHECK(world_count(&world) == 1 && strcmp(world.applied, "ab") == 0 && world.runs == 2);
    CHECK(!world.work.transacting && !world.work.effects && world.work.db == db);
    world_end(&world);
}

static bool insert_and_refuse(struct work *work, void *)
{
    work_after_commit(work, world_note, &world_letters[2]);
    return work_insert(work, 1) && work_insert(work, 2)
        && fail_at(&work->error, "/slug", ERROR_taken, "%s", "slug");
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
    CHECK(world_count(&world) == 0 && world.applied[0] == '\0');
    CHECK(db_transact(&world.work, insert_with_effects, &number));
    CHECK(world.work.error.code == ERROR_none);
    world_end(&world);
}

enum { THREADS = 8, STEPS = 25 };

static bool increment(struct work *work, void *)
{
    return work_run(work, "UPDATE counters SET number = number + 1", NO_PARAMETERS);
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

/* Holds the lane until it is raised. */
struct gate {
    sem_t reached, raised;
};

static bool wait_at_gate(struct work *, void *data)
{
    struct gate *gate = data;
    sem_post(&gate->reached);
    return sem_wait(&gate->raised) == 0;
}

static void ignore_done(struct work *, bool, void *)
{
}

static bool do_nothing(struct work *, void *)
{
    return true;
}

static void count_kept(struct work *, bool kept, void *data)
{
    *(int *)data += kept;
}

TEST_ON_SQLITE(a_full_queue_refuses_and_is_worked_off_at_the_end)
{
    struct world world;
    world_begin(&world, scratch);
    struct gate gate;
    sem_init(&gate.reached, 0, 0);
    sem_init(&gate.raised, 0, 0);
    struct work first = world.work;
    first.arena = arena_create(); /* in the lane while the others are queued from here */
    CHECK(db_transact_later(&first, wait_at_gate, ignore_done, &gate));
    sem_wait(&gate.reached);

    static struct work works[LANE_QUEUE_MAX];
    int kept = 0;
    for (size_t i = 0; i < LANE_QUEUE_MAX; i++) {
        works[i] = world.work;
        CHECK(db_transact_later(&works[i], do_nothing, count_kept, &kept));
    }
    CHECK(!db_transact(&world.work, do_nothing, NULL));
    CHECK(world.work.error.code == ERROR_overloaded && world.work.error.retry_after_seconds == 1);
    sem_post(&gate.raised);
    world_end(&world);
    CHECK(kept == LANE_QUEUE_MAX);
    arena_destroy(first.arena);
    sem_destroy(&gate.reached);
    sem_destroy(&gate.raised);
}

static bool insert_eight(struct work *work, void *)
{
    work_after_commit(work, world_note, &world_letters[0]);
    return work_insert(work, 8);
}

static void raise_when_applied(struct work *work, bool kept, void *data)
{
    struct world *world = data;
    world->runs += kept && work->db == world->work.db; /* its own again */
    sem_post(&world->finished);
}

TEST_ON_SQLITE(what_is_queued_is_told_after_its_effects)
{
    struct world world;
    world_begin(&world, scratch);
    sem_init(&world.finished, 0, 0);
    CHECK(db_transact_later(&world.work, insert_eight, raise_when_applied, &world));
    sem_wait(&world.finished);
    CHECK(world.runs == 1 && strcmp(world.applied, "a") == 0 && world_count(&world) == 1);
    sem_destroy(&world.finished);
    world_end(&world);
}

static uint64_t version_in_effect;

static void note_version(struct work *work, void *)
{
    version_in_effect = database_version(work->site->database);
}

static bool insert_and_note_version(struct work *work, void *)
{
    work_after_commit(work, note_version, NULL);
    return work_insert(work, 9);
}

/* What is told while effects are under way may be of what they are about to take out of memory. */
TEST_ON_SQLITE(what_is_read_during_effects_is_good_for_nothing_behind_them)
{
    struct world world;
    world_begin(&world, scratch);
    uint64_t before = database_version(world.site.database);
    CHECK(db_transact(&world.work, insert_and_note_version, NULL));
    CHECK(version_in_effect > before && database_version(world.site.database) > version_in_effect);
    world_end(&world);
}

static int changes[2];

static bool first_changed(struct work *, struct text id)
{
    changes[0] += text_is(id, "x");
    return true;
}

static bool second_changed(struct work *work, struct text id)
{
    changes[1] += text_is(id, "x");
    return fail(&work->error, ERROR_database_unavailable, "");
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
    CHECK(site_row_changed(&work, one, TEXT("x")));
    CHECK(changes[0] == 2 && changes[1] == 0);
    CHECK(!site_row_changed(&work, two, TEXT("x")) && work.error.code == ERROR_none);
    CHECK(changes[0] == 2 && changes[1] == 1);
}

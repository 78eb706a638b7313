/* Periodic work: of all nodes one does it, at its time; and what is cleaned away. */
#include "jobs/cleaning.h"
#include "jobs/schedule.h"
#include "world.h"
#include <pthread.h>

static int runs;
static bool refusing;

static bool count(struct work *work)
{
    runs++;
    return !refusing || fail(&work->error, ERROR_conflict, "%s", "not today");
}

static const struct periodic mine[] = { { "count", 60, false, count }, { "own", 60, true, count }, {} };
static const struct periodic *const lists[] = { mine, NULL };

static bool run_one(struct world *world)
{
    bool ran = false;
    CHECK(schedule_run_due(&world->work, lists, &ran));
    return ran;
}

static struct schedule schedule_of(struct world *world, const char *name)
{
    struct schedule row = {};
    CHECK(store_find(&world->work, &schedules_table, text_from(name), row.cells));
    return row;
}

TEST_IN_WORLD(a_schedule_is_kept_once_an_interval)
{
    runs = 0;
    refusing = false;
    CHECK(schedule_seed(&world->work, lists) && schedule_seed(&world->work, lists));
    CHECK(world_number(world, "SELECT count(*) FROM schedules") == 1); /* each node's own stands nowhere */
    CHECK(run_one(world) && !run_one(world) && runs == 1);
    struct schedule row = schedule_of(world, "count");
    CHECK(row.next_run_at.integer == world->work.now + 60'000
          && row.last_finished_at.integer == world->work.now);
    world->work.now += 59'999;
    CHECK(!run_one(world));
    world->work.now += 1;
    CHECK(run_one(world) && runs == 2);
}

TEST_IN_WORLD(a_failure_is_told_and_the_next_run_comes_in_its_time)
{
    runs = 0;
    refusing = true;
    CHECK(schedule_seed(&world->work, lists) && run_one(world));
    CHECK(text_is(cell_text(schedule_of(world, "count").last_error), "conflict: not today")
          && !run_one(world));
    refusing = false;
    world->work.now += 60'000;
    CHECK(run_one(world) && schedule_of(world, "count").last_error.kind == VALUE_NULL);
}

TEST_IN_WORLD(a_new_interval_is_taken_over_and_an_unknown_schedule_left_alone)
{
    static const struct periodic faster[] = { { "count", 5, false, count }, {} };
    static const struct periodic *const faster_lists[] = { faster, NULL }, *const no_lists[] = { NULL };
    bool ran;
    CHECK(schedule_seed(&world->work, lists) && schedule_seed(&world->work, faster_lists));
    CHECK(schedule_of(world, "count").every_seconds.integer == 5);
    CHECK(schedule_run_due(&world->work, no_lists, &ran) && !ran);
}

struct node {
    pthread_t thread;
    struct work *work;
    bool ran;
};

static void *run_in_a_thread(void *data)
{
    struct node *node = data;
    if (!schedule_run_due(node->work, lists, &node->ran))
        node->ran = false;
    return NULL;
}

TEST_IN_WORLD(of_many_nodes_exactly_one_does_it)
{
    enum { NODES = 6 };
    struct node nodes[NODES];
    refusing = false;
    CHECK(schedule_seed(&world->work, lists));
    for (int i = 0; i < NODES; i++) {
        nodes[i] = (struct node){ .work = world_add_work(world) };
        pthread_create(&nodes[i].thread, NULL, run_in_a_thread, &nodes[i]);
    }
    int ran = 0;
    for (int i = 0; i < NODES; i++) {
        pthread_join(nodes[i].thread, NULL);
        ran += nodes[i].ran;
        world_end_work(nodes[i].work);
    }
    CHECK(ran == 1);
}

TEST_IN_WORLD(rows_that_had_their_time_are_cleaned_away)
{
    for (int i = 0; i < 3; i++) { /* expired, expiring now, living */
        struct idempotency_key key = { .actor = value_string("a"),
                                       .key = value_text(arena_format(world->work.arena, "%d", i)),
                                       .request_hash = value_string("0"),
                                       .status = value_integer(201),
                                       .expires_at = value_time(world->work.now - 1 + i) };
        world_create(world, &idempotency_keys_table, key.cells);
    }
    for (const struct periodic *periodic = cleaning_periodics; periodic->name; periodic++)
        CHECK(periodic->run(&world->work));
    CHECK(world_number(world, "SELECT count(*) FROM idempotency_keys") == 2);
}

static bool add_many(struct work *work, void *data)
{
    (void)data;
    for (int i = 0; i < 250; i++) {
        struct throttle throttle = { .bucket = value_text(arena_format(work->arena, "b%d", i)),
                                     .full_at_ms = value_integer(0),
                                     .used_at = value_time(i < 230 ? 0 : work->now) };
        if (!store_create(work, &throttles_table, throttle.cells))
            return false;
    }
    return true;
}

TEST_IN_WORLD(many_rows_are_cleaned_away_piece_by_piece)
{
    CHECK(db_transact(&world->work, add_many, NULL));
    for (const struct periodic *periodic = cleaning_periodics; periodic->name; periodic++)
        CHECK(periodic->run(&world->work));
    CHECK(world_number(world, "SELECT count(*) FROM throttles") == 20);
}

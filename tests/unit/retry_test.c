/* What is run again when PostgreSQL asks for it or the connection is lost, and what is not. */
#include "test.h"
#include "transact_world.h"
#include <string.h>

/* The first run reads, then somebody else writes what it read. */
static bool raise_as_read(struct work *work, void *)
{
    struct world *world = world_of(work);
    struct result result;
    work_after_commit(work, world_note, &world_letters[3]);
    if (!db_run_script(work->db, &work->error, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        || !db_run(work->db, work->arena, &result, &work->error, "SELECT number FROM counters",
                   NO_PARAMETERS))
        return false;
    if (world->runs++ == 0)
        scratch_script(world->scratch, "UPDATE counters SET number = 100");
    return work_run(work, "UPDATE counters SET number = $1",
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
    return work_insert(work, 1)
        && db_run_script(work->db, &work->error, "DO $$ BEGIN RAISE deadlock_detected; END $$");
}

TEST_ON_POSTGRES(what_always_collides_is_given_up)
{
    struct world world;
    world_begin(&world, scratch);
    int64_t retries = metric_read(METRIC_transaction_retries_total);
    CHECK(!db_transact(&world.work, collide, NULL));
    CHECK(metric_read(METRIC_transaction_retries_total) == retries + 3);
    CHECK(world.runs == 4 && world.work.error.code == ERROR_database_unavailable);
    CHECK(world_count(&world) == 0);
    world_end(&world);
}

static bool lose_the_first(struct work *work, void *)
{
    if (!work_insert(work, 1))
        return false;
    return world_of(work)->runs++ > 0
        || work_run(work, "SELECT pg_terminate_backend(pg_backend_pid())", NO_PARAMETERS);
}

TEST_ON_POSTGRES(a_connection_lost_before_commit_is_made_again)
{
    struct world world;
    world_begin(&world, scratch);
    CHECK(db_transact(&world.work, lose_the_first, NULL));
    CHECK(world.runs == 2 && world_count(&world) == 1);
    world_end(&world);
}

static bool insert_one(struct work *work, void *)
{
    world_of(work)->runs++;
    return work_insert(work, 1);
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

#include "transact_world.h"
#include "test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void world_begin(struct world *world, struct scratch *scratch)
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

void world_end(struct world *world)
{
    database_close(world->site.database);
    db_close(world->work.db);
    arena_destroy(world->work.arena);
}

int64_t world_count(struct world *world)
{
    return scratch_number(world->scratch, "SELECT count(*) FROM t");
}

bool work_run(struct work *work, const char *sql, const struct value *parameters, size_t parameter_count)
{
    struct result ignored;
    return db_run(work->db, work->arena, &ignored, &work->error, sql, parameters, parameter_count);
}

bool work_insert(struct work *work, int64_t number)
{
    return work_run(work, "INSERT INTO t VALUES ($1)", PARAMETERS(value_integer(number)));
}

struct world *world_of(struct work *work)
{
    return (struct world *)((char *)work - offsetof(struct world, work));
}

char world_letters[] = "abxr";

void world_note(struct work *work, void *data)
{
    struct world *world = world_of(work);
    struct result result;
    strncat(world->applied, data, 1);
    CHECK(db_run(work->db, work->arena, &result, &work->error, "SELECT count(*) FROM t", NO_PARAMETERS));
    world->rows_seen = cell_integer(result.cells[0]);
}

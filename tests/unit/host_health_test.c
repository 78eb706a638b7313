/* Hosts are looked at by themselves: one that is away is noticed, one that was given up is left alone. */
#include "hosting/host_health.h"
#include "tenancy_world.h"
#include <string.h>

static bool check_hosts(struct world *world)
{
    for (const struct periodic *periodic = hosting_periodics; periodic->name; periodic++)
        if (strcmp(periodic->name, "check_hosts") == 0)
            return periodic->run(&world->work);
    return false;
}

static bool run_sql(struct work *work, void *sql)
{
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error, sql, NO_PARAMETERS);
}

static void change(struct world *world, const char *sql)
{
    CHECK(db_transact(&world->work, run_sql, (void *)(uintptr_t)sql));
}

static int64_t healthy(struct world *world, const char *name)
{
    return world_number(
        world, arena_format(world->work.arena,
                            "SELECT count(*) FROM database_hosts WHERE name = '%s' AND is_healthy", name)
                   .data);
}

TEST_IN_WORLD(who_is_away_is_noticed_and_who_was_given_up_is_not_asked)
{
    struct tenancy_world tenancy;
    struct database_host host = { .name = value_string("norte") }; /* leads nowhere */
    if (world->scratch.engine == ENGINE_SQLITE)
        host.folder = value_string("/nowhere/at/all");
    tenancy_begin(&tenancy, world);
    world_create(world, &database_hosts_table, host.cells);
    CHECK(hosts_load(&world->work));
    CHECK(healthy(world, "norte") == 1); /* nobody has looked */
    CHECK(check_hosts(world) && healthy(world, "norte") == 0 && healthy(world, "default") == 1);
    CHECK(world_number(world, "SELECT count(*) FROM database_hosts WHERE last_error IS NOT NULL") == 1);

    change(world, "UPDATE database_hosts SET status = 'offline', is_healthy = TRUE WHERE name = 'norte'");
    CHECK(check_hosts(world) && healthy(world, "norte") == 1);
    change(world, "UPDATE database_hosts SET status = 'draining' WHERE name = 'norte'");
    CHECK(check_hosts(world) && healthy(world, "norte") == 0);
    tenancy_end(&tenancy);
}

/* The look of every now and then may come between, or an administrator. */
TEST_IN_WORLD(a_check_by_hand_of_a_host_that_is_changed_meanwhile_is_noted)
{
    struct tenancy_world tenancy;
    struct database_host host;
    tenancy_begin(&tenancy, world);
    change(world, "UPDATE database_hosts SET is_healthy = FALSE");
    CHECK(store_find(&world->work, &database_hosts_table, TEXT("default"), host.cells));
    change(world, "UPDATE database_hosts SET weight = 7, revision = revision + 1");
    CHECK(host_check(&world->work, &host));
    CHECK(value_is_true(host.is_healthy) && host.weight.integer == 7 && healthy(world, "default") == 1);
    tenancy_end(&tenancy);
}

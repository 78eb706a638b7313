/* Where databases go: never more than fit, whoever asks at the same time; and those that were made ahead,
 * each taken over once. */
#include "base/calendar.h"
#include "crypto/seal.h"
#include "hosting/place.h"
#include "hosting/placement.h"
#include "hosting/pool.h"
#include "settings/settings.h"
#include "tenancy_world.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { ASKING = 8, ASKED_EACH = 10 };

struct asking {
    struct world *world;
    atomic_int placed, refused, other;
};

static bool take(struct work *work, void *data)
{
    return placement_take(work, value_null(), data);
}

static void *ask(void *data)
{
    struct asking *asking = data;
    struct work *work = world_add_work(asking->world);
    struct placement placement;
    for (int i = 0; i < ASKED_EACH; i++) {
        error_clear(&work->error);
        if (db_transact(work, take, &placement))
            atomic_fetch_add(&asking->placed, 1);
        else
            atomic_fetch_add(work->error.code == ERROR_no_host_has_room ? &asking->refused : &asking->other,
                             1);
    }
    world_end_work(work);
    return NULL;
}

static void add_host(struct world *world, const char *name, int64_t capacity, int64_t weight)
{
    struct database_host host = { .name = value_string(name),
                                  .capacity = value_integer(capacity),
                                  .weight = value_integer(weight) };
    world_create(world, &database_hosts_table, host.cells);
}

TEST_IN_WORLD(however_many_ask_at_once_no_capacity_is_exceeded)
{
    struct asking asking = { .world = world };
    pthread_t threads[ASKING];
    add_host(world, "norte", 20, 300);
    add_host(world, "sur", 30, 100);
    for (int i = 0; i < ASKING; i++)
        CHECK(pthread_create(&threads[i], NULL, ask, &asking) == 0);
    for (int i = 0; i < ASKING; i++)
        pthread_join(threads[i], NULL);
    CHECK(asking.placed == 50 && asking.refused == 30 && asking.other == 0);
    CHECK(world_number(world, "SELECT database_count FROM database_hosts WHERE name = 'norte'") == 20);
    CHECK(world_number(world, "SELECT database_count FROM database_hosts WHERE name = 'sur'") == 30);
}

static struct text next_host(struct world *world)
{
    struct placement placement;
    CHECK(db_transact(&world->work, take, &placement));
    return placement.host_id.text;
}

TEST_IN_WORLD(the_policy_spreads_by_weight_or_fills_in_order)
{
    add_host(world, "norte", 100, 300);
    world->work.now += 1'000;
    add_host(world, "sur", 100, 100);
    for (int i = 0; i < 8; i++)
        next_host(world);
    CHECK(world_number(world, "SELECT database_count FROM database_hosts WHERE name = 'norte'") == 6);
    struct system_setting setting = { .key = value_string("fill_hosts_in_order"),
                                      .value = value_string("1") };
    world_create(world, &system_settings_table, setting.cells);
    CHECK(settings_load(&world->work));
    for (int i = 0; i < 4; i++)
        next_host(world);
    CHECK(world_number(world, "SELECT database_count FROM database_hosts WHERE name = 'norte'") == 10);
}

static bool size_pool(struct work *work, void *size)
{
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error, "UPDATE database_hosts SET pool_size = $1",
                  PARAMETERS(value_integer(*(int64_t *)size)));
}

static void fill_pool(struct world *world, int64_t size)
{
    CHECK(db_transact(&world->work, size_pool, &size));
    bool filled = pools_fill(&world->work);
    CHECK(filled);
    if (!filled)
        test_note("%s", world->work.error.about);
}

TEST_IN_WORLD(a_tenant_takes_over_a_database_of_the_pool_and_is_whole_at_once)
{
    struct tenancy_world tenancy;
    struct tenant tenant = {}, after;
    tenancy_begin(&tenancy, world);
    fill_pool(world, 1);
    CHECK(world_number(world, "SELECT count(*) FROM pooled_databases WHERE status = 'ready'") == 1);
    struct text name = world_ask(world, "SELECT db_name FROM pooled_databases").text;
    tenancy_create(world, "acme", &tenant);
    CHECK(tenancy_run_jobs(&tenancy) == 1);
    tenancy_find(world, tenant.id.text, &after);
    CHECK(value_is_true(after.is_active) && text_equal(after.db_name.text, name));
    CHECK(world_number(world, "SELECT count(*) FROM pooled_databases") == 0);
    CHECK(world_number(world, "SELECT database_count FROM database_hosts") == 1);
    struct hosting_call call = hosting_call_of(&world->work);
    struct tenant_place place;
    CHECK(place_of_tenant(&world->work, &after, &place) && hosting_verify(&call, &place));
    tenancy_end(&tenancy);
}

static bool claim(struct work *work, void *data)
{
    const struct tenant tenant = { .id = value_text(TEXT("a tenant")), .region = value_null() };
    struct tenant changes = {};
    return pool_claim(work, &tenant, &changes, data);
}

static bool age(struct work *work, void *)
{
    return db_run_script(work->db, &work->error, "UPDATE pooled_databases SET schema_fingerprint = 'old'");
}

TEST_IN_WORLD(what_is_behind_the_schema_is_claimed_by_nobody_until_it_was_brought_there)
{
    struct tenancy_world tenancy;
    bool claimed;
    tenancy_begin(&tenancy, world);
    fill_pool(world, 1);
    CHECK(db_transact(&world->work, age, NULL));
    CHECK(db_transact(&world->work, claim, &claimed) && !claimed);
    fill_pool(world, 1);
    CHECK(world_number(world, "SELECT count(*) FROM pooled_databases WHERE schema_fingerprint <> 'old'")
          == 1);
    fill_pool(world, 0);
    CHECK(world_number(world, "SELECT count(*) FROM pooled_databases") == 0);
    CHECK(world_number(world, "SELECT database_count FROM database_hosts") == 0);
    struct hosting_call call = hosting_call_of(&world->work);
    struct place_list list;
    CHECK(hosting_list_databases(&call, TEXT(""), &list) && list.count == 0);
    tenancy_end(&tenancy);
}

/* As a node leaves it that was killed: the row is there, its database begun or not. */
static bool unfinish(struct work *work, void *)
{
    return db_run_script(work->db, &work->error,
                         "UPDATE pooled_databases SET status = 'making', schema_fingerprint = NULL");
}

static bool unleave(struct work *work, void *)
{
    return db_run_script(work->db, &work->error, "UPDATE pooled_databases SET status = 'leaving'");
}

TEST_IN_WORLD(what_a_killed_node_left_of_a_pool_is_finished_or_taken_away)
{
    struct tenancy_world tenancy;
    struct place_list list;
    tenancy_begin(&tenancy, world);
    fill_pool(world, 2);
    CHECK(db_transact(&world->work, unfinish, NULL));
    fill_pool(world, 2);
    CHECK(world_number(world, "SELECT count(*) FROM pooled_databases WHERE status = 'ready'") == 2);
    CHECK(db_transact(&world->work, unleave, NULL));
    fill_pool(world, 0);
    struct hosting_call call = hosting_call_of(&world->work);
    CHECK(hosting_list_databases(&call, TEXT(""), &list) && list.count == 0);
    CHECK(hosting_list_roles(&call, TEXT(""), &list) && list.count == 0);
    CHECK(world_number(world, "SELECT database_count FROM database_hosts") == 0);
    tenancy_end(&tenancy);
}

/* Each thread claims until nothing is left. */
struct claiming {
    struct world *world;
    atomic_int claimed, failed;
};

static void *claim_all(void *data)
{
    struct claiming *claiming = data;
    struct work *work = world_add_work(claiming->world);
    bool claimed = true;
    while (claimed) {
        error_clear(&work->error);
        claimed = false;
        if (!db_transact(work, claim, &claimed))
            atomic_fetch_add(&claiming->failed, 1);
        atomic_fetch_add(&claiming->claimed, claimed);
    }
    world_end_work(work);
    return NULL;
}

static bool add_ready(struct work *work, void *number)
{
    struct text sealed = seal(work->arena, work->site->keyring, TEXT("secret"),
                              arena_format(work->arena,
                                           "pooled_databases.db_password_encrypted:"
                                           "00000000-0000-7000-8000-%012d",
                                           *(int *)number));
    struct pooled_database row = {
        .id = value_text(arena_format(work->arena, "00000000-0000-7000-8000-%012d", *(int *)number)),
        .database_host_id = world_ask((struct world *)((char *)work->site - offsetof(struct world, site)),
                                      "SELECT id FROM database_hosts"),
        .db_name = value_text(arena_format(work->arena, "tenant_%012d", *(int *)number)),
        .db_password_encrypted = value_text(sealed),
        .status = choice_value(pool_status, ready),
        .schema_fingerprint = value_text(hosting_schema(work->site->hosting)->fingerprint),
    };
    return store_create(work, &pooled_databases_table, row.cells);
}

TEST_IN_WORLD(no_database_is_claimed_twice)
{
    enum { READY = 40 };
    struct tenancy_world tenancy;
    struct claiming claiming = { .world = world };
    pthread_t threads[ASKING];
    tenancy_begin(&tenancy, world);
    for (int i = 0; i < READY; i++)
        CHECK(db_transact(&world->work, add_ready, &i));
    for (int i = 0; i < ASKING; i++)
        CHECK(pthread_create(&threads[i], NULL, claim_all, &claiming) == 0);
    for (int i = 0; i < ASKING; i++)
        pthread_join(threads[i], NULL);
    CHECK(claiming.claimed == READY && claiming.failed == 0);
    CHECK(world_number(world, "SELECT count(*) FROM pooled_databases") == 0);
    tenancy_end(&tenancy);
}

/* Provisioning on both engines: done once, resumed after a failure and after a kill at each step, rolled
 * back. */
#include "base/calendar.h"
#include "directory/directory.h"
#include "dying.h"
#include "hosting/place.h"
#include "hosting/pool.h"
#include "tenancy_world.h"

enum { STEPS = 7 };

static bool verifies(struct world *world, const struct tenant *tenant)
{
    struct hosting_call call = hosting_call_of(&world->work);
    struct tenant_place place;
    error_clear(&world->work.error);
    return place_of_tenant(&world->work, tenant, &place) && hosting_verify(&call, &place);
}

static int64_t count_administrators(struct world *world, const struct tenant *tenant)
{
    return world_number(world,
                        arena_format(world->work.arena, "SELECT count(*) FROM users WHERE tenant_id = '%.*s'",
                                     TEXT_ARG(tenant->id.text))
                            .data);
}

/* Whole: active, with its database and one administrator on one seat; told by the directory. */
static void check_whole(struct world *world, struct text tenant_id)
{
    struct tenant tenant;
    tenancy_find(world, tenant_id, &tenant);
    CHECK(is_choice(tenant.provisioning_status, provisioning_status, completed));
    CHECK(value_is_true(tenant.is_active) && value_is_set(tenant.provisioned_at));
    CHECK(!value_is_set(tenant.provisioning_error));
    CHECK(verifies(world, &tenant));
    CHECK(count_administrators(world, &tenant) == 1 && tenant.current_users.integer == 1);
}

static int64_t users_of(const struct directory_entry *entry)
{
    int64_t used[LIMIT_COUNT];
    const struct use_moment moment = directory_entry_moment(entry, 0);
    tenant_use_read(entry->use, &moment, used);
    return used[LIMIT_users];
}

static bool told_as_active(struct world *world, struct text tenant_id)
{
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader =
        directory_enter(world->site.directory);
    const struct directory_entry *entry = directory_find(world->site.directory, ENTRY_id, tenant_id);
    return entry && entry->terms->is_active && users_of(entry) == 1;
}

TEST_IN_WORLD(a_tenant_gets_its_database_and_its_administrator)
{
    struct tenancy_world tenancy;
    struct tenant tenant = { .primary_contact_email = value_string("Ana.Pena@acme.test"),
                             .primary_contact_name = value_string("Ana María Peña") };
    tenancy_begin(&tenancy, world);
    tenancy_create(world, "acme", &tenant);
    CHECK(is_choice(tenant.provisioning_status, provisioning_status, pending));
    CHECK(!value_is_true(tenant.is_active) && !told_as_active(world, tenant.id.text));
    int64_t provisioned = metric_read(METRIC_tenants_provisioned_total);
    CHECK(tenancy_run_jobs(&tenancy) == 1);
    CHECK(metric_read(METRIC_tenants_provisioned_total) == provisioned + 1);
    check_whole(world, tenant.id.text);
    CHECK(told_as_active(world, tenant.id.text));
    CHECK(world_number(world,
                       "SELECT count(*) FROM users WHERE email = 'ana.pena@acme.test' "
                       "AND first_name = 'Ana' AND last_name = 'María Peña' AND system_role = 'tenant_admin'")
          == 1);
    tenancy_end(&tenancy);
}

TEST_IN_WORLD(each_step_may_be_done_again_before_it_was_noted)
{
    struct tenancy_world tenancy;
    tenancy_begin(&tenancy, world);
    for (int last = 0; last < STEPS; last++) {
        struct tenant tenant = {};
        tenancy_create(world, arena_format(world->work.arena, "company-%d", last).data, &tenant);
        test_note("up to %s on engine %d", provision_tenant_program.actions[last].name,
                  world->scratch.engine);
        for (int round = 0; round < 2; round++)
            for (int i = 0; i <= last; i++)
                CHECK(provision_tenant_program.actions[i].run(&world->work,
                                                              &(struct job){ .tenant_id = tenant.id }));
        CHECK(tenancy_run_jobs(&tenancy) == 1);
        check_whole(world, tenant.id.text);
    }
    tenancy_end(&tenancy);
}

static bool refuse(struct work *work, const struct job *)
{
    return fail(&work->error, ERROR_conflict, "%s", "the disk is away");
}

TEST_IN_WORLD(what_failed_at_a_step_says_so_and_goes_on_from_there)
{
    struct tenancy_world tenancy;
    tenancy_begin(&tenancy, world);
    for (int i = 0; i < STEPS; i++) {
        struct job_program failing = provision_tenant_program;
        failing.actions[i].run = refuse;
        tenancy.node.programs = (const struct job_program *const[]){ &failing, NULL };
        struct tenant tenant = {}, failed;
        tenancy_create(world, arena_format(world->work.arena, "company-%d", i).data, &tenant);
        test_note("%s on engine %d", failing.actions[i].name, world->scratch.engine);
        int64_t failures = metric_read(METRIC_provisioning_failures_total);
        CHECK(tenancy_run_jobs(&tenancy) == 1);
        CHECK(metric_read(METRIC_provisioning_failures_total) == failures + 1);
        tenancy_find(world, tenant.id.text, &failed);
        CHECK(tenant_state_of(&failed) == STATE_failed && !value_is_true(failed.is_active));
        CHECK(text_contains(cell_text(failed.provisioning_error), TEXT("the disk is away")));
        CHECK(failed.provisioning_attempts.integer == 1);

        tenancy.node.programs = tenancy_job_programs;
        CHECK(tenancy_run_jobs(&tenancy) == 0); /* it waits before it tries again */
        world->work.now += MINUTE_MS;
        CHECK(tenancy_run_jobs(&tenancy) == 1);
        check_whole(world, tenant.id.text);
    }
    tenancy_end(&tenancy);
}

TEST_IN_WORLD(rolled_back_nothing_is_left_of_the_database_and_it_can_be_tried_again)
{
    struct tenancy_world tenancy;
    struct job_program failing = provision_tenant_program;
    struct tenant tenant = {}, after;
    struct place_list databases, roles;
    tenancy_begin(&tenancy, world);
    failing.actions[STEPS - 1].run = refuse;
    tenancy.node.programs =
        (const struct job_program *const[]){ &failing, &rollback_provisioning_program, NULL };
    tenancy_create(world, "acme", &tenant);
    CHECK(tenancy_run_jobs(&tenancy) == 1);
    CHECK(tenancy_try_act(world, tenant.id.text, LIFE_roll_back, &after));
    CHECK(tenancy_run_jobs(&tenancy) == 1);

    struct hosting_call call = hosting_call_of(&world->work);
    CHECK(hosting_list_databases(&call, TEXT(""), &databases) && databases.count == 0);
    CHECK(hosting_list_roles(&call, TEXT(""), &roles) && roles.count == 0);
    tenancy_find(world, tenant.id.text, &after);
    CHECK(tenant_state_of(&after) == STATE_failed);
    world->work.now += DAY_MS;
    CHECK(tenancy_run_jobs(&tenancy) == 0); /* it is not tried by itself any more */

    tenancy.node.programs = tenancy_job_programs;
    CHECK(tenancy_try_act(world, tenant.id.text, LIFE_retry, &after));
    CHECK(tenancy_run_jobs(&tenancy) == 1);
    check_whole(world, tenant.id.text);
    tenancy_end(&tenancy);
}

TEST_IN_WORLD(a_deleted_tenants_database_is_dropped_when_its_grace_is_over)
{
    struct tenancy_world tenancy;
    struct tenant tenant = {}, after;
    struct place_list databases;
    tenancy_begin(&tenancy, world);
    tenancy_create(world, "acme", &tenant);
    CHECK(tenancy_run_jobs(&tenancy) == 1);
    CHECK(tenancy_try_act(world, tenant.id.text, LIFE_delete, &after));
    CHECK(after.deletes_at.integer == world->work.now + INT64_C(30) * DAY_MS);
    CHECK(!told_as_active(world, tenant.id.text));
    CHECK(tenancy_run_jobs(&tenancy) == 1
          && verifies(world, &tenant) == (world->scratch.engine == ENGINE_SQLITE));

    world->work.now += INT64_C(30) * DAY_MS;
    struct hosting_call call = hosting_call_of(&world->work);
    CHECK(tenancy_run_jobs(&tenancy) == 1);
    CHECK(hosting_list_databases(&call, TEXT(""), &databases) && databases.count == 0);
    tenancy_find(world, tenant.id.text, &after);
    CHECK(tenant_state_of(&after) == STATE_gone);
    CHECK(!tenancy_try_act(world, tenant.id.text, LIFE_restore, &after));
    struct tenant again = {};
    CHECK(!tenancy_try_create(world, "acme", &again) && world->work.error.code == ERROR_taken);
    tenancy_end(&tenancy);
}

const struct job_program *const dying_programs[] = { &provision_tenant_program, NULL };

TEST_IN_WORLD(killed_before_or_after_any_step_it_is_finished_by_another)
{
    struct tenancy_world tenancy;
    tenancy_begin(&tenancy, world);
    for (int step = 0; step < 2 * STEPS; step++) {
        struct tenant tenant = {}, after;
        tenancy_create(world, arena_format(world->work.arena, "company-%d", step).data, &tenant);
        test_note("killed %s %s on engine %d", step < STEPS ? "before" : "after",
                  provision_tenant_program.actions[step % STEPS].name, world->scratch.engine);
        CHECK(dying_run(&tenancy, job_kind_provision_tenant, step % STEPS, step >= STEPS));
        tenancy_find(world, tenant.id.text, &after);
        CHECK(!value_is_true(after.is_active) || verifies(world, &after));
        CHECK(tenancy_run_jobs(&tenancy) == 0); /* the dead one's lease */
        world->work.now += MINUTE_MS;
        CHECK(tenancy_run_jobs(&tenancy) == 1);
        check_whole(world, tenant.id.text);
    }
    tenancy_end(&tenancy);
}

static bool keep_two_ready(struct work *work, void *)
{
    return db_run_script(work->db, &work->error, "UPDATE database_hosts SET pool_size = 2");
}

TEST_IN_WORLD(killed_while_it_takes_over_a_database_of_the_pool_it_has_that_one_and_no_other)
{
    struct tenancy_world tenancy;
    struct place_list databases;
    tenancy_begin(&tenancy, world);
    CHECK(db_transact(&world->work, keep_two_ready, NULL) && pools_fill(&world->work));
    for (int after = 0; after < 2; after++) { /* before the claim, and after it was committed */
        struct tenant tenant = {};
        tenancy_create(world, after ? "company-b" : "company-a", &tenant);
        CHECK(dying_run(&tenancy, job_kind_provision_tenant, 0, after > 0));
        CHECK(world_number(world, "SELECT count(*) FROM pooled_databases") == (after ? 0 : 2));
        world->work.now += MINUTE_MS;
        CHECK(tenancy_run_jobs(&tenancy) == 1);
        check_whole(world, tenant.id.text);
    }
    struct hosting_call call = hosting_call_of(&world->work);
    CHECK(hosting_list_databases(&call, TEXT(""), &databases) && databases.count == 2);
    CHECK(world_number(world, "SELECT count(*) FROM pooled_databases") == 0);
    CHECK(world_number(world, "SELECT database_count FROM database_hosts") == 2);
    tenancy_end(&tenancy);
}

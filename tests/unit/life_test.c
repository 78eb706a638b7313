/* The life of a tenant: every step from every state, and what each leaves in the row. */
#include "base/calendar.h"
#include "base/random.h"
#include "tenancy_world.h"
#include <string.h>

/* Pending, Failed, Trial, Active, Overdue, Ending, Suspended,
 * Cancelled, X deleted, Gone; a dot: forbidden. */
static const char states[] = "PFTAOESCXG";

/* Who was suspended here was on trial and is ending; who is deleted was on trial. */
static const char *const expected[LIFE_COUNT] = {
    [LIFE_suspend] = "..SSSS....",         [LIFE_reactivate] = ".....TET..",
    [LIFE_cancel] = "..CCCCC...",          [LIFE_cancel_at_end] = "..EEE.....",
    [LIFE_expire] = ".....CC...",          [LIFE_delete] = ".XXXXXXX..",
    [LIFE_restore] = "........T.",         [LIFE_bury] = "........G.",
    [LIFE_retry] = "PP........",           [LIFE_roll_back] = ".F........",
    [LIFE_reveal_password] = "PFTAOESCX.", [LIFE_set_level] = "..TAOE....",
    [LIFE_revoke_leases] = "PFTAOESCX.",
};

static const char *const names[] = { "pending", "failed",    "trial",     "active",  "past_due",
                                     "ending",  "suspended", "cancelled", "deleted", "gone" };

static enum tenant_state state_of(char letter)
{
    return (enum tenant_state)(strchr(states, letter) - states) + STATE_pending;
}

static void set_plan_status(struct tenant *tenant, const char *status)
{
    tenant->plan_status = value_string(status);
}

/* A row in the state, with a trial that has 30 days to go and a subscription whose period ends just now. */
static void fill_in(struct tenant *tenant, enum tenant_state state, int64_t now)
{
    tenant->provisioning_status = value_string(state == STATE_pending  ? "provisioning"
                                               : state == STATE_failed ? "failed"
                                                                       : "completed");
    tenant->trial_ends_at = value_time(now + INT64_C(30) * DAY_MS);
    set_plan_status(tenant, "trial");
    switch (state) {
    case STATE_active: set_plan_status(tenant, "active"); break;
    case STATE_past_due: set_plan_status(tenant, "past_due"); break;
    case STATE_suspended:
        set_plan_status(tenant, "suspended");
        tenant->is_suspended = value_boolean(true);
        tenant->suspended_at = tenant->subscription_ends_at = value_time(now);
        tenant->status_before_suspension = choice_value(plan_status, trial);
        break;
    case STATE_cancelled: set_plan_status(tenant, "cancelled"); [[fallthrough]];
    case STATE_ending: tenant->subscription_ends_at = value_time(now); break;
    case STATE_gone: tenant->deleted_at = value_time(now); [[fallthrough]];
    case STATE_deleted: tenant->deletes_at = value_time(now); break;
    default: break;
    }
    bool off = state >= STATE_suspended;
    tenant->service_level = off ? choice_value(service_level, off) : choice_value(service_level, full);
    tenant->is_active = value_boolean(tenant_is_active(tenant));
}

static void add_tenant(struct world *world, enum tenant_state state, struct tenant *tenant)
{
    struct arena *arena = world->work.arena;
    int64_t now = world->work.now;
    bool is_over = state == STATE_cancelled || state == STATE_deleted || state == STATE_gone;
    struct text id = random_uuid(arena, now);
    struct plan plan;
    CHECK(store_find_by(&world->work, &plans_table, "name", value_string("basic"), false, plan.cells));
    *tenant = (struct tenant){
        .id = value_text(id),
        .name = value_string("A company"),
        .slug = value_text(id),
        .plan_id = plan.id,
        .plan_type = plan.name,
        .db_name = value_text(arena_format(arena, "none_%.*s", TEXT_ARG(id))),
        .billing_email = value_string("billing@company.test"),
        .max_users = value_integer(5),
    };
    fill_in(tenant, state, now);
    world_create(world, &tenants_table, tenant->cells);
    struct subscription subscription = {
        .tenant_id = tenant->id,
        .plan_id = plan.id,
        .amount = value_integer(100),
        .total_amount = value_integer(100),
        .currency = value_string("USD"),
        .status = is_over ? choice_value(subscription_status, cancelled)
                          : choice_value(subscription_status, trialing),
        .current_period_start = value_time(now - INT64_C(30) * DAY_MS),
        .current_period_end = value_time(now),
    };
    world_create(world, &subscriptions_table, subscription.cells);
}

static int64_t count_jobs(struct world *world, const char *kind, struct text tenant_id)
{
    return world_number(world,
                        arena_format(world->work.arena,
                                     "SELECT count(*) FROM jobs WHERE kind = '%s' AND tenant_id = '%.*s' "
                                     "AND status = 'queued'",
                                     kind, TEXT_ARG(tenant_id))
                            .data);
}

/* What must be true of every row, whatever was done to it. */
static void check_row(struct world *world, const struct tenant *before, const struct tenant *after)
{
    enum tenant_state state = tenant_state_of(after);
    bool off = state >= STATE_suspended;
    bool turned = value_is_true(before->is_active) != value_is_true(after->is_active);
    CHECK(value_is_true(after->is_active) == (state >= STATE_trial && state <= STATE_ending));
    CHECK(off == is_choice(after->service_level, service_level, off));
    CHECK(value_is_true(after->is_suspended) == is_choice(after->plan_status, plan_status, suspended));
    CHECK(value_is_true(after->is_suspended) == value_is_set(after->suspended_at));
    CHECK(count_jobs(world, "sync_tenant_access", after->id.text) == turned);
    CHECK(count_jobs(world, "delete_tenant", after->id.text)
          == (before->deletes_at.kind != VALUE_TIME && state == STATE_deleted));
}

static void check_subscription(struct world *world, const struct tenant *after, enum life_action action)
{
    static const bool cancels[LIFE_COUNT] = {
        [LIFE_cancel] = true, [LIFE_expire] = true, [LIFE_delete] = true
    };
    static const bool resumes[LIFE_COUNT] = { [LIFE_restore] = true, [LIFE_reactivate] = true };
    struct subscription subscription;
    CHECK(
        store_find_by(&world->work, &subscriptions_table, "tenant_id", after->id, false, subscription.cells));
    bool cancelled = is_choice(subscription.status, subscription_status, cancelled);
    if (cancels[action])
        CHECK(cancelled);
    if (resumes[action])
        CHECK(!cancelled && subscription.current_period_end.integer >= world->work.now);
    CHECK(value_is_true(subscription.cancel_at_period_end) == (action == LIFE_cancel_at_end));
}

/* "trial, active": the states that allow it. */
static struct text allowed_by(enum life_action action, struct arena *arena)
{
    struct buffer list = { .arena = arena };
    for (size_t i = 0; states[i]; i++)
        if (expected[action][i] != '.')
            buffer_print(&list, "%s%s", list.length > 0 ? ", " : "", names[i]);
    return list.text;
}

static void check_step(struct world *world, enum life_action action, enum tenant_state state)
{
    char wanted = expected[action][state - STATE_pending];
    struct tenant before, after;
    test_note("action %d from %s on engine %d", action, names[state - STATE_pending], world->scratch.engine);
    add_tenant(world, state, &before);
    CHECK(tenant_state_of(&before) == state);
    bool done = tenancy_try_act(world, before.id.text, action, &after);
    CHECK(done == (wanted != '.'));
    if (done) {
        CHECK(tenant_state_of(&after) == state_of(wanted));
        check_row(world, &before, &after);
        check_subscription(world, &after, action);
        return;
    }
    CHECK(world->work.error.code == ERROR_wrong_state);
    CHECK(text_is(allowed_by(action, world->work.arena), world->work.error.about));
    tenancy_find(world, before.id.text, &after);
    CHECK(tenant_state_of(&after) == state && after.revision.integer == before.revision.integer);
}

TEST_IN_WORLD(each_step_from_each_state_leads_where_the_table_says)
{
    struct tenancy_world tenancy;
    tenancy_begin(&tenancy, world);
    for (enum life_action action = 0; action < LIFE_COUNT; action++)
        for (enum tenant_state state = STATE_pending; state < STATE_COUNT; state++)
            check_step(world, action, state);
    tenancy_end(&tenancy);
}

TEST_IN_WORLD(a_step_leaves_an_audit_record_with_its_reason_and_an_event)
{
    struct tenancy_world tenancy;
    struct tenant tenant, after;
    tenancy_begin(&tenancy, world);
    add_tenant(world, STATE_active, &tenant);
    CHECK(tenancy_try_act(world, tenant.id.text, LIFE_suspend, &after));
    CHECK(world_number(world, "SELECT count(*) FROM audit_logs WHERE action = 'suspend' "
                              "AND metadata ->> 'reason' = 'a test'")
          == 1);
    CHECK(world_number(world, "SELECT count(*) FROM events WHERE type = 'tenant.suspended'") == 1);
    CHECK(text_is(after.suspension_reason.text, "a test"));
    tenancy_end(&tenancy);
}

TEST_IN_WORLD(a_restored_tenant_is_what_it_was_also_when_it_was_suspended_or_ending)
{
    static const enum tenant_state kept[] = { STATE_failed, STATE_active,    STATE_past_due,
                                              STATE_ending, STATE_suspended, STATE_cancelled };
    struct tenancy_world tenancy;
    struct tenant tenant, after;
    tenancy_begin(&tenancy, world);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        test_note("%s", names[kept[i] - STATE_pending]);
        add_tenant(world, kept[i], &tenant);
        CHECK(tenancy_try_act(world, tenant.id.text, LIFE_delete, &after));
        CHECK(count_jobs(world, "delete_tenant", tenant.id.text) == 1);
        CHECK(tenancy_try_act(world, tenant.id.text, LIFE_restore, &after));
        CHECK(tenant_state_of(&after) == kept[i]);
        CHECK(value_equal(after.is_active, tenant.is_active));
        CHECK(count_jobs(world, "delete_tenant", tenant.id.text) == 0);
    }
    tenancy_end(&tenancy);
}

TEST_IN_WORLD(what_ends_with_its_period_ends_by_its_job_and_no_sooner)
{
    struct tenancy_world tenancy;
    struct tenant tenant, after;
    tenancy_begin(&tenancy, world);
    add_tenant(world, STATE_active, &tenant);
    int64_t end = world->work.now;
    world->work.now = end - DAY_MS;
    CHECK(tenancy_try_act(world, tenant.id.text, LIFE_cancel_at_end, &after));
    CHECK(after.subscription_ends_at.integer == end && value_is_true(after.is_active));
    CHECK(!tenancy_try_act(world, tenant.id.text, LIFE_expire, &after));
    CHECK(tenancy_run_jobs(&tenancy) == 0);

    world->work.now = end;
    CHECK(tenancy_run_jobs(&tenancy) >= 1);
    tenancy_find(world, tenant.id.text, &after);
    CHECK(tenant_state_of(&after) == STATE_cancelled);
    CHECK(text_is(after.cancellation_reason.text, "a test"));
    CHECK(
        world_number(world, "SELECT count(*) FROM jobs WHERE kind = 'cancel_tenant' AND status = 'completed'")
        == 1);
    tenancy_end(&tenancy);
}

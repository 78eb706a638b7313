/* Jobs: one open job of a kind, one runner at a time, each step once where all goes well and again where it
 * does not. */
#include "jobs/claim.h"
#include "jobs/run.h"
#include "jobs/runner.h"
#include "world.h"
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* What the steps below did, and what they are to do. */
static char trace[64];
static const char *failing; /* the step that fails; NULL: none */
static bool died_for_good;
static sem_t finished;
static void (*meanwhile)(struct work *work, struct text tenant_id); /* during step b */

static bool step(struct work *work, const char *name)
{
    strcat(trace, name);
    return !failing || strcmp(failing, name) != 0
        || fail(&work->error, ERROR_conflict, "%s", "the disk is away");
}

static bool run_a(struct work *work, const struct job *)
{
    return step(work, "a");
}

static bool run_b(struct work *work, const struct job *job)
{
    void (*hook)(struct work * work, struct text tenant_id) = meanwhile;
    meanwhile = NULL;
    if (hook)
        hook(work, job->tenant_id.text);
    return step(work, "b");
}

static bool run_c(struct work *work, const struct job *)
{
    bool done = step(work, "c");
    sem_post(&finished);
    return done;
}

static bool note_failure(struct work *work, const struct job *job, struct text why, bool for_good)
{
    (void)work;
    CHECK(job->tenant_id.text.length == UUID_LENGTH);
    CHECK(text_contains(why, TEXT("the disk is away")) || text_contains(why, TEXT("ended with the process")));
    died_for_good = for_good;
    return true;
}

static const struct job_program program = {
    .kind = job_kind_provision_tenant,
    .attempts_max = 3,
    .actions = { { "a", run_a }, { "b", run_b }, { "c", run_c }, {} },
    .failed = note_failure,
};
static const struct job_program other_program = {
    .kind = job_kind_delete_tenant,
    .attempts_max = 3,
    .actions = { { "c", run_c }, {} },
};
static const struct job_program *const programs[] = { &program, &other_program, NULL };
static const struct job_claimer here = { .name = TEXT_CONSTANT("here"), .programs = programs };
static const struct job_claimer there = { .name = TEXT_CONSTANT("there"), .programs = programs };

struct asking {
    const struct job_program *program;
    struct text tenant_id, job_id;
    int64_t run_at;
    bool keeps_sooner;
};

static bool ask(struct work *work, void *data)
{
    struct asking *asking = data;
    const struct job_request request = {
        .program = asking->program,
        .tenant_id = asking->tenant_id,
        .run_at = asking->run_at,
        .keeps_sooner = asking->keeps_sooner,
    };
    return job_enqueue(work, &request, &asking->job_id);
}

static struct text enqueue(struct work *work, const struct job_program *wanted, struct text tenant_id,
                           int64_t run_at)
{
    struct asking asking = { wanted, tenant_id, TEXT(""), run_at, false };
    CHECK(db_transact(work, ask, &asking));
    return arena_copy(work->arena, asking.job_id);
}

/* A tenant and a job for it, due now. */
static struct text begin(struct world *world, struct tenant *tenant)
{
    *trace = 0;
    failing = NULL;
    died_for_good = false;
    meanwhile = NULL;
    sem_init(&finished, 0, 0);
    world_add_tenant(world, "acme", tenant);
    return enqueue(&world->work, &program, tenant->id.text, world->work.now);
}

static struct job job_of(struct world *world, struct text id)
{
    struct job job = {};
    CHECK(store_find_by(&world->work, &jobs_table, "id", value_text(id), false, job.cells));
    return job;
}

static bool run_one(struct world *world, const struct job_claimer *node)
{
    bool ran = false;
    CHECK(job_run_next(&world->work, node, &ran));
    return ran;
}

static bool traced(const char *wanted)
{
    bool same = strcmp(trace, wanted) == 0;
    if (!same)
        test_note("steps run: %s", trace);
    *trace = 0;
    return same;
}

TEST_IN_WORLD(a_job_runs_its_steps_in_order_and_is_completed)
{
    struct tenant tenant;
    struct text id = begin(world, &tenant);
    struct job job = job_of(world, id);
    int64_t completed = metric_read(METRIC_jobs_completed_total);
    CHECK(is_choice(job.status, job_status, queued) && value_equal(job.tenant_id, tenant.id));
    CHECK(run_one(world, &here) && traced("abc"));
    CHECK(!run_one(world, &here));
    CHECK(metric_read(METRIC_jobs_completed_total) == completed + 1 && metric_read(METRIC_jobs_running) == 0);
    job = job_of(world, id);
    CHECK(is_choice(job.status, job_status, completed) && job.finished_at.integer == world->work.now);
    CHECK(job.attempts.integer == 1 && job.error.kind == VALUE_NULL);
    CHECK(job.lease_until.kind == VALUE_NULL && job.leased_by.kind == VALUE_NULL);
    struct steps steps = steps_read(world->work.arena, &program, job.steps);
    CHECK(steps.count == 3 && steps_next(&steps) == 3);
    for (size_t i = 0; i < steps.count; i++) {
        CHECK(is_choice(steps.list[i].status, step_status, completed) && steps.list[i].attempts.integer == 1);
        CHECK(steps.list[i].started_at.kind == VALUE_TIME && steps.list[i].finished_at.kind == VALUE_TIME);
    }
}

TEST_IN_WORLD(a_job_is_not_run_before_its_time)
{
    struct tenant tenant;
    begin(world, &tenant);
    CHECK(run_one(world, &here) && traced("abc"));
    enqueue(&world->work, &program, tenant.id.text, world->work.now + 1'000);
    bool due = true;
    CHECK(!run_one(world, &here) && job_is_due(&world->work, &here, &due) && !due);
    world->work.now += 1'000;
    CHECK(job_is_due(&world->work, &here, &due) && due && run_one(world, &here));
}

TEST_IN_WORLD(a_failed_step_is_tried_again_later_and_later_and_then_no_more)
{
    struct tenant tenant;
    struct text id = begin(world, &tenant);
    failing = "b";
    int64_t failures = metric_read(METRIC_jobs_failed_total);
    int64_t waits[] = { 1'000, 2'000 };
    for (size_t i = 0; i < 2; i++) {
        CHECK(run_one(world, &here) && traced(i == 0 ? "ab" : "b")); /* what is done is not done again */
        struct job job = job_of(world, id);
        CHECK(is_choice(job.status, job_status, queued) && job.attempts.integer == (int64_t)i + 1);
        CHECK(text_is(cell_text(job.error), "conflict: the disk is away") && !died_for_good);
        CHECK(job.run_at.integer == world->work.now + waits[i]);
        struct steps steps = steps_read(world->work.arena, &program, job.steps);
        CHECK(steps_next(&steps) == 1 && is_choice(steps.list[1].status, step_status, failed));
        CHECK(text_contains(cell_text(steps.list[1].error), TEXT("disk")));
        CHECK(!run_one(world, &here));
        world->work.now += waits[i];
    }
    CHECK(run_one(world, &here) && traced("b") && died_for_good);
    CHECK(metric_read(METRIC_jobs_failed_total) == failures + 3);
    struct job job = job_of(world, id);
    CHECK(is_choice(job.status, job_status, failed) && job.finished_at.kind == VALUE_TIME);
    world->work.now += 3'600'000;
    CHECK(!run_one(world, &here));
}

TEST_IN_WORLD(a_step_that_recovers_lets_the_job_go_on)
{
    struct tenant tenant;
    struct text id = begin(world, &tenant);
    failing = "b";
    CHECK(run_one(world, &here));
    failing = NULL;
    world->work.now += 1'000;
    CHECK(run_one(world, &here) && traced("abbc"));
    struct job job = job_of(world, id);
    CHECK(is_choice(job.status, job_status, completed) && job.error.kind == VALUE_NULL);
    struct steps steps = steps_read(world->work.arena, &program, job.steps);
    CHECK(steps.list[1].attempts.integer == 2 && steps.list[1].error.kind != VALUE_TEXT);
}

TEST_IN_WORLD(a_dead_nodes_job_is_taken_over_when_its_lease_ends)
{
    struct tenant tenant;
    struct text id = begin(world, &tenant);
    struct claimed claimed;
    bool found;
    CHECK(claim_next(&world->work, &here, &claimed, &found) && found); /* and the node dies */
    CHECK(!run_one(world, &there));
    world->work.now += JOB_LEASE_MS - 1;
    CHECK(!run_one(world, &there));
    world->work.now += 1;
    CHECK(run_one(world, &there) && traced("abc"));
    struct job job = job_of(world, id);
    CHECK(is_choice(job.status, job_status, completed) && job.attempts.integer == 2);
}

TEST_IN_WORLD(the_only_process_waits_for_no_dead_ones_lease)
{
    struct tenant tenant;
    begin(world, &tenant);
    struct claimed claimed;
    bool found;
    CHECK(claim_next(&world->work, &here, &claimed, &found) && found); /* and the process dies */
    CHECK(!run_one(world, &there));
    CHECK(claim_end_leases(&world->work));
    CHECK(run_one(world, &there) && traced("abc"));
}

TEST_IN_WORLD(a_lease_that_is_extended_holds)
{
    struct tenant tenant;
    struct text id = begin(world, &tenant);
    struct claimed claimed;
    bool found;
    struct job_holding holding = { .lock = PTHREAD_MUTEX_INITIALIZER };
    struct job_claimer node = { .name = here.name, .programs = programs, .holding = &holding };
    CHECK(claim_next(&world->work, &node, &claimed, &found) && found);
    snprintf(holding.job_id, sizeof holding.job_id, "%.*s", TEXT_ARG(id));
    world->work.now += JOB_LEASE_MS - 1;
    CHECK(job_extend_lease(&world->work, &node));
    world->work.now += JOB_LEASE_MS - 1;
    CHECK(!run_one(world, &there));
    world->work.now += 1;
    CHECK(run_one(world, &there));
}

TEST_IN_WORLD(a_job_whose_every_attempt_died_has_failed)
{
    struct tenant tenant;
    struct text id = begin(world, &tenant);
    for (int64_t i = 0; i < program.attempts_max; i++) {
        struct claimed claimed;
        bool found;
        CHECK(claim_next(&world->work, &here, &claimed, &found) && found && !claimed.is_over);
        world->work.now += JOB_LEASE_MS;
    }
    struct claimed claimed;
    bool found;
    CHECK(claim_next(&world->work, &there, &claimed, &found) && found && claimed.is_over);
    CHECK(is_choice(job_of(world, id).status, job_status, failed) && traced("") && died_for_good);
}

TEST_IN_WORLD(whoever_lost_his_lease_writes_nothing_more)
{
    struct tenant tenant;
    struct text id = begin(world, &tenant);
    struct claimed mine;
    bool found;
    CHECK(claim_next(&world->work, &here, &mine, &found) && found);
    world->work.now += JOB_LEASE_MS;
    struct claimed theirs;
    CHECK(claim_next(&world->work, &there, &theirs, &found) && found);
    CHECK(claim_let_go(&world->work, &here, id)); /* not his to let go */
    struct job job = job_of(world, id);
    CHECK(text_is(cell_text(job.leased_by), "there") && job.lease_until.kind == VALUE_TIME);
    struct job changes = { .status = choice_value(job_status, completed) };
    CHECK(!world_try_update(&world->work, &jobs_table, mine.job.cells, changes.cells, job.cells));
    CHECK(world->work.error.code == ERROR_changed_meanwhile);
}

TEST_IN_WORLD(a_tenant_has_one_open_job_of_a_kind)
{
    struct tenant tenant;
    struct text id = begin(world, &tenant);
    failing = "b";
    CHECK(run_one(world, &here) && traced("ab"));
    failing = NULL;
    struct text again = enqueue(&world->work, &program, tenant.id.text, world->work.now);
    CHECK(text_equal(id, again) && world_number(world, "SELECT count(*) FROM jobs") == 1);
    CHECK(job_of(world, id).attempts.integer == 0);
    CHECK(run_one(world, &here) && traced("bc")); /* brought forward */
    struct text next = enqueue(&world->work, &program, tenant.id.text, world->work.now);
    CHECK(!text_equal(id, next));
}

static struct text asked_again;

static void ask_again(struct work *work, struct text tenant_id)
{
    asked_again = enqueue(work, &program, tenant_id, work->now);
}

/* Asked for by who is in no hurry. */
static int64_t ask_for_later(struct world *world, struct text tenant_id, int64_t run_at)
{
    struct asking asking = { &program, tenant_id, TEXT(""), run_at, true };
    CHECK(db_transact(&world->work, ask, &asking));
    return job_of(world, asking.job_id).run_at.integer;
}

TEST_IN_WORLD(who_is_in_no_hurry_puts_nothing_off)
{
    struct tenant tenant;
    int64_t now = world->work.now;
    (void)begin(world, &tenant);
    CHECK(ask_for_later(world, tenant.id.text, now + 10) == now);
    enqueue(&world->work, &program, tenant.id.text, now + 20);
    CHECK(ask_for_later(world, tenant.id.text, now + 30) == now + 20);
    CHECK(ask_for_later(world, tenant.id.text, now + 10) == now + 10);
}

TEST_IN_WORLD(a_job_that_is_asked_for_while_it_runs_runs_again_from_its_first_step)
{
    struct tenant tenant;
    struct text id = begin(world, &tenant);
    meanwhile = ask_again;
    CHECK(run_one(world, &here) && traced("ab"));
    CHECK(text_equal(asked_again, id) && is_choice(job_of(world, id).status, job_status, queued));
    CHECK(run_one(world, &there) && traced("abc"));
    CHECK(is_choice(job_of(world, id).status, job_status, completed));
}

static bool withdraw(struct work *work, void *tenant_id)
{
    return job_withdraw(work, job_kind_provision_tenant, *(const struct text *)tenant_id);
}

static void withdraw_meanwhile(struct work *work, struct text tenant_id)
{
    CHECK(db_transact(work, withdraw, &tenant_id));
}

TEST_IN_WORLD(a_job_that_is_withdrawn_is_not_run)
{
    struct tenant tenant;
    struct text id = begin(world, &tenant);
    CHECK(db_transact(&world->work, withdraw, &tenant.id.text));
    CHECK(is_choice(job_of(world, id).status, job_status, rolled_back) && !run_one(world, &here));
    CHECK(db_transact(&world->work, withdraw, &tenant.id.text)); /* there is none: fine */

    id = enqueue(&world->work, &program, tenant.id.text, world->work.now);
    meanwhile = withdraw_meanwhile;
    CHECK(run_one(world, &here) && traced("ab"));
    struct job job = job_of(world, id);
    CHECK(is_choice(job.status, job_status, rolled_back) && job.lease_until.kind == VALUE_NULL);
    world->work.now += JOB_LEASE_MS;
    CHECK(!run_one(world, &here));
}

TEST_IN_WORLD(jobs_of_one_tenant_run_one_at_a_time)
{
    struct tenant tenant, other;
    begin(world, &tenant);
    world->work.now += 1;
    enqueue(&world->work, &other_program, tenant.id.text, world->work.now);
    struct claimed claimed;
    bool found;
    CHECK(claim_next(&world->work, &here, &claimed, &found) && found);
    CHECK(!run_one(world, &there)); /* the other waits for it */
    world_add_tenant(world, "other", &other);
    enqueue(&world->work, &other_program, other.id.text, world->work.now);
    CHECK(run_one(world, &there) && traced("c")); /* another tenant's does not */
    CHECK(!run_one(world, &there));
    CHECK(claim_let_go(&world->work, &here, claimed.job.id.text));
    CHECK(run_one(world, &there) && run_one(world, &there) && traced("abcc"));
}

TEST_IN_WORLD(a_node_leaves_what_it_does_not_know)
{
    static const struct job_program *const fewer[] = { &other_program, NULL };
    struct job_claimer old = { .name = TEXT("old"), .programs = fewer };
    struct tenant tenant;
    begin(world, &tenant);
    CHECK(!run_one(world, &old) && run_one(world, &here));
}

TEST_IN_WORLD(a_node_that_stops_gives_its_job_back)
{
    struct tenant tenant;
    struct text id = begin(world, &tenant);
    struct job_holding holding = { .lock = PTHREAD_MUTEX_INITIALIZER, .stopping = true };
    struct job_claimer node = { .name = here.name, .programs = programs, .holding = &holding };
    CHECK(run_one(world, &node) && traced(""));
    struct job job = job_of(world, id);
    CHECK(is_choice(job.status, job_status, queued) && job.attempts.integer == 0);
    CHECK(run_one(world, &there) && traced("abc"));
    CHECK(job_of(world, id).attempts.integer == 1);
}

struct claimer {
    pthread_t thread;
    struct work *work;
    bool won;
};

static void *claim_in_a_thread(void *data)
{
    struct claimer *claimer = data;
    struct claimed claimed;
    struct job_claimer node = { .name = arena_format(claimer->work->arena, "node %p", data),
                                .programs = programs };
    if (!claim_next(claimer->work, &node, &claimed, &claimer->won))
        claimer->won = false;
    return NULL;
}

TEST_IN_WORLD(of_many_claimers_exactly_one_gets_the_job)
{
    enum { CLAIMERS = 8 };
    struct claimer claimers[CLAIMERS];
    struct tenant tenant;
    struct text id = begin(world, &tenant);
    for (int i = 0; i < CLAIMERS; i++) {
        claimers[i] = (struct claimer){ .work = world_add_work(world) };
        pthread_create(&claimers[i].thread, NULL, claim_in_a_thread, &claimers[i]);
    }
    int won = 0;
    for (int i = 0; i < CLAIMERS; i++) {
        pthread_join(claimers[i].thread, NULL);
        won += claimers[i].won;
        world_end_work(claimers[i].work);
    }
    CHECK(won == 1 && job_of(world, id).attempts.integer == 1);
}

/* Some other thread's doing must come within a minute. */
static bool comes(sem_t *semaphore)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    return sem_timedwait(semaphore, &until) == 0;
}

TEST_IN_WORLD(a_runner_runs_what_is_queued_before_and_while_it_runs)
{
    static const struct periodic *const none[] = { NULL };
    struct tenant tenant;
    struct text id = begin(world, &tenant);
    struct job_runner *runner;
    struct job_runner_options options = { .site = &world->site, .programs = programs, .periodics = none };
    struct error error = {};
    CHECK(job_runner_create(&runner, &options, &error));
    CHECK(comes(&finished));
    struct text next = enqueue(&world->work, &other_program, tenant.id.text, world->work.now);
    CHECK(comes(&finished));
    job_runner_destroy(runner);
    CHECK(is_choice(job_of(world, id).status, job_status, completed));
    CHECK(is_choice(job_of(world, next).status, job_status, completed));
    job_runner_wake(&world->site); /* nobody is there: nothing happens */
}

/* One thread of a runner is away for longer than its lease, and the other begins. */
static sem_t begun_again, may_go_on;
static struct text next_tenant_id;

static void wait_to_go_on(struct work *, struct text)
{
    sem_post(&begun_again);
    CHECK(comes(&may_go_on));
}

static void lose_the_lease(struct work *work, struct text)
{
    meanwhile = wait_to_go_on;
    CHECK(claim_end_leases(work));
    CHECK(comes(&begun_again));
    enqueue(work, &other_program, next_tenant_id, work->now); /* what this thread is to run next */
}

TEST_IN_WORLD(a_thread_that_lost_its_lease_leaves_the_job_to_another_of_its_own_node)
{
    static const struct periodic *const none[] = { NULL };
    struct tenant tenant, next_tenant;
    struct text id = begin(world, &tenant);
    meanwhile = lose_the_lease;
    sem_init(&begun_again, 0, 0);
    sem_init(&may_go_on, 0, 0);
    world_add_tenant(world, "next", &next_tenant);
    next_tenant_id = next_tenant.id.text;
    struct job_runner_options options = { .site = &world->site, .programs = programs, .periodics = none };
    struct job_runner *runner;
    struct error error = {};
    CHECK(job_runner_create(&runner, &options, &error));
    CHECK(comes(&finished)); /* the next tenant's */
    sem_post(&may_go_on);
    CHECK(comes(&finished));
    job_runner_destroy(runner);
    struct job job = job_of(world, id);
    CHECK(is_choice(job.status, job_status, completed) && job.attempts.integer == 2);
}

/* ---- What a job is told and tells ---- */

static struct text told;

static bool listen_to_parameters(struct work *work, const struct job *job)
{
    told = arena_copy(work->arena, job->parameters.text);
    return job_note_progress(work, job, &(struct job_progress){ 3, 7 });
}

static const struct job_program of_all_program = {
    .kind = job_kind_delete_tenant,
    .attempts_max = 1,
    .actions = { { "listen", listen_to_parameters }, {} },
};

static bool ask_for_all(struct work *work, void *job_id)
{
    return job_enqueue(work, &(struct job_request){ &of_all_program, TEXT(""), work->now, TEXT("{\"n\":1}") },
                       job_id);
}

TEST_IN_WORLD(a_job_of_no_tenant_is_one_is_told_its_parameters_and_tells_how_far_it_is)
{
    const struct job_program *const of_all[] = { &of_all_program, NULL };
    const struct job_claimer node = { .name = TEXT("here"), .programs = of_all };
    struct text first = {}, second = {};
    bool ran;
    CHECK(db_transact(&world->work, ask_for_all, &first) && db_transact(&world->work, ask_for_all, &second));
    CHECK(text_equal(first, second));
    CHECK(job_run_next(&world->work, &node, &ran) && ran);
    CHECK(text_equal(told, TEXT("{\"n\":1}")) || text_equal(told, TEXT("{\"n\": 1}")));
    struct job job = job_of(world, first);
    CHECK(is_choice(job.status, job_status, completed));
    CHECK(job.progress_done.integer == 3 && job.progress_total.integer == 7);
}

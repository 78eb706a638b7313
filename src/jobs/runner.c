#include "jobs/runner.h"
#include "base/clock.h"
#include "base/condition.h"
#include "base/log.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include "jobs/claim.h"
#include "jobs/run.h"
#include "jobs/schedule.h"
#include "record/site.h"
#include "sql/database.h"
#include <stdio.h>
#include <stdlib.h>

enum {
    THREADS_MAX = 16,
    POLL_MS = 1'000, /* what no wake-up told of: leases that ended, times that came */
    BEAT_MS = JOB_LEASE_MS / 3,
    CLAIMER_NAME_BYTES = 12,
    CLAIMER_NAME_SIZE = 32,
};

struct thread {
    pthread_t id;
    char name[CLAIMER_NAME_SIZE];
    struct job_runner *runner;
    struct db *db;
    struct arena *arena;
    struct job_holding holding;
};

struct job_runner {
    struct job_runner_options options;
    struct thread threads[THREADS_MAX], keeper; /* the keeper extends leases and does what each node does */
    pthread_mutex_t lock;
    pthread_cond_t woken;
    uint64_t wakes; /* counted, so that none is lost between looking and waiting */
    bool stopping;
};

static struct work work_of(struct thread *thread)
{
    struct site *site = thread->runner->options.site;
    arena_reset(thread->arena);
    return work_of_system(site, thread->arena, thread->db, site->now(site));
}

static struct job_claimer claimer_of(struct thread *thread)
{
    struct job_runner *runner = thread->runner;
    return (struct job_claimer){ text_from(thread->name), runner->options.programs, &thread->holding };
}

static void tell(const struct work *work, const char *what)
{
    LOG(LOG_WARNING, what, { "code", value_string(error_words[work->error.code].code) },
        { "about", value_string(work->error.about) });
}

static uint64_t wakes_of(struct job_runner *runner)
{
    pthread_mutex_lock(&runner->lock);
    uint64_t wakes = runner->wakes;
    pthread_mutex_unlock(&runner->lock);
    return wakes;
}

/* Until it is woken after `seen`, the time is over, or the runner stops. True: it stops. */
static bool wait_for_work(struct job_runner *runner, uint64_t seen, int64_t wait_ms)
{
    int64_t until_us = clock_monotonic_us() + wait_ms * 1'000;
    pthread_mutex_lock(&runner->lock);
    while (!runner->stopping && runner->wakes == seen
           && condition_wait_until(&runner->woken, &runner->lock, until_us))
        ;
    bool stopping = runner->stopping;
    pthread_mutex_unlock(&runner->lock);
    return stopping;
}

static bool is_stopping(struct job_runner *runner)
{
    pthread_mutex_lock(&runner->lock);
    bool stopping = runner->stopping;
    pthread_mutex_unlock(&runner->lock);
    return stopping;
}

/* One job, or one piece of periodic work. False: there is none, or the database is away. */
static bool run_something(struct thread *thread)
{
    struct work work = work_of(thread);
    struct job_claimer claimer = claimer_of(thread);
    bool ran = false, is_due = false;
    if (!job_is_due(&work, &claimer, &is_due) || (is_due && !job_run_next(&work, &claimer, &ran))
        || (!ran && !schedule_run_due(&work, thread->runner->options.periodics, &ran))) {
        tell(&work, "a job could not be run");
        return false;
    }
    return ran;
}

static void *run_thread(void *data)
{
    struct thread *thread = data;
    for (;;) {
        uint64_t seen = wakes_of(thread->runner);
        while (!is_stopping(thread->runner) && run_something(thread))
            ;
        if (wait_for_work(thread->runner, seen, POLL_MS))
            return NULL;
    }
}

static void extend_leases(struct thread *keeper)
{
    struct job_runner *runner = keeper->runner;
    for (int i = 0; i < runner->options.threads; i++) {
        struct work work = work_of(keeper);
        struct job_claimer claimer = claimer_of(&runner->threads[i]);
        if (!job_extend_lease(&work, &claimer))
            tell(&work, "a lease could not be extended");
    }
}

/* What each node does for itself, at its start and then by the monotonic clock. */
static void run_own(struct thread *keeper, int64_t beats)
{
    for (const struct periodic *const *list = keeper->runner->options.periodics; *list; list++)
        for (const struct periodic *periodic = *list; periodic->name; periodic++) {
            int64_t every = (periodic->every_seconds * INT64_C(1'000) + BEAT_MS - 1) / BEAT_MS;
            if (!periodic->each_node || beats % every != 0)
                continue;
            struct work work = work_of(keeper);
            if (!periodic->run(&work))
                tell(&work, periodic->name);
        }
}

static void *run_keeper(void *data)
{
    struct thread *keeper = data;
    int64_t next_us = clock_monotonic_us();
    run_own(keeper, 0);
    for (int64_t beats = 1;; beats++) {
        next_us += BEAT_MS * INT64_C(1'000);
        for (int64_t rest_ms; (rest_ms = (next_us - clock_monotonic_us()) / 1'000) > 0;)
            if (wait_for_work(keeper->runner, wakes_of(keeper->runner), rest_ms))
                return NULL;
        extend_leases(keeper);
        run_own(keeper, beats);
    }
}

/* Whoever wakes a runner may do so while it ends. */
static pthread_mutex_t site_lock = PTHREAD_MUTEX_INITIALIZER;

void job_runner_wake(struct site *site)
{
    pthread_mutex_lock(&site_lock);
    struct job_runner *runner = site->job_runner;
    if (runner) {
        pthread_mutex_lock(&runner->lock);
        runner->wakes++;
        pthread_cond_broadcast(&runner->woken);
        pthread_mutex_unlock(&runner->lock);
    }
    pthread_mutex_unlock(&site_lock);
}

static void join_site(struct site *site, struct job_runner *runner)
{
    pthread_mutex_lock(&site_lock);
    site->job_runner = runner;
    pthread_mutex_unlock(&site_lock);
}

static bool prepare_thread(struct job_runner *runner, struct thread *thread, struct error *error)
{
    *thread = (struct thread){ .runner = runner };
    pthread_mutex_init(&thread->holding.lock, NULL);
    thread->arena = arena_create();
    struct text name = random_token(thread->arena, CLAIMER_NAME_BYTES);
    snprintf(thread->name, sizeof thread->name, "%.*s", TEXT_ARG(name));
    return database_connect(runner->options.site->database, &thread->db, error);
}

static bool prepare(struct job_runner *runner, struct error *error)
{
    for (int i = 0; i < runner->options.threads; i++)
        if (!prepare_thread(runner, &runner->threads[i], error))
            return false;
    if (!prepare_thread(runner, &runner->keeper, error))
        return false;
    struct work work = work_of(&runner->keeper);
    bool prepared = schedule_seed(&work, runner->options.periodics)
                 && (!runner->options.alone || claim_end_leases(&work));
    if (!prepared)
        *error = work.error;
    return prepared;
}

static void start(struct thread *thread, void *(*run)(void *thread), const char *name)
{
    if (pthread_create(&thread->id, NULL, run, thread) != 0)
        abort();
    pthread_setname_np(thread->id, name);
}

static struct job_runner *make_runner(const struct job_runner_options *options)
{
    struct job_runner *runner = memory_new(struct job_runner);
    runner->options = *options;
    if (runner->options.threads <= 0 || runner->options.threads > THREADS_MAX)
        runner->options.threads = JOB_THREADS;
    pthread_mutex_init(&runner->lock, NULL);
    condition_init(&runner->woken);
    return runner;
}

static void free_thread(struct thread *thread)
{
    if (!thread->arena)
        return;
    db_close(thread->db);
    arena_destroy(thread->arena);
    pthread_mutex_destroy(&thread->holding.lock);
}

static void free_runner(struct job_runner *runner)
{
    for (int i = 0; i < runner->options.threads; i++)
        free_thread(&runner->threads[i]);
    free_thread(&runner->keeper);
    pthread_cond_destroy(&runner->woken);
    pthread_mutex_destroy(&runner->lock);
    free(runner);
}

bool job_runner_create(struct job_runner **out, const struct job_runner_options *options, struct error *error)
{
    struct job_runner *runner = make_runner(options);
    if (!prepare(runner, error)) {
        free_runner(runner);
        return false;
    }
    options->site->wake_jobs = job_runner_wake;
    atomic_store(&options->site->ending, false);
    join_site(options->site, runner);
    for (int i = 0; i < runner->options.threads; i++)
        start(&runner->threads[i], run_thread, "jobs");
    start(&runner->keeper, run_keeper, "jobs-keeper");
    *out = runner;
    return true;
}

void job_runner_destroy(struct job_runner *runner)
{
    if (!runner)
        return;
    join_site(runner->options.site, NULL);
    pthread_mutex_lock(&runner->lock);
    runner->stopping = true;
    pthread_cond_broadcast(&runner->woken);
    pthread_mutex_unlock(&runner->lock);
    for (int i = 0; i < runner->options.threads; i++)
        atomic_store(&runner->threads[i].holding.stopping, true);
    atomic_store(&runner->options.site->ending,
                 true); /* behind those: who fails because of it is known by them */
    for (int i = 0; i < runner->options.threads; i++)
        pthread_join(runner->threads[i].id, NULL);
    pthread_join(runner->keeper.id, NULL);
    free_runner(runner);
}

/* Threads with a bounded queue. */
#include "base/clock.h"
#include "base/condition.h"
#include "base/pool.h"
#include "test.h"
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

struct count_task {
    struct task task;
    atomic_int *count;
    void **state;
};

static void count_one(struct task *task, void *thread_state)
{
    struct count_task *this = (struct count_task *)task;
    if (this->state)
        *this->state = thread_state;
    atomic_fetch_add(this->count, 1);
}

struct gate_task {
    struct task task;
    sem_t *begun, *may_end;
};

static void wait_at_gate(struct task *task, void *thread_state)
{
    (void)thread_state;
    struct gate_task *this = (struct gate_task *)task;
    sem_post(this->begun);
    sem_wait(this->may_end);
}

static atomic_int threads_begun, threads_ended;

static void *begin_thread(void *context)
{
    atomic_fetch_add(&threads_begun, 1);
    return context;
}

static void end_thread(void *thread_state)
{
    (void)thread_state;
    atomic_fetch_add(&threads_ended, 1);
}

TEST(a_pool_runs_everything_before_it_ends)
{
    enum { TASKS = 500 };
    static struct count_task tasks[TASKS];
    atomic_int count = 0;
    int context;
    void *state = NULL;
    struct pool *pool = pool_create(&(struct pool_options){ .name = "test",
                                                            .threads = 3,
                                                            .queue_max = TASKS,
                                                            .thread_begin = begin_thread,
                                                            .thread_end = end_thread,
                                                            .context = &context });
    for (int i = 0; i < TASKS; i++) {
        tasks[i] = (struct count_task){ { .run = count_one }, &count, i == 0 ? &state : NULL };
        CHECK(pool_submit(pool, &tasks[i].task));
    }
    pool_destroy(pool);
    CHECK(count == TASKS);
    CHECK(state == &context);
    CHECK(threads_begun == 3 && threads_ended == 3);
}

TEST(a_full_pool_refuses)
{
    sem_t begun, may_end;
    sem_init(&begun, 0, 0);
    sem_init(&may_end, 0, 0);
    atomic_int count = 0;
    struct gate_task gate = { { .run = wait_at_gate }, &begun, &may_end };
    struct count_task first = { { .run = count_one }, &count, NULL }, second = first, third = first;
    struct pool *pool = pool_create(&(struct pool_options){ .name = "test", .threads = 1, .queue_max = 2 });

    CHECK(pool_submit(pool, &gate.task));
    sem_wait(&begun); /* its only thread is busy; the queue is empty */
    CHECK(pool_depth(pool) == 0);
    CHECK(pool_submit(pool, &first.task) && pool_submit(pool, &second.task));
    CHECK(pool_depth(pool) == 2);
    CHECK(!pool_submit(pool, &third.task));
    sem_post(&may_end);
    pool_destroy(pool);
    CHECK(count == 2);
    sem_destroy(&begun);
    sem_destroy(&may_end);
}

struct order_task {
    struct task task;
    int number, *next;
};

static void check_order(struct task *task, void *thread_state)
{
    (void)thread_state;
    struct order_task *this = (struct order_task *)task;
    CHECK(this->number == (*this->next)++);
}

TEST(one_thread_keeps_the_order)
{
    enum { TASKS = 100 };
    static struct order_task tasks[TASKS];
    int next = 0;
    struct pool *pool =
        pool_create(&(struct pool_options){ .name = "test", .threads = 1, .queue_max = TASKS });
    for (int i = 0; i < TASKS; i++) {
        tasks[i] = (struct order_task){ { .run = check_order }, i, &next };
        CHECK(pool_submit(pool, &tasks[i].task));
    }
    pool_destroy(pool);
    CHECK(next == TASKS);
}

static void note_thread(void *data)
{
    *(pthread_t *)data = pthread_self();
}

TEST(an_errand_is_run_by_the_pool_or_where_there_is_none_by_whoever_sends_it)
{
    pthread_t by;
    pool_run(NULL, note_thread, &by);
    CHECK(pthread_equal(by, pthread_self()));
    struct pool *pool = pool_create(&(struct pool_options){ .name = "test", .threads = 1, .queue_max = 1 });
    pool_run(pool, note_thread, &by);
    CHECK(!pthread_equal(by, pthread_self()));
    pool_destroy(pool);
    pool = pool_create(&(struct pool_options){ .name = "test", .threads = 1, .queue_max = 0 });
    pool_run(pool, note_thread, &by); /* it is full */
    CHECK(pthread_equal(by, pthread_self()));
    pool_destroy(pool);
}

/* ---- Niceness ---- */

enum { NICEST = 19 }; /* nobody is nicer, whatever he is asked for */

static int nicer_by(int more)
{
    int niceness = getpriority(PRIO_PROCESS, 0) + more;
    return niceness < NICEST ? niceness : NICEST;
}

static int niceness_of(pid_t thread)
{
    return getpriority(PRIO_PROCESS, (id_t)thread);
}

struct patient {
    struct pool *pool;
    atomic_int thread, niceness_begun;
    atomic_bool may_end;
};

static void note_niceness_and_wait(void *data)
{
    struct patient *patient = data;
    pid_t thread = (pid_t)syscall(SYS_gettid);
    atomic_store(&patient->niceness_begun, niceness_of(thread));
    atomic_store(&patient->thread, thread);
    while (!atomic_load(&patient->may_end))
        sched_yield();
}

static void *send_errand(void *argument)
{
    struct patient *patient = argument;
    pool_run(patient->pool, note_niceness_and_wait, patient);
    return NULL;
}

/* For 20 s at most. */
static void wait_for_niceness(pid_t thread, int niceness)
{
    int64_t until_us = clock_monotonic_us() + 20'000'000;
    while (niceness_of(thread) != niceness && clock_monotonic_us() < until_us)
        sched_yield();
    CHECK(niceness_of(thread) == niceness);
}

/* Sends the pool's only thread on an errand; the niceness with which it begins. While it is waited for, but
 * not before the patience of whoever waits has ended, and once it is not, it gets the other two. */
static int watch_niceness(struct pool *pool, int patience_ms, int waited_for, int idle)
{
    struct patient patient = { .pool = pool };
    pthread_t thread;
    int64_t sent_us = clock_monotonic_us();
    CHECK(pthread_create(&thread, NULL, send_errand, &patient) == 0);
    while (atomic_load(&patient.thread) == 0)
        sched_yield();
    wait_for_niceness(atomic_load(&patient.thread), waited_for);
    CHECK(clock_monotonic_us() - sent_us >= patience_ms * INT64_C(1'000));
    atomic_store(&patient.may_end, true);
    pthread_join(thread, NULL);
    wait_for_niceness(atomic_load(&patient.thread), idle);
    return atomic_load(&patient.niceness_begun);
}

/* May a thread be as little nice again as it was? */
static bool comes_back(void)
{
    int own = getpriority(PRIO_PROCESS, 0);
    return setpriority(PRIO_PROCESS, 0, own + 1) == 0 && setpriority(PRIO_PROCESS, 0, own) == 0;
}

TEST(who_loses_patience_lends_the_threads_his_priority_until_nobody_waits)
{
    enum { NICE = 7, NICE_FOR_GOOD = 3 };
    bool comes = comes_back();
    int own = nicer_by(0), nice = nicer_by(comes ? NICE : NICE_FOR_GOOD);
    bool lends = comes && nice != own;
    struct pool *pool = pool_create(&(struct pool_options){ .name = "test",
                                                            .threads = 1,
                                                            .queue_max = 2,
                                                            .nice = NICE,
                                                            .nice_for_good = NICE_FOR_GOOD,
                                                            .patience_ms = 3 });
    for (int i = 0; i < 20; i++)
        (void)watch_niceness(pool, lends ? 3 : 0, lends ? own : nice, nice);
    pool_destroy(pool);
}

/* An errand that ends in the moment in which patience does, and what the pool does next. */
static struct last_moment {
    struct pool *pool;
    struct gate_task next;
    atomic_int thread;
    sem_t is_over;
} * last_moment;

static void note_thread_and_wait(void *)
{
    atomic_store(&last_moment->thread, (int)syscall(SYS_gettid));
    sem_wait(&last_moment->is_over);
}

bool __real_condition_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t until_us);
bool __wrap_condition_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t until_us);
bool __wrap_condition_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t until_us)
{
    bool in_time = __real_condition_wait_until(condition, mutex, until_us);
    if (!in_time && last_moment) {
        pthread_mutex_unlock(mutex);
        CHECK(pool_submit(last_moment->pool, &last_moment->next.task));
        sem_post(&last_moment->is_over);
        sem_wait(last_moment->next.begun);
        pthread_mutex_lock(mutex);
    }
    return in_time;
}

TEST(who_loses_patience_in_the_moment_in_which_it_is_over_lends_nothing)
{
    sem_t begun, may_end;
    sem_init(&begun, 0, 0);
    sem_init(&may_end, 0, 0);
    int nice = nicer_by(5);
    struct last_moment moment = {
        .pool = pool_create(&(struct pool_options){
            .name = "test", .threads = 1, .queue_max = 2, .nice = 5, .nice_for_good = 5, .patience_ms = 3 }),
        .next = { { .run = wait_at_gate }, &begun, &may_end },
    };
    sem_init(&moment.is_over, 0, 0);
    last_moment = &moment;
    pool_run(moment.pool, note_thread_and_wait, NULL);
    last_moment = NULL;
    CHECK(niceness_of(atomic_load(&moment.thread)) == nice);
    sem_post(&may_end);
    pool_destroy(moment.pool);
    sem_destroy(&begun);
    sem_destroy(&may_end);
    sem_destroy(&moment.is_over);
}

TEST(a_patient_one_leaves_the_threads_as_nice_as_they_are)
{
    struct pool *pool = pool_create(&(struct pool_options){
        .name = "test", .threads = 1, .queue_max = 1, .nice = 5, .nice_for_good = 5 });
    int nice = nicer_by(5);
    for (int i = 0; i < 20; i++)
        CHECK(watch_niceness(pool, 0, nice, nice) == nice);
    pool_destroy(pool);
}

#include "base/pool.h"
#include "base/clock.h"
#include "base/condition.h"
#include "base/memory.h"
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

struct worker {
    struct pool *pool;
    pthread_t thread;
    pid_t id; /* 0: it has not begun, or is as nice as all others */
    int nice;
};

struct pool {
    struct pool_options options;
    int niceness; /* of whoever made the pool */
    pthread_mutex_t mutex;
    pthread_cond_t filled, errand_done;
    struct task *first, **last;
    size_t depth;
    bool ending, hurries;
    struct worker workers[];
};

/* False: the system refuses, and the worker stays as it is. */
static bool set_nice(const struct worker *worker, int nice)
{
    return setpriority(PRIO_PROCESS, (id_t)worker->id, worker->pool->niceness + nice) == 0;
}

/* The mutex is held. Hurries until nothing waits for the threads any more. */
static void hurry(struct pool *pool, bool hurries)
{
    struct worker *end = pool->workers + pool->options.threads;
    for (struct worker *worker = pool->workers; worker < end && hurries != pool->hurries; worker++)
        if (worker->id != 0)
            (void)set_nice(worker, hurries ? 0 : worker->nice);
    pool->hurries = hurries;
}

static struct task *take(struct pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    if (!pool->first)
        hurry(pool, false);
    while (!pool->first && !pool->ending)
        pthread_cond_wait(&pool->filled, &pool->mutex);
    struct task *task = pool->first;
    if (task) {
        pool->first = task->next;
        if (!pool->first)
            pool->last = &pool->first;
        pool->depth--;
    }
    pthread_mutex_unlock(&pool->mutex);
    return task;
}

static void begin(struct worker *worker)
{
    struct pool *pool = worker->pool;
    pthread_setname_np(pthread_self(), pool->options.name);
    if (pool->options.nice == 0)
        return;
    pthread_mutex_lock(&pool->mutex);
    worker->id = (pid_t)syscall(SYS_gettid);
    bool comes_back = set_nice(worker, 1) && set_nice(worker, 0);
    worker->nice = comes_back ? pool->options.nice : pool->options.nice_for_good;
    (void)set_nice(worker, pool->hurries ? 0 : worker->nice);
    pthread_mutex_unlock(&pool->mutex);
}

static void *run(void *argument)
{
    struct worker *worker = argument;
    struct pool *pool = worker->pool;
    begin(worker);
    void *state = pool->options.thread_begin ? pool->options.thread_begin(pool->options.context) : NULL;
    for (struct task *task; (task = take(pool));)
        task->run(task, state);
    if (pool->options.thread_end)
        pool->options.thread_end(state);
    return NULL;
}

struct pool *pool_create(const struct pool_options *options)
{
    struct pool *pool =
        memory_require(calloc(1, sizeof *pool + sizeof *pool->workers * (size_t)options->threads));
    pool->options = *options;
    pool->niceness = getpriority(PRIO_PROCESS, 0);
    pool->last = &pool->first;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->filled, NULL);
    condition_init(&pool->errand_done);
    for (struct worker *worker = pool->workers; worker < pool->workers + options->threads; worker++) {
        worker->pool = pool;
        if (pthread_create(&worker->thread, NULL, run, worker) != 0) {
            perror("thread");
            abort();
        }
    }
    return pool;
}

bool pool_submit(struct pool *pool, struct task *task)
{
    pthread_mutex_lock(&pool->mutex);
    bool room = !pool->ending && pool->depth < (size_t)pool->options.queue_max;
    if (room) {
        task->next = NULL;
        *pool->last = task;
        pool->last = &task->next;
        pool->depth++;
        pthread_cond_signal(&pool->filled);
    }
    pthread_mutex_unlock(&pool->mutex);
    return room;
}

struct errand {
    struct task task;
    struct pool *pool;
    void (*function)(void *data);
    void *data;
    bool done;
};

static void run_errand(struct task *task, void *)
{
    struct errand *errand = (struct errand *)task;
    struct pool *pool = errand->pool;
    errand->function(errand->data);
    pthread_mutex_lock(&pool->mutex);
    errand->done = true;
    pthread_cond_broadcast(&pool->errand_done);
    pthread_mutex_unlock(&pool->mutex);
}

static void wait_for(const struct errand *errand)
{
    struct pool *pool = errand->pool;
    int64_t patience_us =
        (pool->options.patience_ms > 0 ? pool->options.patience_ms : INT_MAX) * INT64_C(1'000);
    int64_t until_us = clock_monotonic_us() + patience_us;
    pthread_mutex_lock(&pool->mutex);
    while (!errand->done)
        if (!condition_wait_until(&pool->errand_done, &pool->mutex, until_us) && !errand->done) {
            hurry(pool, true);
            until_us += patience_us;
        }
    pthread_mutex_unlock(&pool->mutex);
}

void pool_run(struct pool *pool, void (*function)(void *data), void *data)
{
    struct errand errand = { .task.run = run_errand, .pool = pool, .function = function, .data = data };
    if (pool && pool_submit(pool, &errand.task))
        wait_for(&errand);
    else
        function(data);
}

size_t pool_depth(struct pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    size_t depth = pool->depth;
    pthread_mutex_unlock(&pool->mutex);
    return depth;
}

void pool_destroy(struct pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->ending = true;
    pthread_cond_broadcast(&pool->filled);
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i < pool->options.threads; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->filled);
    pthread_cond_destroy(&pool->errand_done);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

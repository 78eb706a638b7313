#include "base/pool.h"
#include "base/memory.h"
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

struct pool {
    struct pool_options options;
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    struct task *first, **last;
    size_t depth;
    bool ending;
    pthread_t threads[];
};

static struct task *take(struct pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
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

static void *run(void *argument)
{
    struct pool *pool = argument;
    pthread_setname_np(pthread_self(), pool->options.name);
    if (pool->options.nice)
        setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), pool->options.nice);
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
        memory_require(calloc(1, sizeof *pool + sizeof(pthread_t) * (size_t)options->threads));
    pool->options = *options;
    pool->last = &pool->first;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->filled, NULL);
    for (int i = 0; i < options->threads; i++)
        if (pthread_create(&pool->threads[i], NULL, run, pool) != 0) {
            perror("thread");
            abort();
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
    void (*function)(void *data);
    void *data;
    sem_t done;
};

static void run_errand(struct task *task, void *)
{
    struct errand *errand = (struct errand *)task;
    errand->function(errand->data);
    sem_post(&errand->done);
}

void pool_run(struct pool *pool, void (*function)(void *data), void *data)
{
    struct errand errand = { .task.run = run_errand, .function = function, .data = data };
    sem_init(&errand.done, false, 0);
    if (pool && pool_submit(pool, &errand.task))
        while (sem_wait(&errand.done) != 0)
            ; /* a signal came */
    else
        function(data);
    sem_destroy(&errand.done);
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
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->filled);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

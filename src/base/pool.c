#include "base/pool.h"
#include "base/memory.h"
#include <pthread.h>
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

/* How many tasks a thread takes at once. */
static int portion(const struct pool *pool)
{
    return pool->options.run_together ? pool->options.together_max : 1;
}

/* The first tasks of the queue, as a list of their own. */
static struct task *cut(struct pool *pool)
{
    struct task *first = pool->first, **end = &pool->first;
    for (int i = 0; *end && i < portion(pool); i++) {
        end = &(*end)->next;
        pool->depth--;
    }
    pool->first = *end;
    *end = NULL;
    if (!pool->first)
        pool->last = &pool->first;
    return first;
}

static struct task *take(struct pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    while (!pool->first && !pool->ending)
        pthread_cond_wait(&pool->filled, &pool->mutex);
    struct task *first = cut(pool);
    pthread_mutex_unlock(&pool->mutex);
    return first;
}

static void run_tasks(struct pool *pool, struct task *first, void *state)
{
    if (pool->options.run_together)
        pool->options.run_together(first, state);
    else
        first->run(first, state);
}

static void *run(void *argument)
{
    struct pool *pool = argument;
    pthread_setname_np(pthread_self(), pool->options.name);
    if (pool->options.nice)
        setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), pool->options.nice);
    void *state = pool->options.thread_begin ? pool->options.thread_begin(pool->options.context) : NULL;
    for (struct task *task; (task = take(pool));)
        run_tasks(pool, task, state);
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

bool pool_submit_list(struct pool *pool, struct task *first)
{
    size_t count = 0;
    struct task **end = &first;
    for (; *end; end = &(*end)->next)
        count++;
    pthread_mutex_lock(&pool->mutex);
    bool room = !pool->ending && pool->depth + count <= (size_t)pool->options.queue_max;
    if (room && count > 0) {
        *pool->last = first;
        pool->last = end;
        pool->depth += count;
        for (size_t woken = 0; woken < count; woken += (size_t)portion(pool))
            pthread_cond_signal(&pool->filled);
    }
    pthread_mutex_unlock(&pool->mutex);
    return room;
}

bool pool_submit(struct pool *pool, struct task *task)
{
    task->next = NULL;
    return pool_submit_list(pool, task);
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

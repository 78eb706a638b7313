/*
 * Threads that run what is queued, in order, with a bounded queue.
 *
 * A task's memory is its owner's. `run` is called on one of the pool's threads with that thread's own state.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct pool;

struct task {
    void (*run)(struct task *task, void *thread_state); /* unused where the pool runs several together */
    struct task *next;                                  /* the pool's */
};

struct pool_options {
    const char *name; /* at most 15 bytes: the threads' name */
    int threads, queue_max;
    int nice; /* added to the threads' niceness */
    /* Several at once, as many as wait and at most together_max, linked by `next`; or NULL: each by its own
     * run. */
    void (*run_together)(struct task *first, void *thread_state);
    int together_max;
    void *(*thread_begin)(void *context);
    void (*thread_end)(void *thread_state);
    void *context;
};

struct pool *pool_create(const struct pool_options *options);
/* False: the queue is full, or the pool is ending. */
[[nodiscard]] bool pool_submit(struct pool *pool, struct task *task);
/* All of a list that is linked by `next`, or none of it. */
[[nodiscard]] bool pool_submit_list(struct pool *pool, struct task *first);
size_t pool_depth(struct pool *pool); /* queued, not yet begun */
void pool_destroy(struct pool *pool); /* runs what is queued, then joins the threads */

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
    void (*run)(struct task *task, void *thread_state);
    struct task *next; /* the pool's */
};

struct pool_options {
    const char *name; /* at most 15 bytes: the threads' name */
    int threads, queue_max;
    /* Added to the threads' niceness; the second where the system would not let them come back from the
     * first. */
    int nice, nice_for_good;
    int patience_ms; /* 0: endless. Who has waited so long in pool_run lends the threads his own priority */
    void *(*thread_begin)(void *context);
    void (*thread_end)(void *thread_state);
    void *context;
};

struct pool *pool_create(const struct pool_options *options);
/* False: the queue is full, or the pool is ending. */
[[nodiscard]] bool pool_submit(struct pool *pool, struct task *task);
/* Runs the function on one of the pool's threads and waits for its end; at once in this one where `pool` is
 * NULL or has no room. */
void pool_run(struct pool *pool, void (*function)(void *data), void *data);
size_t pool_depth(struct pool *pool); /* queued, not yet begun */
void pool_destroy(struct pool *pool); /* runs what is queued, then joins the threads */

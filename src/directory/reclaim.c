/*
 * Epochs. A reader notes the epoch in which it enters; what is retired in an epoch is freed once no reader is
 * left of that epoch or before. The order between a reader's note and its first look, and between a writer's
 * replacement and its look at the notes, is the one total order of the sequentially consistent operations.
 */
#include "directory/reclaim.h"
#include "base/memory.h"
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { CACHE_LINE = 64 };

struct reader {
    alignas(CACHE_LINE) _Atomic uint64_t seen; /* the epoch in which it entered; 0: it is outside */
    unsigned depth;                            /* of nested brackets; the thread's own */
    _Atomic bool taken;                        /* by a living thread */
    struct reader *next;
};

struct retired {
    void *memory;
    uint64_t epoch;
};

struct reclaimer {
    _Atomic uint64_t epoch;
    _Atomic(struct reader *) readers; /* only ever grows */
    pthread_key_t mine;               /* the calling thread's reader */
    struct retired *retired;
    size_t retired_count, retired_capacity;
};

/* A thread that ends leaves its reader to the next one. */
static void reader_give_back(void *argument)
{
    struct reader *reader = argument;
    atomic_store(&reader->taken, false);
}

struct reclaimer *reclaimer_create(void)
{
    struct reclaimer *reclaimer = memory_new(struct reclaimer);
    if (pthread_key_create(&reclaimer->mine, reader_give_back) != 0)
        abort();
    atomic_init(&reclaimer->epoch, 1);
    return reclaimer;
}

void reclaimer_destroy(struct reclaimer *reclaimer)
{
    for (size_t i = 0; i < reclaimer->retired_count; i++)
        free(reclaimer->retired[i].memory);
    free(reclaimer->retired);
    for (struct reader *reader = atomic_load(&reclaimer->readers), *next; reader; reader = next) {
        next = reader->next;
        free(reader);
    }
    pthread_key_delete(reclaimer->mine);
    free(reclaimer);
}

static struct reader *take_idle(struct reclaimer *reclaimer)
{
    for (struct reader *reader = atomic_load(&reclaimer->readers); reader; reader = reader->next)
        if (!atomic_exchange(&reader->taken, true))
            return reader;
    return NULL;
}

static struct reader *add_reader(struct reclaimer *reclaimer)
{
    struct reader *reader = memory_require(aligned_alloc(CACHE_LINE, sizeof *reader));
    *reader = (struct reader){ .taken = true, .next = atomic_load(&reclaimer->readers) };
    while (!atomic_compare_exchange_weak(&reclaimer->readers, &reader->next, reader))
        ;
    return reader;
}

static struct reader *reader_of_thread(struct reclaimer *reclaimer)
{
    struct reader *reader = pthread_getspecific(reclaimer->mine);
    if (reader)
        return reader;
    reader = take_idle(reclaimer);
    if (!reader)
        reader = add_reader(reclaimer);
    if (pthread_setspecific(reclaimer->mine, reader) != 0)
        abort();
    return reader;
}

struct reader *reclaimer_enter(struct reclaimer *reclaimer)
{
    struct reader *reader = reader_of_thread(reclaimer);
    if (reader->depth++ == 0)
        atomic_store(&reader->seen, atomic_load(&reclaimer->epoch));
    return reader;
}

void reclaimer_leave(struct reader **reader)
{
    if (--(*reader)->depth == 0)
        atomic_store_explicit(&(*reader)->seen, 0, memory_order_release);
}

void reclaimer_retire(struct reclaimer *reclaimer, void *memory)
{
    if (!memory)
        return;
    if (reclaimer->retired_count == reclaimer->retired_capacity) {
        size_t capacity = reclaimer->retired_capacity ? reclaimer->retired_capacity * 2 : 64;
        reclaimer->retired =
            memory_require(reallocarray(reclaimer->retired, capacity, sizeof *reclaimer->retired));
        reclaimer->retired_capacity = capacity;
    }
    reclaimer->retired[reclaimer->retired_count++] =
        (struct retired){ memory, atomic_load(&reclaimer->epoch) };
}

/* The epoch of the reader that has been inside the longest. */
static uint64_t oldest_seen(struct reclaimer *reclaimer)
{
    uint64_t oldest = UINT64_MAX;
    for (struct reader *reader = atomic_load(&reclaimer->readers); reader; reader = reader->next) {
        uint64_t seen = atomic_load(&reader->seen);
        if (seen > 0 && seen < oldest)
            oldest = seen;
    }
    return oldest;
}

void reclaimer_collect(struct reclaimer *reclaimer)
{
    atomic_fetch_add(&reclaimer->epoch, 1);
    uint64_t oldest = oldest_seen(reclaimer);
    size_t kept = 0;
    for (size_t i = 0; i < reclaimer->retired_count; i++) {
        struct retired retired = reclaimer->retired[i];
        if (retired.epoch < oldest)
            free(retired.memory);
        else
            reclaimer->retired[kept++] = retired;
    }
    reclaimer->retired_count = kept;
}

size_t reclaimer_waiting(const struct reclaimer *reclaimer)
{
    return reclaimer->retired_count;
}

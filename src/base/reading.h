/*
 * Readings of the same rows into memory by several threads, which may end in another order than they began:
 * the one that began last is believed, since every change is followed by a reading that begins after it.
 *
 * Nobody waits for another's reading. What is held in memory has its own lock, under which it is replaced.
 */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct readings {
    _Atomic uint64_t begun;
    uint64_t believed; /* under the lock of what is read */
};

/* Before it is read. */
static inline uint64_t reading_begin(struct readings *readings)
{
    return atomic_fetch_add(&readings->begun, 1) + 1;
}

/* Under the lock, when it was read: may it replace what is held? Not where a later one has. */
static inline bool reading_is_believed(struct readings *readings, uint64_t reading)
{
    bool is_later = reading > readings->believed;
    if (is_later)
        readings->believed = reading;
    return is_later;
}

/* Whoever waits for a copy: is told how far it has come, and may give it up. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Told about each second how much is done; total 0: it cannot be told. False: it is given up, and fails. NULL
 * `tick`: nobody watches. */
struct copy_watch {
    bool (*tick)(void *context, int64_t done, int64_t total);
    void *context;
    int64_t until_us; /* by the monotonic clock, and the same for a statement that does not end; 0: no end */
};

static inline bool copy_watch_goes_on(const struct copy_watch *watch, int64_t done, int64_t total)
{
    return !watch || !watch->tick || watch->tick(watch->context, done, total);
}

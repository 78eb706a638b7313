/* What a thread waits for, for a while at most: a condition of pthreads by the clock that never goes back. */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

void condition_init(pthread_cond_t *condition);
/* False: the time has come (clock_monotonic_us). */
bool condition_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t until_us);

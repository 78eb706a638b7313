/*
 * When memory that readers may still look at can be freed, without a lock among the readers.
 *
 * A reader says when it looks (enter, leave); a writer retires what it has replaced, and that is freed once
 * every reader that could have seen it has left. One writer at a time: whoever retires holds the lock that
 * its own structure is written under.
 */
#pragma once
#include <stddef.h>

struct reclaimer;
struct reader; /* a thread's own; made the first time it enters, used again when it has ended */

struct reclaimer *reclaimer_create(void);
void reclaimer_destroy(struct reclaimer *reclaimer); /* when no thread reads any more */

/* Brackets the reading; may be nested. [[gnu::cleanup(reclaimer_leave)]] fits. */
struct reader *reclaimer_enter(struct reclaimer *reclaimer);
void reclaimer_leave(struct reader **reader);

/* Frees the memory, by free(), once nobody can see it: now or at a later call. */
void reclaimer_retire(struct reclaimer *reclaimer, void *memory);
void reclaimer_collect(struct reclaimer *reclaimer);
size_t reclaimer_waiting(const struct reclaimer *reclaimer); /* retired, not yet freed */

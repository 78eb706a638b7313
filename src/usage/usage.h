/*
 * What tenants consume of their monthly limits.
 *
 * From memory, in a microsecond, and written to the database a moment later: on one node never over the
 * limit, and never counted twice. What a node that is killed had answered since it last wrote is lost, which
 * is that of USAGE_WRITE_MS, or of USAGE_WRITE_ANSWERS if these came sooner, and of the time that writing
 * takes; where the database is away, all since. One that ends in order loses nothing. Of several nodes each
 * may go over by what the others have answered and not yet told: as much.
 *
 * Exactly, in a transaction: never over the limit whatever other nodes do, and on disk when it is answered.
 * What this node has answered from memory and not written is counted; what others have, is not. Memory knows
 * of it once it is committed: what it gives while that is under way may go over, by as much.
 */
#pragma once
#include "directory/directory.h"
#include "queue/periodic.h"
#include "record/work.h"
#include "usage/ledger.h"

enum { USAGE_WRITE_MS = 500, USAGE_WRITE_ANSWERS = 10'000 };

struct usage;

struct usage *usage_create(void);
void usage_destroy(struct usage *usage);

/* `entry` is found inside a reader's brackets. `limit_reached`, or what the level of service refuses with. */
[[nodiscard]] bool usage_consume(struct work *work, const struct directory_entry *entry,
                                 enum tenant_limit limit, int64_t quantity, struct use_taken *taken);
/* In a transaction. */
[[nodiscard]] bool usage_consume_exactly(struct work *work, struct text tenant_id, enum tenant_limit limit,
                                         int64_t quantity, struct use_taken *taken);

/* Writes what was consumed from memory, outside of any transaction. What could not be written is kept for the
 * next time. */
[[nodiscard]] bool usage_write(struct work *work);
/* Until there is something to write for long enough, or for many; false: usage_stop was called. */
bool usage_wait(struct usage *usage);
void usage_stop(struct usage *usage);

/* Another node has told whose counts it moved: "NODE:ID,ID". Its own words it does not mind. False: the
 * counts could not be read. */
[[nodiscard]] bool usage_heard(struct work *work, struct text told);

/* Begins the month of those who are in a new one and have not consumed in it; measures the databases; counts
 * who was there. */
extern const struct periodic usage_periodics[];

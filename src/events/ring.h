/*
 * The latest events of a node, in memory: encoded once, read by every listener from where it stands. Who
 * falls behind the oldest that is kept has to read the table.
 */
#pragma once
#include "base/random.h"
#include "record/work.h"

enum { RING_EVENTS = 4096 /* a power of two */ };

/* An event as it goes out, and who may have it. */
struct message {
    int64_t position;
    unsigned audience;
    char tenant_id[UUID_LENGTH + 1]; /* empty: no tenant's */
    struct text text;
    const struct table *table; /* NULL: one that is gone */
};

struct ring;

struct ring *ring_create(void);
void ring_destroy(struct ring *ring);
/* The position that comes next, of an empty ring. */
void ring_begin(struct ring *ring, int64_t next);
/* Takes the message behind the last; its text is copied. */
void ring_add(struct ring *ring, const struct message *message);
int64_t ring_next(struct ring *ring); /* the position behind the last */

/* Can one who wants to go on at this position be served? */
bool ring_has(struct ring *ring, int64_t position);
/*
 * Writes what the actor may have from *position on, as far as it fits, and moves *position behind it. False:
 * the position has been left behind.
 */
bool ring_read(struct ring *ring, const struct actor *actor, int64_t *position, char *room, size_t size,
               size_t *length);

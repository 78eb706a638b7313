/*
 * Things that many tenants have alike, each in memory once for all of these, as long as one of them has it. A
 * thing is found by all that it consists of. One writer at a time.
 */
#pragma once
#include "directory/shards.h"

/* The head of such a thing. */
struct shared {
    size_t tenants; /* that have it; the writer's own */
    size_t size;    /* of what stands behind the head, gaps zeroed */
};

struct shards *shared_create_all(struct reclaimer *reclaimer);
void shared_destroy_all(struct shards *all);

/* One that is alike, found, or this one, which is freed otherwise: for one tenant more. */
const void *shared_take(struct shards *all, struct shared *made);
/* For one tenant less; NULL: nothing. Whoever still reads it may go on. */
void shared_give_back(struct shards *all, const struct shared *given);

/* Texts behind one another, by where each ends. */
size_t shared_texts_length(const struct text *texts, size_t count);
void shared_texts_write(const struct text *texts, size_t count, uint32_t *ends, char *bytes);
struct text shared_text(const uint32_t *ends, const char *bytes, size_t i);

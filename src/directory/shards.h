/*
 * Things in memory by their keys, found by any thread without a lock.
 *
 * They stand in small shards that are copied to be changed; what is replaced is freed when no reader sees it.
 * One writer at a time.
 */
#pragma once
#include "base/text.h"
#include "directory/reclaim.h"

struct shards;

struct shards_options {
    struct reclaimer *reclaimer;
    unsigned keys; /* by how many keys a thing is found, counted from 0 */
    /* A thing's key; empty: it is not found by that one. */
    struct text (*key_of)(const void *thing, unsigned key);
};

struct shards *shards_create(const struct shards_options *options);
/* The things are whoever's who put them in. */
void shards_destroy(struct shards *shards);

/* Between reclaimer_enter and reclaimer_leave; NULL: there is none. */
const void *shards_find(const struct shards *shards, unsigned key, struct text text);

/* Puts `thing` in the place of `old`, and retires `old`; either may be NULL. A key that stays is changed in
 * one step, so that no reader misses it. */
void shards_replace(struct shards *shards, const void *old, const void *thing);

/* Each thing once, by its first key, which it must have. The visitor may not write. */
void shards_visit(const struct shards *shards, void (*visit)(const void *thing, void *data), void *data);

/* Prepared statements of one connection, found by their SQL; the one unused for longest makes room for a new
 * one. */
#pragma once
#include "base/text.h"

enum { STATEMENTS_MAX = 256, STATEMENT_BUCKETS = 512 };

/* The head of a driver's own struct. */
struct statement {
    struct text sql; /* as the caller wrote it; lies behind the driver's struct */
    uint64_t hash;
    struct statement *newer, *older, *chain;
};

struct statement_cache {
    size_t count;
    struct statement *newest, *oldest;
    struct statement *buckets[STATEMENT_BUCKETS];
};

/* Zeroed memory of the given size whose head knows its SQL; not in a cache yet, given back by free(). */
struct statement *statement_create(size_t size, struct text sql);

struct statement *statement_find(struct statement_cache *cache, struct text sql); /* NULL if it is unknown */
void statement_add(struct statement_cache *cache, struct statement *statement);
void statement_remove(struct statement_cache *cache, struct statement *statement);

/* What must go before another is added, or NULL. */
static inline struct statement *statement_surplus(const struct statement_cache *cache)
{
    return cache->count >= STATEMENTS_MAX ? cache->oldest : NULL;
}

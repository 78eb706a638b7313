#include "sql/statement.h"
#include "base/memory.h"
#include <stdlib.h>
#include <string.h>

/* Eight bytes at a time: SQL is long, and its hash stands in the way of every query. */
static uint64_t hash_of(struct text sql)
{
    uint64_t hash = sql.length, word;
    for (; sql.length >= sizeof word; sql = text_slice(sql, sizeof word, sql.length)) {
        memcpy(&word, sql.data, sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    word = 0;
    memcpy(&word, sql.data, sql.length);
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

static struct statement **bucket_of(struct statement_cache *cache, uint64_t hash)
{
    return &cache->buckets[hash % STATEMENT_BUCKETS];
}

struct statement *statement_create(size_t size, struct text sql)
{
    char *memory = memory_require(calloc(1, size + sql.length + 1));
    memcpy(memory + size, sql.data, sql.length);
    struct statement *statement = (struct statement *)memory;
    statement->sql = (struct text){ memory + size, sql.length };
    statement->hash = hash_of(sql);
    return statement;
}

static void link_newest(struct statement_cache *cache, struct statement *statement)
{
    statement->newer = NULL;
    statement->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = statement;
    cache->newest = statement;
}

static void unlink_age(struct statement_cache *cache, struct statement *statement)
{
    *(statement->newer ? &statement->newer->older : &cache->newest) = statement->older;
    *(statement->older ? &statement->older->newer : &cache->oldest) = statement->newer;
}

struct statement *statement_find(struct statement_cache *cache, struct text sql)
{
    uint64_t hash = hash_of(sql);
    struct statement *statement = *bucket_of(cache, hash);
    while (statement && (statement->hash != hash || !text_equal(statement->sql, sql)))
        statement = statement->chain;
    if (statement && statement != cache->newest) {
        unlink_age(cache, statement);
        link_newest(cache, statement);
    }
    return statement;
}

void statement_add(struct statement_cache *cache, struct statement *statement)
{
    struct statement **bucket = bucket_of(cache, statement->hash);
    statement->chain = *bucket;
    *bucket = statement;
    link_newest(cache, statement);
    cache->count++;
}

void statement_remove(struct statement_cache *cache, struct statement *statement)
{
    struct statement **at = bucket_of(cache, statement->hash);
    while (*at != statement)
        at = &(*at)->chain;
    *at = statement->chain;
    unlink_age(cache, statement);
    cache->count--;
}

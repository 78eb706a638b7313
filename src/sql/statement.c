#include "sql/statement.h"
#include "base/memory.h"
#include <stdlib.h>
#include <string.h>

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
    statement->hash = text_hash(sql);
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
    uint64_t hash = text_hash(sql);
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

#include "directory/shards.h"
#include "base/memory.h"
#include "base/random.h"
#include <stdatomic.h>
#include <stdlib.h>

enum { SHARDS = 4096 };

struct slot {
    uint32_t hash;
    unsigned key;
    const void *thing;
};

struct shard {
    size_t count;
    struct slot slots[];
};

struct shards {
    _Atomic(const struct shard *) shards[SHARDS];
    struct shards_options options;
    uint64_t salt; /* so that nobody outside can fill one shard */
};

struct shards *shards_create(const struct shards_options *options)
{
    struct shards *shards = memory_new(struct shards);
    shards->options = *options;
    random_bytes(&shards->salt, sizeof shards->salt);
    return shards;
}

void shards_destroy(struct shards *shards)
{
    for (int i = 0; i < SHARDS; i++)
        free((void *)atomic_load(&shards->shards[i]));
    free(shards);
}

static uint32_t hash_of(const struct shards *shards, struct text text)
{
    uint64_t hash = (text_hash(text) ^ shards->salt) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(hash >> 32);
}

const void *shards_find(const struct shards *shards, unsigned key, struct text text)
{
    uint32_t hash = hash_of(shards, text);
    const struct shard *shard = atomic_load(&shards->shards[hash % SHARDS]);
    for (size_t i = 0; shard && i < shard->count; i++) {
        const struct slot *slot = &shard->slots[i];
        if (slot->hash == hash && slot->key == key
            && text_equal(shards->options.key_of(slot->thing, key), text))
            return slot->thing;
    }
    return NULL;
}

/* Copies the slots of all things but one, and leaves room for one more. */
static struct shard *copy_without(const struct shard *shard, unsigned key, const void *without)
{
    size_t count = shard ? shard->count : 0;
    struct shard *copy = memory_require(malloc(sizeof *copy + (count + 1) * sizeof(struct slot)));
    copy->count = 0;
    for (size_t i = 0; i < count; i++)
        if (shard->slots[i].thing != without || shard->slots[i].key != key)
            copy->slots[copy->count++] = shard->slots[i];
    return copy;
}

/* In the key's shard, puts `thing` in the place of `old`; either may be NULL. */
static void change_shard(struct shards *shards, unsigned key, struct text text, const void *old,
                         const void *thing)
{
    uint32_t hash = hash_of(shards, text);
    _Atomic(const struct shard *) *place = &shards->shards[hash % SHARDS];
    const struct shard *shard = atomic_load_explicit(place, memory_order_relaxed);
    struct shard *copy = copy_without(shard, key, old);
    if (thing)
        copy->slots[copy->count++] = (struct slot){ hash, key, thing };
    if (copy->count == 0) {
        free(copy);
        copy = NULL;
    }
    atomic_store(place, copy);
    reclaimer_retire(shards->options.reclaimer, (void *)shard);
}

void shards_replace(struct shards *shards, const void *old, const void *thing)
{
    for (unsigned key = 0; key < shards->options.keys; key++) {
        struct text before = old ? shards->options.key_of(old, key) : TEXT("");
        struct text after = thing ? shards->options.key_of(thing, key) : TEXT("");
        bool same = text_equal(before, after);
        if (after.length > 0)
            change_shard(shards, key, after, same ? old : NULL, thing);
        if (before.length > 0 && !same)
            change_shard(shards, key, before, old, NULL);
    }
    reclaimer_retire(shards->options.reclaimer, (void *)old);
}

void shards_visit(const struct shards *shards, void (*visit)(const void *thing, void *data), void *data)
{
    for (int i = 0; i < SHARDS; i++) {
        const struct shard *shard = atomic_load(&shards->shards[i]);
        for (size_t at = 0; shard && at < shard->count; at++)
            if (shard->slots[at].key == 0)
                visit(shard->slots[at].thing, data);
    }
}

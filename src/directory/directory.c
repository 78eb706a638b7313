#include "directory/directory.h"
#include "base/memory.h"
#include "base/random.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* News older than the latest thousand removals is not under way any more. */
enum { SHARDS = 4096, TOMBSTONES_MAX = 1024 };

struct slot {
    uint32_t hash;
    enum entry_part key;
    const struct directory_entry *entry;
};

struct shard {
    size_t count;
    struct slot slots[];
};

struct directory {
    _Atomic(const struct shard *) shards[SHARDS];
    struct reclaimer *reclaimer;
    uint64_t salt; /* so that nobody outside can fill one shard */
    pthread_mutex_t writing;
    const struct directory_entry *tombstones[TOMBSTONES_MAX]; /* a ring: the oldest at `buried` */
    size_t buried, tenants;
};

struct directory *directory_create(void)
{
    struct directory *directory = memory_new(struct directory);
    directory->reclaimer = reclaimer_create();
    random_bytes(&directory->salt, sizeof directory->salt);
    pthread_mutex_init(&directory->writing, NULL);
    return directory;
}

/* Every entry stands once under its id. */
static void free_entries(const struct shard *shard)
{
    for (size_t i = 0; i < shard->count; i++)
        if (shard->slots[i].key == ENTRY_id) {
            free(shard->slots[i].entry->use);
            free((void *)shard->slots[i].entry);
        }
}

void directory_destroy(struct directory *directory)
{
    if (!directory)
        return;
    for (int i = 0; i < SHARDS; i++) {
        const struct shard *shard = atomic_load(&directory->shards[i]);
        if (shard)
            free_entries(shard);
    }
    for (int i = 0; i < SHARDS; i++)
        free((void *)atomic_load(&directory->shards[i]));
    reclaimer_destroy(directory->reclaimer);
    pthread_mutex_destroy(&directory->writing);
    free(directory);
}

struct reader *directory_enter(struct directory *directory)
{
    return reclaimer_enter(directory->reclaimer);
}

static uint32_t hash_of(const struct directory *directory, struct text text)
{
    uint64_t hash = (text_hash(text) ^ directory->salt) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(hash >> 32);
}

/* Tombstones too. */
static const struct directory_entry *find_any(struct directory *directory, enum entry_part key,
                                              struct text text)
{
    uint32_t hash = hash_of(directory, text);
    const struct shard *shard = atomic_load(&directory->shards[hash % SHARDS]);
    for (size_t i = 0; shard && i < shard->count; i++) {
        const struct slot *slot = &shard->slots[i];
        if (slot->hash == hash && slot->key == key
            && text_equal(directory_entry_part(slot->entry, key), text))
            return slot->entry;
    }
    return NULL;
}

const struct directory_entry *directory_find(struct directory *directory, enum entry_part key,
                                             struct text text)
{
    const struct directory_entry *entry = find_any(directory, key, text);
    return entry && entry->use ? entry : NULL;
}

/* Copies the slots of all entries but one, and leaves room for one more. */
static struct shard *copy_without(const struct shard *shard, enum entry_part key,
                                  const struct directory_entry *without)
{
    size_t count = shard ? shard->count : 0;
    struct shard *copy = memory_require(malloc(sizeof *copy + (count + 1) * sizeof(struct slot)));
    copy->count = 0;
    for (size_t i = 0; i < count; i++)
        if (shard->slots[i].entry != without || shard->slots[i].key != key)
            copy->slots[copy->count++] = shard->slots[i];
    return copy;
}

/* In the key's shard, puts `entry` in the place of `old`; either may be NULL. */
static void change_shard(struct directory *directory, enum entry_part key, struct text text,
                         const struct directory_entry *old, const struct directory_entry *entry)
{
    uint32_t hash = hash_of(directory, text);
    _Atomic(const struct shard *) *place = &directory->shards[hash % SHARDS];
    const struct shard *shard = atomic_load_explicit(place, memory_order_relaxed);
    struct shard *copy = copy_without(shard, key, old);
    if (entry)
        copy->slots[copy->count++] = (struct slot){ hash, key, entry };
    if (copy->count == 0) {
        free(copy);
        copy = NULL;
    }
    atomic_store(place, copy);
    reclaimer_retire(directory->reclaimer, (void *)shard);
}

/* A key that stays is changed in one step, so that no reader misses it. A part that is empty is no key. */
static void replace(struct directory *directory, const struct directory_entry *old,
                    const struct directory_entry *entry)
{
    for (enum entry_part key = 0; key < ENTRY_KEYS; key++) {
        struct text before = old ? directory_entry_part(old, key) : TEXT("");
        struct text after = entry ? directory_entry_part(entry, key) : TEXT("");
        bool same = text_equal(before, after);
        if (after.length > 0)
            change_shard(directory, key, after, same ? old : NULL, entry);
        if (before.length > 0 && !same)
            change_shard(directory, key, before, old, NULL);
    }
    reclaimer_retire(directory->reclaimer, (void *)old);
}

static void forget_tombstone(struct directory *directory, const struct directory_entry *tombstone)
{
    for (size_t i = 0; i < TOMBSTONES_MAX; i++)
        if (directory->tombstones[i] == tombstone)
            directory->tombstones[i] = NULL;
}

void directory_put(struct directory *directory, const struct tenant_facts *facts)
{
    pthread_mutex_lock(&directory->writing);
    const struct directory_entry *old = find_any(directory, ENTRY_id, facts->parts[ENTRY_id]);
    bool newer = !old || directory_entry_is_older(old, facts);
    struct tenant_use *use = old ? old->use : NULL;
    if (newer && !use) {
        use = tenant_use_create();
        directory->tenants++;
    }
    if (use)
        tenant_use_set(use, facts->used);
    if (newer) {
        if (old && !old->use)
            forget_tombstone(directory, old);
        replace(directory, old, directory_entry_create(facts, use));
        reclaimer_collect(directory->reclaimer);
    }
    pthread_mutex_unlock(&directory->writing);
}

/* What belongs to an entry that is about to be replaced by a tombstone. */
static void forget(struct directory *directory, const struct directory_entry *old)
{
    if (!old->use) {
        forget_tombstone(directory, old);
        return;
    }
    reclaimer_retire(directory->reclaimer, old->use);
    directory->tenants--;
}

static void bury(struct directory *directory, const struct directory_entry *tombstone)
{
    const struct directory_entry *oldest = directory->tombstones[directory->buried];
    if (oldest)
        replace(directory, oldest, NULL);
    directory->tombstones[directory->buried] = tombstone;
    directory->buried = (directory->buried + 1) % TOMBSTONES_MAX;
}

void directory_remove(struct directory *directory, struct text id, int64_t revision)
{
    pthread_mutex_lock(&directory->writing);
    const struct directory_entry *old = find_any(directory, ENTRY_id, id);
    if (!old || old->revision < revision) {
        const struct directory_entry *tombstone = directory_entry_create_tombstone(id, revision);
        if (old)
            forget(directory, old);
        replace(directory, old, tombstone);
        bury(directory, tombstone);
        reclaimer_collect(directory->reclaimer);
    }
    pthread_mutex_unlock(&directory->writing);
}

struct directory_figures directory_figures(struct directory *directory)
{
    pthread_mutex_lock(&directory->writing);
    struct directory_figures figures = { .tenants = directory->tenants,
                                         .waiting = reclaimer_waiting(directory->reclaimer) };
    for (size_t i = 0; i < TOMBSTONES_MAX; i++)
        figures.tombstones += directory->tombstones[i] != NULL;
    pthread_mutex_unlock(&directory->writing);
    return figures;
}

#include "directory/directory.h"
#include "base/memory.h"
#include "directory/directory_parts.h"
#include <stdlib.h>

static struct text key_of(const void *entry, unsigned key)
{
    return directory_entry_part(entry, (enum entry_part)key);
}

struct directory *directory_create(void)
{
    struct directory *directory = memory_new(struct directory);
    directory->reclaimer = reclaimer_create();
    directory->tenants = shards_create(&(struct shards_options){ directory->reclaimer, ENTRY_KEYS, key_of });
    directory->terms = shared_create_all(directory->reclaimer);
    directory->offers = shared_create_all(directory->reclaimer);
    directory->scratch = arena_create();
    directory_hosts_create(directory);
    pthread_mutex_init(&directory->writing, NULL);
    return directory;
}

/* Nobody looks any more: the shards that name it are not asked again. */
static void free_entry(const void *thing, void *)
{
    const struct directory_entry *entry = thing;
    free(entry->use);
    free((void *)entry);
}

void directory_destroy(struct directory *directory)
{
    if (!directory)
        return;
    shards_visit(directory->tenants, free_entry, NULL);
    shards_destroy(directory->tenants);
    shared_destroy_all(directory->terms);
    shared_destroy_all(directory->offers);
    arena_destroy(directory->catalog_arena);
    arena_destroy(directory->scratch);
    directory_hosts_destroy(directory);
    reclaimer_destroy(directory->reclaimer);
    pthread_mutex_destroy(&directory->writing);
    free(directory);
}

uint64_t directory_ticket(struct directory *directory)
{
    return atomic_fetch_add(&directory->tickets, 1) + 1;
}

struct reader *directory_enter(struct directory *directory)
{
    return reclaimer_enter(directory->reclaimer);
}

/* Tombstones too. */
static const struct directory_entry *find_any(struct directory *directory, enum entry_part key,
                                              struct text text)
{
    return shards_find(directory->tenants, key, text);
}

static void give_back(struct directory *directory, const struct directory_entry *entry)
{
    shared_give_back(directory->terms, &entry->terms->head);
    if (entry->offer)
        shared_give_back(directory->offers, &entry->offer->head);
}

/* What became of an entry by now, with an offer of the catalog that is in force. */
static const struct directory_entry *renew(struct directory *directory, const struct directory_entry *seen)
{
    pthread_mutex_lock(&directory->writing);
    const struct directory_entry *old = find_any(directory, ENTRY_id, directory_entry_part(seen, ENTRY_id));
    const struct directory_entry *entry = old && old->use ? old : NULL;
    if (entry && !offer_is_current(directory, entry)) {
        entry = directory_entry_copy(old, offer_take(directory, old));
        if (old->offer)
            shared_give_back(directory->offers, &old->offer->head);
        shards_replace(directory->tenants, old, entry);
        reclaimer_collect(directory->reclaimer);
    }
    pthread_mutex_unlock(&directory->writing);
    return entry;
}

const struct directory_entry *directory_find(struct directory *directory, enum entry_part key,
                                             struct text text)
{
    const struct directory_entry *entry = find_any(directory, key, text);
    if (!entry || !entry->use)
        return NULL;
    return offer_is_current(directory, entry) ? entry : renew(directory, entry);
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
        directory->tenant_count++;
    }
    if (use)
        tenant_use_learn(use, facts->ticket, facts->month, facts->used);
    if (newer) {
        if (old && !old->use)
            forget_tombstone(directory, old);
        const struct directory_terms *terms = terms_take(directory->terms, &facts->terms);
        if (old && old->use)
            give_back(directory, old);
        shards_replace(directory->tenants, old, directory_entry_create(facts, terms, use));
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
    give_back(directory, old);
    directory->tenant_count--;
}

static void bury(struct directory *directory, const struct directory_entry *tombstone)
{
    const struct directory_entry *oldest = directory->tombstones[directory->buried];
    if (oldest)
        shards_replace(directory->tenants, oldest, NULL);
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
        shards_replace(directory->tenants, old, tombstone);
        bury(directory, tombstone);
        reclaimer_collect(directory->reclaimer);
    }
    pthread_mutex_unlock(&directory->writing);
}

static void count(const void *, void *number)
{
    ++*(size_t *)number;
}

struct directory_figures directory_figures(struct directory *directory)
{
    pthread_mutex_lock(&directory->writing);
    struct directory_figures figures = { .tenants = directory->tenant_count,
                                         .hosts = directory->host_count,
                                         .waiting = reclaimer_waiting(directory->reclaimer) };
    shards_visit(directory->terms, count, &figures.terms);
    shards_visit(directory->offers, count, &figures.offers);
    for (size_t i = 0; i < TOMBSTONES_MAX; i++)
        figures.tombstones += directory->tombstones[i] != NULL;
    pthread_mutex_unlock(&directory->writing);
    return figures;
}

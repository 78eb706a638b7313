#include "tenancy/directory_entry.h"
#include <stdlib.h>
#include <string.h>

static struct directory_entry *create(const struct text parts[static ENTRY_PARTS])
{
    size_t size = 0;
    for (int i = 0; i < ENTRY_PARTS; i++)
        size += parts[i].length;
    struct directory_entry *entry = malloc(sizeof *entry + size);
    if (!entry)
        abort();
    *entry = (struct directory_entry){};
    uint32_t at = 0;
    for (int i = 0; i < ENTRY_PARTS; i++) {
        if (parts[i].length > 0)
            memcpy(entry->bytes + at, parts[i].data, parts[i].length);
        entry->end[i] = at += (uint32_t)parts[i].length;
    }
    return entry;
}

struct directory_entry *directory_entry_create(const struct tenant_facts *facts, struct tenant_use *use)
{
    struct directory_entry *entry = create(facts->parts);
    entry->revision = facts->revision;
    entry->plan_revision = facts->plan_revision;
    entry->is_active = facts->is_active;
    entry->use = use;
    memcpy(entry->limits, facts->limits, sizeof entry->limits);
    return entry;
}

struct directory_entry *directory_entry_create_tombstone(struct text id, int64_t revision)
{
    struct directory_entry *entry = create((const struct text[ENTRY_PARTS]){ [ENTRY_id] = id });
    entry->revision = revision;
    return entry;
}

struct text directory_entry_part(const struct directory_entry *entry, enum entry_part part)
{
    uint32_t from = part > 0 ? entry->end[part - 1] : 0;
    return (struct text){ entry->bytes + from, entry->end[part] - from };
}

bool directory_entry_is_older(const struct directory_entry *entry, const struct tenant_facts *facts)
{
    if (entry->revision != facts->revision)
        return entry->revision < facts->revision;
    return entry->plan_revision < facts->plan_revision;
}

struct tenant_use *tenant_use_create(void)
{
    struct tenant_use *use = calloc(1, sizeof *use);
    if (!use)
        abort();
    return use;
}

void tenant_use_set(struct tenant_use *use, const int64_t used[static LIMIT_COUNT])
{
    for (int i = 0; i < LIMIT_COUNT; i++)
        atomic_store_explicit(&use->used[i], used[i], memory_order_relaxed);
}

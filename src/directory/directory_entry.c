#include "directory/directory_entry.h"
#include "base/memory.h"
#include <stdlib.h>
#include <string.h>

/* Where the part's bytes stand in the reply already, or the reply's length: id and slug are members of it. */
static size_t find_in_reply(struct text reply, struct text part)
{
    const char *at =
        part.length > 0 && reply.length > 0 ? memmem(reply.data, reply.length, part.data, part.length) : NULL;
    return at ? (size_t)(at - reply.data) : reply.length;
}

static struct directory_entry *create(const struct text parts[static ENTRY_PARTS])
{
    struct text reply = parts[ENTRY_resolved];
    size_t size = reply.length, at[ENTRY_PARTS];
    for (int i = 0; i < ENTRY_PARTS; i++) {
        at[i] = i == ENTRY_resolved ? 0 : find_in_reply(reply, parts[i]);
        if (at[i] < reply.length || i == ENTRY_resolved)
            continue;
        at[i] = size;
        size += parts[i].length;
    }
    struct directory_entry *entry = memory_require(malloc(sizeof *entry + size));
    *entry = (struct directory_entry){ .size = (uint32_t)size };
    for (int i = 0; i < ENTRY_PARTS; i++) {
        entry->parts[i].at = (uint32_t)at[i];
        entry->parts[i].length = (uint32_t)parts[i].length;
        if (parts[i].length > 0)
            memcpy(entry->bytes + at[i], parts[i].data, parts[i].length);
    }
    return entry;
}

struct directory_entry *directory_entry_create(const struct tenant_facts *facts,
                                               const struct directory_terms *terms, struct tenant_use *use)
{
    struct directory_entry *entry = create(facts->parts);
    entry->revision = facts->revision;
    entry->ticket = facts->ticket;
    entry->lease_epoch = facts->lease_epoch;
    entry->terms = terms;
    entry->use = use;
    return entry;
}

struct directory_entry *directory_entry_copy(const struct directory_entry *entry,
                                             const struct directory_offer *offer)
{
    struct directory_entry *copy = memory_require(malloc(sizeof *copy + entry->size));
    memcpy(copy, entry, sizeof *copy + entry->size);
    copy->offer = offer;
    return copy;
}

struct directory_entry *directory_entry_create_tombstone(struct text id, int64_t revision)
{
    struct directory_entry *entry = create((const struct text[ENTRY_PARTS]){ [ENTRY_id] = id });
    entry->revision = revision;
    return entry;
}

struct text directory_entry_part(const struct directory_entry *entry, enum entry_part part)
{
    return (struct text){ entry->bytes + entry->parts[part].at, entry->parts[part].length };
}

bool directory_entry_is_older(const struct directory_entry *entry, const struct tenant_facts *facts)
{
    if (entry->revision != facts->revision)
        return entry->revision < facts->revision;
    return entry->ticket < facts->ticket;
}

struct use_moment directory_entry_moment(const struct directory_entry *entry, int64_t now)
{
    return (struct use_moment){ terms_part(entry->terms, TERMS_timezone), now };
}

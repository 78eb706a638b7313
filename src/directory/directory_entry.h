/* What the directory knows of a tenant: one immutable piece of memory, terms that it may share with others,
 * and counters that move in place. */
#pragma once
#include "directory/directory_terms.h"
#include "directory/tenant_use.h"

/* The texts of an entry; the first ENTRY_KEYS of them find it. */
enum entry_part {
    ENTRY_id,
    ENTRY_slug,
    ENTRY_KEYS,
    ENTRY_resolved = ENTRY_KEYS, /* what the reply of GET /resolve begins with */
    ENTRY_PARTS
};

/* What an entry is made of. */
struct tenant_facts {
    struct text parts[ENTRY_PARTS];
    struct terms_facts terms;
    int64_t revision;
    uint64_t ticket; /* taken before they were read: of two readings of the same row, the later */
    int64_t lease_epoch;
    int64_t used[LIMIT_COUNT];
    int32_t month; /* of the monthly counts */
};

struct directory_offer;

struct directory_entry {
    int64_t revision;
    uint64_t ticket;
    int64_t lease_epoch;
    const struct directory_terms *terms;
    const struct directory_offer *offer; /* NULL: nobody has asked for the tenant yet */
    struct tenant_use *use; /* NULL: a tombstone, which only keeps older news from raising the dead */
    struct {
        uint32_t at, length;
    } parts[ENTRY_PARTS]; /* in `bytes` */
    uint32_t size;        /* of `bytes` */
    char bytes[];
};

struct directory_entry *directory_entry_create(const struct tenant_facts *facts,
                                               const struct directory_terms *terms, struct tenant_use *use);
/* The same, but for the offer. */
struct directory_entry *directory_entry_copy(const struct directory_entry *entry,
                                             const struct directory_offer *offer);
struct directory_entry *directory_entry_create_tombstone(struct text id, int64_t revision);
struct text directory_entry_part(const struct directory_entry *entry, enum entry_part part);

/* Is what the facts tell later than what the entry tells? */
bool directory_entry_is_older(const struct directory_entry *entry, const struct tenant_facts *facts);
/* The instant, where the tenant is. */
struct use_moment directory_entry_moment(const struct directory_entry *entry, int64_t now);

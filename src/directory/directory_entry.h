/* What the directory knows of a tenant: one immutable piece of memory, and counters that move in place. */
#pragma once
#include "directory/tenant_use.h"
#include "model/service_level.h"

/* The texts of an entry; the first ENTRY_KEYS of them find it. */
enum entry_part {
    ENTRY_id,
    ENTRY_slug,
    ENTRY_KEYS,
    ENTRY_plan_type = ENTRY_KEYS,
    ENTRY_plan_status,
    ENTRY_service_level,
    ENTRY_level_reason, /* may be empty, as what comes next */
    ENTRY_level_next,
    ENTRY_timezone,
    ENTRY_modules, /* JSON arrays, as features/effective.h finds them */
    ENTRY_submodules,
    ENTRY_flags,
    ENTRY_features, /* a JSON array: the plan's */
    ENTRY_resolved, /* the whole reply of GET /resolve */
    ENTRY_PARTS
};

/* What an entry is made of. */
struct tenant_facts {
    struct text parts[ENTRY_PARTS];
    int64_t revision, plan_revision;
    uint64_t ticket; /* taken before they were read: of two readings of the same row, the later */
    int64_t lease_epoch;
    int64_t limits[LIMIT_COUNT], used[LIMIT_COUNT];
    int32_t month;       /* of the monthly counts */
    int64_t level_until; /* 0: nothing is promised */
    enum service_level level;
    bool is_active;
};

struct directory_entry {
    int64_t revision, plan_revision;
    uint64_t ticket;
    int64_t lease_epoch;
    int64_t limits[LIMIT_COUNT];
    struct tenant_use *use; /* NULL: a tombstone, which only keeps older news from raising the dead */
    struct {
        uint32_t at, length;
    } parts[ENTRY_PARTS]; /* in `bytes` */
    int64_t level_until;
    enum service_level level;
    bool is_active;
    char bytes[];
};

struct directory_entry *directory_entry_create(const struct tenant_facts *facts, struct tenant_use *use);
struct directory_entry *directory_entry_create_tombstone(struct text id, int64_t revision);
struct text directory_entry_part(const struct directory_entry *entry, enum entry_part part);

/* Is what the facts tell later than what the entry tells? */
bool directory_entry_is_older(const struct directory_entry *entry, const struct tenant_facts *facts);
/* The instant, where the tenant is. */
struct use_moment directory_entry_moment(const struct directory_entry *entry, int64_t now);

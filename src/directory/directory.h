/*
 * The directory: every tenant in memory, found by id or slug without a lock and without the database.
 *
 * It answers GET /resolve and GET /tenants/{id}/entitlements, also while the database is away. Entries are
 * immutable and stand in small shards that are copied to be changed; what a reader has found stays valid
 * until it leaves.
 */
#pragma once
#include "directory/directory_entry.h"
#include "directory/reclaim.h"

struct directory;

struct directory *directory_create(void);
void directory_destroy(struct directory *directory);

/* Brackets the looking; [[gnu::cleanup(reclaimer_leave)]] ends it. */
struct reader *directory_enter(struct directory *directory);
/* Inside the brackets. NULL: no such tenant. */
const struct directory_entry *directory_find(struct directory *directory, enum entry_part key,
                                             struct text text);

/* Makes or replaces the tenant's entry unless what is there is as new; the counters are taken either way. */
void directory_put(struct directory *directory, const struct tenant_facts *facts);
/* Takes the tenant out; `revision` is that of the row that says it is gone. */
void directory_remove(struct directory *directory, struct text id, int64_t revision);

struct directory_figures {
    size_t tenants, tombstones, waiting; /* waiting: replaced, not yet freed */
};
struct directory_figures directory_figures(struct directory *directory);

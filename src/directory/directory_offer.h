/*
 * What a tenant may use, as its own row and the catalog of what is sold have it: found when it is first asked
 * for after either has changed, so that a change of the catalog costs the same however many tenants there
 * are.
 */
#pragma once
#include "directory/directory_entry.h"
#include "features/catalog.h"

/* The texts: JSON arrays of names, as features/effective.h finds them. */
enum offer_part {
    OFFER_modules,
    OFFER_submodules,
    OFFER_features,
    OFFER_flags,
    OFFER_resolved, /* the end of the reply of GET /resolve */
    OFFER_PARTS
};

struct directory_offer {
    struct shared head;
    uint64_t ticket; /* the catalog's */
    uint32_t ends[OFFER_PARTS];
    char bytes[];
};

struct text offer_part(const struct directory_offer *offer, enum offer_part part);

struct directory;

/* The catalog from now on, unless one that was read later is there. The arena, in which it lies, is taken
 * over. */
void directory_set_catalog(struct directory *directory, struct arena *arena, const struct catalog *catalog,
                           uint64_t ticket);

/* directory.c alone. Is the entry's offer of the catalog that is in force? */
bool offer_is_current(struct directory *directory, const struct directory_entry *entry);
/* For one tenant more; under the lock. */
const struct directory_offer *offer_take(struct directory *directory, const struct directory_entry *entry);

#include "directory/directory_offer.h"
#include "base/memory.h"
#include "directory/directory_parts.h"
#include "directory/directory_reply.h"
#include "features/effective.h"
#include "model/model.h"
#include <stddef.h>
#include <stdlib.h>

struct text offer_part(const struct directory_offer *offer, enum offer_part part)
{
    return shared_text(offer->ends, offer->bytes, part);
}

void directory_set_catalog(struct directory *directory, struct arena *arena, const struct catalog *catalog,
                           uint64_t ticket)
{
    pthread_mutex_lock(&directory->writing);
    bool is_later = ticket > atomic_load(&directory->catalog_ticket);
    struct arena *useless = is_later ? directory->catalog_arena : arena;
    if (is_later) {
        directory->catalog_arena = arena;
        directory->catalog = *catalog;
        atomic_store(&directory->catalog_ticket, ticket);
    }
    pthread_mutex_unlock(&directory->writing);
    arena_destroy(useless);
}

bool offer_is_current(struct directory *directory, const struct directory_entry *entry)
{
    return entry->offer && entry->offer->ticket == atomic_load(&directory->catalog_ticket);
}

static const struct directory_offer *take(struct directory *directory,
                                          const struct text parts[static OFFER_PARTS])
{
    size_t length = shared_texts_length(parts, OFFER_PARTS);
    struct directory_offer *offer = memory_require(calloc(1, sizeof *offer + length));
    offer->head.size = offsetof(struct directory_offer, bytes) - sizeof offer->head + length;
    offer->ticket = atomic_load(&directory->catalog_ticket);
    shared_texts_write(parts, OFFER_PARTS, offer->ends, offer->bytes);
    return shared_take(directory->offers, &offer->head);
}

const struct directory_offer *offer_take(struct directory *directory, const struct directory_entry *entry)
{
    const struct tenant_features tenant = {
        .id = directory_entry_part(entry, ENTRY_id),
        .slug = directory_entry_part(entry, ENTRY_slug),
        .plan_id = terms_part(entry->terms, TERMS_plan_id),
        .modules = terms_part(entry->terms, TERMS_modules),
        .lines = terms_part(entry->terms, TERMS_lines),
    };
    struct effective effective;
    arena_reset(directory->scratch);
    effective_compute(&directory->catalog, &tenant, directory->scratch, &effective);
    const struct resolution resolution = {
        .modules = value_text(effective.modules),
        .submodules = value_text(effective.submodules),
        .features = value_text(effective.features),
        .flags = value_text(effective.flags),
    };
    const struct text parts[OFFER_PARTS] = {
        [OFFER_modules] = effective.modules,
        [OFFER_submodules] = effective.submodules,
        [OFFER_features] = effective.features,
        [OFFER_flags] = effective.flags,
        [OFFER_resolved] = reply_piece(&resolution, REPLY_offer, directory->scratch),
    };
    return take(directory, parts);
}

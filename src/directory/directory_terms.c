#include "directory/directory_terms.h"
#include "base/memory.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_AT = offsetof(struct directory_terms, limits) };

static struct text key_of(const void *thing, unsigned)
{
    const struct directory_terms *terms = thing;
    size_t length = offsetof(struct directory_terms, bytes) - KEY_AT + terms->length;
    return (struct text){ (const char *)thing + KEY_AT, length };
}

struct shards *terms_create_all(struct reclaimer *reclaimer)
{
    return shards_create(&(struct shards_options){ .reclaimer = reclaimer, .keys = 1, .key_of = key_of });
}

static void free_terms(const void *terms, void *)
{
    free((void *)terms);
}

void terms_destroy_all(struct shards *all)
{
    shards_visit(all, free_terms, NULL);
    shards_destroy(all);
}

/* Zeroed, so that gaps between members are alike too. */
static struct directory_terms *create(const struct terms_facts *facts)
{
    size_t length = 0;
    for (int i = 0; i < TERMS_PARTS; i++)
        length += facts->parts[i].length;
    struct directory_terms *terms = memory_require(calloc(1, sizeof *terms + length));
    terms->level_until = facts->level_until;
    terms->level = facts->level;
    terms->is_active = facts->is_active;
    terms->requires_second_factor = facts->requires_second_factor;
    memcpy(terms->limits, facts->limits, sizeof terms->limits);
    for (int i = 0; i < TERMS_PARTS; i++) {
        if (facts->parts[i].length > 0)
            memcpy(terms->bytes + terms->length, facts->parts[i].data, facts->parts[i].length);
        terms->length += facts->parts[i].length;
        terms->ends[i] = (uint32_t)terms->length;
    }
    return terms;
}

const struct directory_terms *terms_take(struct shards *all, const struct terms_facts *facts)
{
    struct directory_terms *made = create(facts);
    struct directory_terms *terms = (struct directory_terms *)shards_find(all, 0, key_of(made, 0));
    if (terms) {
        free(made);
    } else {
        terms = made;
        shards_replace(all, NULL, terms);
    }
    terms->tenants++;
    return terms;
}

void terms_give_back(struct shards *all, const struct directory_terms *given)
{
    struct directory_terms *terms = (struct directory_terms *)given;
    if (terms && --terms->tenants == 0)
        shards_replace(all, terms, NULL);
}

struct text terms_part(const struct directory_terms *terms, enum terms_part part)
{
    uint32_t from = part > 0 ? terms->ends[part - 1] : 0;
    return (struct text){ terms->bytes + from, terms->ends[part] - from };
}

#include "directory/directory_terms.h"
#include "base/memory.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

const struct directory_terms *terms_take(struct shards *all, const struct terms_facts *facts)
{
    size_t length = shared_texts_length(facts->parts, TERMS_PARTS);
    struct directory_terms *terms = memory_require(calloc(1, sizeof *terms + length));
    terms->head.size = offsetof(struct directory_terms, bytes) - sizeof terms->head + length;
    terms->level_until = facts->level_until;
    terms->level = facts->level;
    terms->is_active = facts->is_active;
    terms->requires_second_factor = facts->requires_second_factor;
    memcpy(terms->limits, facts->limits, sizeof terms->limits);
    shared_texts_write(facts->parts, TERMS_PARTS, terms->ends, terms->bytes);
    return shared_take(all, &terms->head);
}

struct text terms_part(const struct directory_terms *terms, enum terms_part part)
{
    return shared_text(terms->ends, terms->bytes, part);
}

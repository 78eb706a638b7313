#include "directory/shared.h"
#include <stdlib.h>
#include <string.h>

static struct text key_of(const void *thing, unsigned)
{
    const struct shared *shared = thing;
    return (struct text){ (const char *)(shared + 1), shared->size };
}

struct shards *shared_create_all(struct reclaimer *reclaimer)
{
    return shards_create(&(struct shards_options){ .reclaimer = reclaimer, .keys = 1, .key_of = key_of });
}

static void free_thing(const void *thing, void *)
{
    free((void *)thing);
}

void shared_destroy_all(struct shards *all)
{
    shards_visit(all, free_thing, NULL);
    shards_destroy(all);
}

const void *shared_take(struct shards *all, struct shared *made)
{
    struct shared *shared = (struct shared *)shards_find(all, 0, key_of(made, 0));
    if (shared) {
        free(made);
    } else {
        shared = made;
        shards_replace(all, NULL, shared);
    }
    shared->tenants++;
    return shared;
}

void shared_give_back(struct shards *all, const struct shared *given)
{
    struct shared *shared = (struct shared *)given;
    if (shared && --shared->tenants == 0)
        shards_replace(all, shared, NULL);
}

size_t shared_texts_length(const struct text *texts, size_t count)
{
    size_t length = 0;
    for (size_t i = 0; i < count; i++)
        length += texts[i].length;
    return length;
}

void shared_texts_write(const struct text *texts, size_t count, uint32_t *ends, char *bytes)
{
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        if (texts[i].length > 0)
            memcpy(bytes + length, texts[i].data, texts[i].length);
        length += texts[i].length;
        ends[i] = (uint32_t)length;
    }
}

struct text shared_text(const uint32_t *ends, const char *bytes, size_t i)
{
    uint32_t from = i > 0 ? ends[i - 1] : 0;
    return (struct text){ bytes + from, ends[i] - from };
}

#include "record/work.h"

void work_after_commit(struct work *work, void (*apply)(struct work *work, void *data), void *data)
{
    struct effect **last = &work->effects;
    while (*last)
        last = &(*last)->next;
    *last = arena_new(work->arena, struct effect);
    **last = (struct effect){ .apply = apply, .data = data };
}

static void count(struct work *, void *data)
{
    metric_add((enum metric)(uintptr_t)data, 1);
}

void work_count(struct work *work, enum metric metric)
{
    work_after_commit(work, count, (void *)(uintptr_t)metric);
}

void work_apply_effects(struct work *work)
{
    for (struct effect *effect; (effect = work->effects);) {
        work->effects = effect->next;
        effect->apply(work, effect->data);
    }
}

struct text work_why(const struct work *work)
{
    const char *about = work->error.about;
    return arena_format(work->arena, "%s%s%s", error_words[work->error.code].code, *about ? ": " : "", about);
}

struct work work_of_system(struct site *site, struct arena *arena, struct db *db, int64_t now)
{
    return (struct work){
        .arena = arena,
        .db = db,
        .site = site,
        .actor = { .role = SUPER_ADMIN },
        .now = now,
    };
}

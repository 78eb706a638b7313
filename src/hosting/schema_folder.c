#include "hosting/schema_folder.h"
#include "base/memory.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Kept until the end: readings that differ are few, and nobody says when he is done with one. */
struct reading {
    struct tenant_schema schema;
    struct arena *arena;
    struct reading *earlier;
};

struct schema_folder {
    const char *path;
    enum engine engine;
    pthread_mutex_t rereading; /* held by who reads, so that what was read last stands last */
    _Atomic(struct reading *) newest;
};

static void forget(struct reading *reading)
{
    if (!reading)
        return;
    arena_destroy(reading->arena);
    free(reading);
}

bool schema_folder_look(const struct schema_folder *folder, struct tenant_schema *schema, struct arena *arena,
                        struct error *error)
{
    return tenant_schema_read(schema, arena, folder->path, folder->engine, error);
}

static bool reread(struct schema_folder *folder, struct error *error)
{
    struct reading *reading = memory_new(struct reading), *newest = atomic_load(&folder->newest);
    reading->arena = arena_create();
    reading->earlier = newest;
    bool done = schema_folder_look(folder, &reading->schema, reading->arena, error);
    if (done && !(newest && text_equal(newest->schema.fingerprint, reading->schema.fingerprint)))
        atomic_store(&folder->newest, reading);
    else
        forget(reading);
    return done;
}

bool schema_folder_reread(struct schema_folder *folder, struct error *error)
{
    pthread_mutex_lock(&folder->rereading);
    bool done = reread(folder, error);
    pthread_mutex_unlock(&folder->rereading);
    return done;
}

bool schema_folder_open(struct schema_folder **out, const char *path, enum engine engine, struct error *error)
{
    struct schema_folder *folder = memory_new(struct schema_folder);
    folder->path = path;
    folder->engine = engine;
    pthread_mutex_init(&folder->rereading, NULL);
    if (!schema_folder_reread(folder, error)) {
        schema_folder_close(folder);
        return false;
    }
    *out = folder;
    return true;
}

void schema_folder_close(struct schema_folder *folder)
{
    if (!folder)
        return;
    for (struct reading *reading = atomic_load(&folder->newest), *earlier; reading; reading = earlier) {
        earlier = reading->earlier;
        forget(reading);
    }
    pthread_mutex_destroy(&folder->rereading);
    free(folder);
}

const struct tenant_schema *schema_folder_newest(const struct schema_folder *folder)
{
    return &atomic_load(&folder->newest)->schema;
}

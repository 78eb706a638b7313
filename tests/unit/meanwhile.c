#include "meanwhile.h"

static bool run(struct db *db, struct arena *arena, struct result *result, struct error *error,
                const char *sql, const struct value *parameters, size_t parameter_count)
{
    struct meanwhile *meanwhile = (struct meanwhile *)db;
    void (*happens)(void *data) = meanwhile->happens;
    bool answered = db_run(meanwhile->real, arena, result, error, sql, parameters, parameter_count);
    meanwhile->happens = NULL;
    if (happens)
        happens(meanwhile->data);
    return answered;
}

struct db *meanwhile_reading(struct meanwhile *meanwhile, struct db *real, void (*happens)(void *data),
                             void *data)
{
    static const struct driver drivers[ENGINE_COUNT] = {
        [ENGINE_SQLITE] = { .engine = ENGINE_SQLITE, .run = run },
        [ENGINE_POSTGRES] = { .engine = ENGINE_POSTGRES, .run = run },
    };
    *meanwhile = (struct meanwhile){
        .db.driver = &drivers[db_engine(real)], .real = real, .happens = happens, .data = data
    };
    return &meanwhile->db;
}

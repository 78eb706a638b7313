#include "hosting/copy_limit.h"
#include "base/clock.h"

struct text copy_time_left(struct arena *arena, int64_t until_us)
{
    int64_t left_ms = (until_us - clock_monotonic_us()) / 1'000;
    return arena_format(arena, "%lld", left_ms > 0 ? (long long)left_ms : 1LL);
}

bool copy_limit(const struct copy_watch *watch, struct arena *arena, struct db *db, struct error *error)
{
    if (!watch || watch->until_us == 0 || db_engine(db) == ENGINE_SQLITE)
        return true;
    struct value *parameter = arena_array(arena, struct value, 1);
    *parameter = value_text(copy_time_left(arena, watch->until_us));
    return db_later(db, arena, error, "SELECT pg_catalog.set_config('statement_timeout', $1, false)",
                    parameter, 1);
}

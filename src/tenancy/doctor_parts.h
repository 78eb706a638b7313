/* The doctor's own parts: what it has found so far, and the checks of schema, keys and the tenants'
 * databases. */
#pragma once
#include "base/buffer.h"
#include "record/work.h"

struct examination {
    struct work *work;
    struct db *owner; /* a connection of the tables' owner, where there is one */
    struct buffer *findings;
    size_t count;
    bool as_json;
};

[[gnu::format(printf, 3, 4)]] void finding_add(struct examination *examination, const char *check,
                                               const char *format, ...);

/* What costs something and breaks nothing: told, not counted. */
[[gnu::format(printf, 2, 3)]] void remark_add(struct examination *examination, const char *format, ...);

/* False where it could not look. */
[[nodiscard]] bool look_at_schema(struct examination *examination);
/* Does everything open that is sealed, and can every password be compared? */
[[nodiscard]] bool look_at_keys(struct examination *examination);
[[nodiscard]] bool look_at_places(struct examination *examination); /* orphans both ways */
[[nodiscard]] bool look_at_walls(struct examination *examination);

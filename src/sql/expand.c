#include "sql/expand.h"
#include "base/buffer.h"
#include <string.h>

static const struct {
    struct text word;
    const char *means[ENGINE_COUNT];
} words[] = {
    /* Ids never change: whoever only refers to the row need not wait. */
    { TEXT_CONSTANT("{for update}"), { "", "FOR NO KEY UPDATE" } },
    { TEXT_CONSTANT("{skip locked}"), { "", "SKIP LOCKED" } },
};

const char *sql_expand(struct arena *arena, enum engine engine, const char *sql)
{
    if (!strchr(sql, '{'))
        return sql;
    struct buffer expanded = { .arena = arena };
    for (struct text rest = text_from(sql); rest.length > 0;) {
        struct text found = text_slice(rest, 0, 1), replaced_by = found;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (text_starts(rest, words[i].word)) {
                found = words[i].word;
                replaced_by = text_from(words[i].means[engine]);
            }
        buffer_add(&expanded, replaced_by);
        rest = text_slice(rest, found.length, rest.length);
    }
    return expanded.data;
}

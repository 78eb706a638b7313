#include "hosting/schema_differences.h"
#include "base/buffer.h"
#include "json/json.h"
#include <stdlib.h>

enum { NAME_MAX_TOLD = 400 };

/* Does the table or view that it is a part of stand among the others? */
static bool has_whole(const struct schema_objects *others, const struct schema_object *part)
{
    const struct schema_object key = { .name = part->whole };
    return part->whole.length == 0
        || (others->count > 0
            && bsearch(&key, others->list, others->count, sizeof key, schema_object_order) != NULL);
}

struct schema_differences schema_objects_compare(struct arena *arena, const struct schema_objects *expected,
                                                 const struct schema_objects *found)
{
    struct schema_difference *list =
        arena_array(arena, struct schema_difference, expected->count + found->count + 1);
    size_t count = 0;
    for (size_t i = 0, j = 0; i < expected->count || j < found->count;) {
        const struct schema_object *wanted = &expected->list[i], *there = &found->list[j];
        int order = i == expected->count ? 1
                  : j == found->count    ? -1
                                         : text_compare(wanted->name, there->name);
        if (order < 0 && has_whole(found, wanted))
            list[count++] = (struct schema_difference){ SCHEMA_MISSING, wanted, NULL };
        else if (order > 0 && has_whole(expected, there))
            list[count++] = (struct schema_difference){ SCHEMA_ADDED, NULL, there };
        else if (order == 0 && !text_equal(wanted->definition, there->definition))
            list[count++] = (struct schema_difference){ SCHEMA_DIFFERS, wanted, there };
        i += order <= 0;
        j += order >= 0;
    }
    return (struct schema_differences){ list, count };
}

struct text schema_differences_write(struct arena *arena, const struct schema_differences *differences,
                                     size_t lines_max)
{
    static const char *const words[] = {
        [SCHEMA_MISSING] = "missing", [SCHEMA_ADDED] = "added", [SCHEMA_DIFFERS] = "differs"
    };
    struct buffer json = { .arena = arena };
    buffer_add_byte(&json, '[');
    for (size_t i = 0; i < differences->count && i < lines_max; i++) {
        const struct schema_difference *difference = &differences->list[i];
        const struct schema_object *object = difference->expected ? difference->expected : difference->found;
        buffer_add(&json, i > 0 ? TEXT(",") : TEXT(""));
        json_add_text(&json, arena_format(arena, "%s: %.*s", words[difference->change],
                                          TEXT_ARG(text_head(object->name, NAME_MAX_TOLD))));
    }
    buffer_add_byte(&json, ']');
    return json.text;
}

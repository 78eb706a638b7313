#include "features/names.h"
#include "json/json.h"

static size_t find(const struct names *names, struct text name)
{
    size_t i = 0;
    while (i < names->count && !text_equal(names->list[i], name))
        i++;
    return i;
}

bool names_have(const struct names *names, struct text name)
{
    return find(names, name) < names->count;
}

void names_add(struct names *names, struct arena *arena, struct text name)
{
    if (names_have(names, name))
        return;
    names->list = arena_extend(arena, names->list, sizeof *names->list, names->count, &names->capacity);
    names->list[names->count++] = name;
}

void names_remove(struct names *names, struct text name)
{
    size_t at = find(names, name);
    if (at == names->count)
        return;
    for (names->count--; at < names->count; at++)
        names->list[at] = names->list[at + 1];
}

void names_add_json(struct names *names, struct arena *arena, struct text json)
{
    struct json array;
    struct error ignored = {};
    if (!json_read(json, arena, &array, &ignored) || array.kind != JSON_ARRAY)
        return;
    for (size_t i = 0; i < array.count; i++)
        if (array.items[i].kind == JSON_TEXT)
            names_add(names, arena, array.items[i].text);
}

struct text names_to_json(const struct names *names, struct arena *arena)
{
    struct buffer json = { .arena = arena };
    buffer_add_byte(&json, '[');
    for (size_t i = 0; i < names->count; i++) {
        if (i > 0)
            buffer_add_byte(&json, ',');
        json_add_text(&json, names->list[i]);
    }
    buffer_add_byte(&json, ']');
    return json.text;
}

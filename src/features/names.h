/* A set of names, in the order in which they were added: few enough to be looked through. */
#pragma once
#include "base/arena.h"

struct names {
    struct text *list;
    size_t count, capacity;
};

bool names_have(const struct names *names, struct text name);
void names_add(struct names *names, struct arena *arena, struct text name); /* unless it is there */
void names_remove(struct names *names, struct text name);
/* Those of a JSON array of texts; what is no such array has none. */
void names_add_json(struct names *names, struct arena *arena, struct text json);
struct text names_to_json(const struct names *names, struct arena *arena);

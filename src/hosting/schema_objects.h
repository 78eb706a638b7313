/*
 * What a database is made of, told so that two can be compared: each table, column, constraint, index,
 * trigger, function, view and type with its definition. What is named nidia_… is the control plane's own, and
 * left out.
 */
#pragma once
#include "sql/db.h"

struct schema_object {
    struct text name; /* "column public.orders.total" */
    struct text definition;
};

struct schema_objects {
    struct schema_object *list; /* by name */
    size_t count;
};

[[nodiscard]] bool schema_objects_read(struct db *db, struct arena *arena, struct schema_objects *objects,
                                       struct error *error);

/* A line for each difference as a JSON list of texts, at most so many; and how many there are. */
size_t schema_objects_compare(struct arena *arena, const struct schema_objects *expected,
                              const struct schema_objects *found, size_t lines_max, struct text *lines);

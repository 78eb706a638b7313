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
    struct text whole; /* of a part, what it is a part of: "table public.orders"; else empty */
};

int schema_object_order(const void *a, const void *b); /* by name, for qsort and bsearch */

struct schema_objects {
    struct schema_object *list; /* by name */
    size_t count;
};

[[nodiscard]] bool schema_objects_read(struct db *db, struct arena *arena, struct schema_objects *objects,
                                       struct error *error);

/* On PostgreSQL of one schema alone, and told as if it were another. */
struct schema_choice {
    struct text schema;
    struct text prefix, told_as; /* "nidia_model.", which is told as "public."; or both empty */
};

[[nodiscard]] bool schema_objects_read_chosen(struct db *db, struct arena *arena,
                                              const struct schema_choice *choice,
                                              struct schema_objects *objects, struct error *error);

/* How what a database is made of differs from what it should be made of, object by object. */
#pragma once
#include "hosting/schema_objects.h"

enum schema_change { SCHEMA_MISSING, SCHEMA_ADDED, SCHEMA_DIFFERS };

struct schema_difference {
    enum schema_change change;
    const struct schema_object *expected, *found; /* NULL where it is not */
};

struct schema_differences {
    struct schema_difference *list; /* by name */
    size_t count;
};

/* Of a table or view that is missing or added, its parts are not told too. */
struct schema_differences schema_objects_compare(struct arena *arena, const struct schema_objects *expected,
                                                 const struct schema_objects *found);

/* A line for each as a JSON list of texts, at most so many. */
struct text schema_differences_write(struct arena *arena, const struct schema_differences *differences,
                                     size_t lines_max);

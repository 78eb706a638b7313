/* A connection to read through, behind whose next answer something else happens before the reader goes on. */
#pragma once
#include "sql/driver.h"

struct meanwhile {
    struct db db; /* first */
    struct db *real;
    void (*happens)(void *data); /* NULL: it has */
    void *data;
};

/* What is read through `real` waits for what happens. Only statements are passed on. */
struct db *meanwhile_reading(struct meanwhile *meanwhile, struct db *real, void (*happens)(void *data),
                             void *data);

/*
 * A CREATE TABLE as SQLite keeps it, taken apart: its columns and rules one by one, and what stands behind
 * them. Where a column stands does not matter then, nor whether it was there from the beginning.
 */
#pragma once
#include "base/text.h"

struct create_table {
    struct text rest; /* what is not given out yet */
    struct text tail; /* once all is: " STRICT" */
};

/* False: it is no such statement (a virtual table, or none). */
bool create_table_begin(struct create_table *statement, struct text sql);

struct table_part {
    struct text definition; /* "slug TEXT NOT NULL", "CONSTRAINT slug_short CHECK (…)" */
    struct text name;       /* "slug", "slug_short"; of a rule without a name, the rule itself */
    bool is_rule;
};

/* The next one; false: no more. */
bool create_table_next(struct create_table *statement, struct table_part *part);

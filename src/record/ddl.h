/* The model as DDL of either engine: a list of named objects, which migrate compares with the ledger. */
#pragma once
#include "model/table.h"
#include "sql/db.h"

enum object_kind {
    OBJECT_TABLE,
    OBJECT_COLUMN,
    OBJECT_INDEX,
    OBJECT_REFERENCE,
    OBJECT_CHECK,
    OBJECT_TRIGGER
};

struct object {
    enum object_kind kind;
    struct text name; /* "tenants", "tenants.slug", "tenants_slug_unique" */
    const struct table *table;
    const struct column *column; /* of OBJECT_COLUMN */
    struct text sql; /* its whole definition: what makes it, or for a column what stands in CREATE TABLE */
};

struct objects {
    struct object *list;
    size_t count;
};

/* In the order in which they can be made on an empty database. */
struct objects ddl_objects(struct arena *arena, enum engine engine);
/* The whole script, for the golden files and for an empty database. */
struct text ddl_script(struct arena *arena, enum engine engine);

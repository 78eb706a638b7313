/*
 * The model as DDL of either engine: a list of named objects, which migrate compares with the ledger.
 *
 * On SQLite a column's own CHECKs and its reference are part of its definition, since ADD COLUMN takes them
 * and nothing else can add them; on PostgreSQL they are objects by themselves, added without long locks.
 * A table with SEARCHED columns has one column more than its row has cells: `search`.
 */
#pragma once
#include "base/buffer.h"
#include "model/table.h"
#include "sql/db.h"

enum object_kind {
    OBJECT_TABLE,
    OBJECT_COLUMN,
    OBJECT_CHECK,
    OBJECT_INDEX,
    OBJECT_TRIGGER,
    OBJECT_REFERENCE,
    OBJECT_KIND_COUNT
};
extern const char *const object_kinds[OBJECT_KIND_COUNT]; /* "table" … as in the ledger */

struct object {
    enum object_kind kind;
    struct text name; /* "tenants", "tenants.slug", "tenants_slug_unique" */
    const struct table *table;
    const struct column *column; /* of a column (NULL for `search`), a choice's check, a reference */
    /*
     * Its whole definition. Of a column, a check or a reference: what stands in CREATE TABLE; of an index or
     * a trigger: the statements that make it; of a table: what stands behind its columns.
     */
    struct text definition;
};

struct objects {
    struct object *list;
    size_t count;
};

/* Of every table in the list (ended by NULL), shapes left out; a table's objects stand together, after it. */
struct objects ddl_objects(struct arena *arena, enum engine engine, const struct table *const *tables);

/* CREATE TABLE with the columns and checks of `objects` that are the table's, under another name if given. */
void ddl_create_table(struct buffer *sql, const struct objects *objects, const struct object *table,
                      const char *name);

/* The whole script, for the golden files and for an empty database. */
struct text ddl_script(struct arena *arena, enum engine engine, const struct table *const *tables);

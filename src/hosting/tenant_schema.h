/*
 * The schema of the tenants' own databases: numbered SQL files, each run once in every database.
 *
 * Which have run stands in the database itself, in `nidia_schema`; a file that was changed after it ran is
 * refused. Whole lists have a fingerprint, by which ready-made templates are known.
 */
#pragma once
#include "sql/db.h"

enum {
    TENANT_SCHEMA_FILES_MAX = 1000,
    TENANT_SCHEMA_FILE_BYTES_MAX = 1024 * 1024,
    TENANT_SCHEMA_FINGERPRINT_LENGTH = 16
};

struct tenant_schema_source {
    const char *name, *sql;
};
extern const struct tenant_schema_source tenant_schema_built_in[]; /* ended by a NULL name */

struct tenant_schema_file {
    int64_t version;
    struct text name; /* without number and ending */
    struct text sql, checksum;
    struct text fingerprint; /* of the list up to here */
};

struct tenant_schema {
    struct tenant_schema_file *files; /* by version */
    size_t count;
    struct text fingerprint;
};

/* Of its last file; 0: it has none. */
static inline int64_t tenant_schema_version(const struct tenant_schema *schema)
{
    return schema->count > 0 ? schema->files[schema->count - 1].version : 0;
}

/* The files of a folder that are for this engine; an empty path: those that the program carries. */
[[nodiscard]] bool tenant_schema_read(struct tenant_schema *schema, struct arena *arena, const char *folder,
                                      enum engine engine, struct error *error);

/* Runs what the database has not run yet, each file in a transaction of its own with its row in the ledger:
 * of two who do it at once, each file is run by one. */
[[nodiscard]] bool tenant_schema_apply(const struct tenant_schema *schema, struct db *db, struct arena *arena,
                                       int64_t now, struct error *error);

/* How many of the list's files the database has run; `conflict` where what it has run is not the list's
 * beginning. */
[[nodiscard]] bool tenant_schema_count(const struct tenant_schema *schema, struct db *db, struct arena *arena,
                                       size_t *count, struct error *error);

/* Has the database run exactly these files? `conflict` says what differs. */
[[nodiscard]] bool tenant_schema_verify(const struct tenant_schema *schema, struct db *db,
                                        struct arena *arena, struct error *error);

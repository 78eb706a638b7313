#include "hosting/tenant_schema.h"
#include <stdio.h>

static const char make_ledger[] = "CREATE TABLE IF NOT EXISTS nidia_schema ("
                                  "version bigint NOT NULL PRIMARY KEY, name text NOT NULL, "
                                  "checksum text NOT NULL, applied_at bigint NOT NULL)";

static bool read_ledger(struct db *db, struct arena *arena, struct result *ledger, struct error *error)
{
    return db_run(db, arena, ledger, error,
                  "SELECT version, name, checksum FROM nidia_schema ORDER BY version", NO_PARAMETERS);
}

/* What has run must be the list's beginning, unchanged. */
static bool compare(const struct tenant_schema *schema, const struct result *ledger, struct error *error)
{
    for (size_t i = 0; i < ledger->row_count; i++) {
        const struct value *row = result_row(ledger, i);
        const struct tenant_schema_file *file = i < schema->count ? &schema->files[i] : NULL;
        if (!file || file->version != row[0].integer)
            return fail(error, ERROR_conflict, "tenant schema: %04d_%.*s has run, but is not the next file",
                        (int)row[0].integer, TEXT_ARG(row[1].text));
        if (!text_equal(file->checksum, row[2].text))
            return fail(error, ERROR_conflict, "tenant schema: %04d_%.*s was changed after it had run",
                        (int)file->version, TEXT_ARG(file->name));
    }
    return true;
}

/* Says which file it was; the cause alone does not. */
static bool fail_in(const struct tenant_schema_file *file, struct error *error)
{
    char cause[sizeof error->about];
    snprintf(cause, sizeof cause, "%s", error->about);
    return fail(error, error->code, "tenant schema: %04d_%.*s: %.200s", (int)file->version,
                TEXT_ARG(file->name), cause);
}

/*
 * The savepoint tells a file that ends the transaction it stands in: then there is none left to release, and
 * the file has failed on either engine.
 */
static bool run_file(const struct tenant_schema_file *file, struct db *db, struct arena *arena, int64_t now,
                     struct error *error)
{
    static const char note[] =
        "INSERT INTO nidia_schema (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)";
    struct result ignored;
    return db_run_script(db, error, "SAVEPOINT nidia_file") && db_run_script(db, error, file->sql.data)
        && db_run_script(db, error, "RELEASE SAVEPOINT nidia_file")
        && db_run(db, arena, &ignored, error, note,
                  PARAMETERS(value_integer(file->version), value_text(file->name), value_text(file->checksum),
                             value_integer(now)));
}

/* Has another run it since the ledger was read? Whoever asks holds the lock until the transaction ends. */
static bool has_run(const struct tenant_schema_file *file, struct db *db, struct arena *arena, bool *run,
                    struct error *error)
{
    struct result result;
    if (!db_lock(db, arena, error, TEXT("nidia_schema"))
        || !db_run(db, arena, &result, error, "SELECT 1 FROM nidia_schema WHERE version = $1",
                   PARAMETERS(value_integer(file->version))))
        return false;
    *run = result.row_count > 0;
    return true;
}

static bool apply_file(const struct tenant_schema_file *file, struct db *db, struct arena *arena, int64_t now,
                       struct error *error)
{
    bool run = false;
    if (db_begin(db, error) && has_run(file, db, arena, &run, error)
        && (run || run_file(file, db, arena, now, error)) && db_commit(db, error))
        return true;
    db_rollback(db);
    return fail_in(file, error);
}

bool tenant_schema_apply(const struct tenant_schema *schema, struct db *db, struct arena *arena, int64_t now,
                         struct error *error)
{
    struct result ledger;
    if (!db_run_script(db, error, make_ledger) || !read_ledger(db, arena, &ledger, error)
        || !compare(schema, &ledger, error))
        return false;
    for (size_t i = ledger.row_count; i < schema->count; i++)
        if (!apply_file(&schema->files[i], db, arena, now, error))
            return false;
    return true;
}

bool tenant_schema_count(const struct tenant_schema *schema, struct db *db, struct arena *arena,
                         size_t *count, struct error *error)
{
    struct result ledger;
    if (!read_ledger(db, arena, &ledger, error) || !compare(schema, &ledger, error))
        return false;
    *count = ledger.row_count;
    return true;
}

bool tenant_schema_verify(const struct tenant_schema *schema, struct db *db, struct arena *arena,
                          struct error *error)
{
    size_t count;
    return tenant_schema_count(schema, db, arena, &count, error)
        && (count == schema->count
            || fail(error, ERROR_conflict, "tenant schema: %zu of %zu files have run", count, schema->count));
}

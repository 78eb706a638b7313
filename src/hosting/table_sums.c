#include "hosting/table_sums.h"

void table_sums_add(struct table_sums *sums, struct arena *arena, struct table_sum sum)
{
    sums->tables = arena_extend(arena, sums->tables, sizeof *sums->tables, sums->count, &sums->capacity);
    sums->tables[sums->count++] = sum;
    sums->rows += sum.rows;
}

/* What shapes a value's text must be the same on every server, and what is read is tables: not what one was
 * turned into meanwhile. */
static bool settle_session(struct db *db, struct error *error)
{
    return db_run_script(db, error,
                         "SET LOCAL search_path = pg_catalog; SET LOCAL row_security = off;"
                         "SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'postgres';"
                         "SET LOCAL timezone = 'UTC'; SET LOCAL bytea_output = 'hex';"
                         "SET LOCAL extra_float_digits = 1; SET LOCAL statement_timeout = 0;"
                         "SET LOCAL idle_in_transaction_session_timeout = 0;"
                         "SELECT set_config(name, 'view, foreign-table', true) FROM pg_settings"
                         " WHERE name = 'restrict_nonsystem_relation_kind'");
}

/* record_out() knows no casts: `t::text` could run a function that the tenant has made its cast. */
static bool sum_table(struct db *db, struct arena *arena, struct text name, struct table_sums *sums,
                      struct error *error)
{
    struct text sql = arena_format(arena,
                                   "SELECT count(*), coalesce(sum(('x' || "
                                   "substr(md5(textin(record_out(t.*))), 1, 16))::bit(64)::bigint),"
                                   " 0)::text FROM ONLY %.*s AS t",
                                   TEXT_ARG(name));
    struct result result;
    if (!db_run(db, arena, &result, error, sql.data, NO_PARAMETERS))
        return false;
    table_sums_add(sums, arena, (struct table_sum){ name, result.cells[0].integer, result.cells[1].text });
    return true;
}

/* The tables that pg_dump copies with their rows: an extension's come with the extension. */
static bool postgres_sum_tables(struct db *db, struct arena *arena, struct table_sums *sums,
                                struct error *error)
{
    static const char tables[] =
        "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname <> 'information_schema'"
        " AND n.nspname !~ '^pg_' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d"
        " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid"
        " AND d.deptype = 'e') ORDER BY n.nspname, c.relname";
    struct result names;
    if (!settle_session(db, error) || !db_run(db, arena, &names, error, tables, NO_PARAMETERS))
        return false;
    for (size_t i = 0; i < names.row_count; i++)
        if (!sum_table(db, arena, result_row(&names, i)->text, sums, error))
            return false;
    return true;
}

static bool read_version(struct db *db, struct arena *arena, const char *sql, int64_t *version,
                         struct error *error)
{
    struct result result;
    if (!db_run(db, arena, &result, error, sql, NO_PARAMETERS))
        return false;
    *version = cell_integer(result.cells[0]);
    return true;
}

bool table_sums_take(struct db *db, struct arena *arena, struct table_sums *sums, struct error *error)
{
    *sums = (struct table_sums){};
    if (db_engine(db) == ENGINE_SQLITE)
        return sqlite_sum_tables(db, arena, sums, error)
            && read_version(db, arena, "SELECT max(version) FROM nidia_schema", &sums->schema_version, error);
    return postgres_sum_tables(db, arena, sums, error)
        && read_version(db, arena, "SELECT max(version) FROM public.nidia_schema", &sums->schema_version,
                        error);
}

bool table_sums_compare(const struct table_sums *expected, const struct table_sums *found,
                        struct error *error)
{
    for (size_t i = 0; i < expected->count && i < found->count; i++) {
        const struct table_sum *there = &expected->tables[i], *here = &found->tables[i];
        if (!text_equal(there->name, here->name))
            return fail(error, ERROR_conflict, "the copy has table %.*s where %.*s was expected",
                        TEXT_ARG(here->name), TEXT_ARG(there->name));
        if (there->rows != here->rows)
            return fail(error, ERROR_conflict, "table %.*s has %lld rows in the copy, not %lld",
                        TEXT_ARG(here->name), (long long)here->rows, (long long)there->rows);
        if (!text_equal(there->checksum, here->checksum))
            return fail(error, ERROR_conflict, "the rows of table %.*s differ in the copy",
                        TEXT_ARG(here->name));
    }
    return expected->count == found->count
        || fail(error, ERROR_conflict, "the copy has %zu tables, not %zu", found->count, expected->count);
}

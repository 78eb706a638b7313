#include "hosting/copy_limit.h"
#include "hosting/table_baseline.h"

enum { PAGES_AT_ONCE = 2'048 };

void table_sums_add(struct table_sums *sums, struct arena *arena, struct table_sum sum)
{
    sums->tables = arena_extend(arena, sums->tables, sizeof *sums->tables, sums->count, &sums->capacity);
    sums->tables[sums->count++] = sum;
    sums->rows += sum.rows;
}

bool table_sums_begin(struct db *db, struct error *error)
{
    return db_begin(db, error)
        && db_run_script(db, error, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
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

/*
 * A row as one number. record_out() knows no casts: `t::text` could run a function that the tenant has made
 * its cast. Where it need not last, values whose bytes are the same on every server are hashed as they are, a
 * number's scale and the like as text.
 */
#define TEXT_OF(record) "textin(record_out(" record "))"
#define LASTING_NUMBER  "('x' || substr(md5(" TEXT_OF("t.*") "), 1, 16))::bit(64)::bigint"
#define PASSING_NUMBER                                                                                       \
    "(SELECT 'hash_record_extended(ROW(' || concat_ws(', ',"                                                 \
    " string_agg(format('t.%I', attname), ', ' ORDER BY attnum) FILTER (WHERE is_plain),"                    \
    " '" TEXT_OF("ROW(' || string_agg(format('t.%I', attname), ', ' ORDER BY attnum)"                        \
                 " FILTER (WHERE NOT is_plain) || ')") "') || '), 0)'"                                       \
                                                       " FROM (SELECT *, atttypid IN ('bool'::regtype, "     \
                                                       "'int2'::regtype, 'int4'::regtype, 'int8'::regtype,"  \
                                                       " 'text'::regtype, 'varchar'::regtype, "              \
                                                       "'bytea'::regtype, 'uuid'::regtype, 'date'::regtype," \
                                                       " 'timestamp'::regtype, 'timestamptz'::regtype) AS "  \
                                                       "is_plain FROM pg_attribute"                          \
                                                       " WHERE attrelid = c.oid AND attnum > 0 AND NOT "     \
                                                       "attisdropped) AS columns)"

static bool sum_pages(struct db *db, struct arena *arena, const struct summed_table *table, const char *pages,
                      struct table_sum *sum, struct error *error)
{
    struct text sql = arena_format(
        arena, "SELECT count(*), ($1::numeric + coalesce(sum(%.*s), 0))::text FROM ONLY %.*s AS t WHERE %s",
        TEXT_ARG(table->number), TEXT_ARG(table->name), pages);
    struct result result;
    if (!db_run(db, arena, &result, error, sql.data, PARAMETERS(value_text(sum->checksum))))
        return false;
    sum->rows += result.cells[0].integer;
    sum->checksum = result.cells[1].text;
    return true;
}

/* Whoever may be given up goes through a table piece by piece. */
static bool sum_table(struct db *db, struct arena *arena, const struct summed_table *table,
                      const struct copy_watch *watch, struct table_sum *sum, struct error *error)
{
    int64_t step = watch ? PAGES_AT_ONCE : table->pages;
    int64_t page = 0;
    for (int64_t next = step; next < table->pages; page = next, next += step) {
        struct text piece = arena_format(arena, "t.ctid >= '(%lld,0)' AND t.ctid < '(%lld,0)'",
                                         (long long)page, (long long)next);
        if (!copy_watch_goes_on(watch, 0, 0))
            return fail(error, ERROR_internal, "the checksums were given up");
        if (!sum_pages(db, arena, table, piece.data, sum, error))
            return false;
    }
    struct text rest = page > 0 ? arena_format(arena, "t.ctid >= '(%lld,0)'", (long long)page) : TEXT("true");
    return sum_pages(db, arena, table, rest.data, sum, error);
}

/* What a row's number follows from beside the row and its columns: the words of enums. NULL where a type is
 * another table's, or its text tells what things are called by now. */
#define SHAPE                                                                                                \
    "CASE WHEN NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid"                  \
    " WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND y.typtype <> 'e'"                 \
    " AND (y.typnamespace <> 'pg_catalog'::regnamespace OR y.typname ~ '^_?(reg|aclitem)'))"                 \
    " THEN concat_ws(' ', c.oid,"                                                                            \
    " (SELECT md5(string_agg(concat_ws(' ', e.xmin, e.ctid), ',' ORDER BY e.oid)) FROM pg_enum e)) END"

/* The tables that pg_dump copies with their rows: an extension's come with the extension. */
#define EACH_TABLE(number, shape)                                                                            \
    "SELECT format('%I.%I', n.nspname, c.relname), " number                                                  \
    ", pg_relation_size(c.oid) / current_setting('block_size')::bigint, c.oid::bigint, " shape               \
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"                                         \
    " WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname <> 'information_schema'"               \
    " AND n.nspname !~ '^pg_' AND NOT EXISTS (SELECT FROM pg_depend d"                                       \
    " WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')"                       \
    " ORDER BY n.nspname, c.relname"

static bool postgres_sum_tables(struct db *db, struct arena *arena, const struct summing *summing,
                                struct table_sums *sums, struct error *error)
{
    const char *tables = summing->passing ? EACH_TABLE(PASSING_NUMBER, SHAPE) : EACH_TABLE("NULL", "NULL");
    struct result rows;
    if (!settle_session(db, error) || !copy_limit(summing->watch, arena, db, error)
        || !db_run(db, arena, &rows, error, tables, NO_PARAMETERS))
        return false;
    for (size_t i = 0; i < rows.row_count; i++) {
        const struct value *row = result_row(&rows, i);
        const struct summed_table table = {
            .name = row[0].text,
            .number = value_is_set(row[1]) ? row[1].text : TEXT(LASTING_NUMBER),
            .pages = cell_integer(row[2]),
            .oid = cell_integer(row[3]),
        };
        struct table_sum sum = { .name = table.name, .checksum = TEXT("0"), .shape = cell_text(row[4]) };
        bool is_known = table_baseline_knows(summing->since, &sum);
        if (!copy_watch_goes_on(summing->watch, 0, 0))
            return fail(error, ERROR_internal, "the checksums were given up");
        if (!copy_limit(summing->watch, arena, db, error)
            || !(is_known ? table_baseline_add_changes(summing, db, arena, &table, &sum, error)
                          : sum_table(db, arena, &table, summing->watch, &sum, error)))
            return false;
        table_sums_add(sums, arena, sum);
    }
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

bool table_sums_take(struct db *db, struct arena *arena, const struct summing *summing,
                     struct table_sums *sums, struct error *error)
{
    *sums = (struct table_sums){};
    if (db_engine(db) == ENGINE_SQLITE)
        return sqlite_sum_tables(db, arena, summing->watch, sums, error)
            && read_version(db, arena, "SELECT max(version) FROM nidia_schema", &sums->schema_version, error);
    return postgres_sum_tables(db, arena, summing, sums, error)
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

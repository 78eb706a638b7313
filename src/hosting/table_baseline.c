#include "hosting/table_baseline.h"
#include "hosting/copy_limit.h"

/*
 * The map is read by a function that PostgreSQL's own library pg_visibility has, for this session alone: an
 * extension would be seen in the tenant's schema, and would go into its dumps. Where a server forgets old
 * snapshots, a mark says nothing about one.
 */
static const char open_map[] =
    "SET search_path = pg_catalog;"
    "CREATE FUNCTION pg_temp.visibility_of(regclass, OUT page bigint, OUT is_visible boolean,"
    " OUT is_frozen boolean) RETURNS SETOF record LANGUAGE c STRICT"
    " AS '$libdir/pg_visibility', 'pg_visibility_map_rel';"
    "DO $$ BEGIN IF current_setting('old_snapshot_threshold', true) <> '-1' THEN"
    " RAISE 'snapshots are forgotten'; END IF; END $$";

/* Pages that are not marked, as pieces that follow each other; empty pieces: NULL. */
static const char changed_pieces[] =
    "SELECT array_agg(format('(%s,0)', first))::text, array_agg(format('(%s,0)', last + 1))::text"
    " FROM (SELECT min(page) AS first, max(page) AS last"
    " FROM (SELECT page, page - row_number() OVER (ORDER BY page) AS piece"
    " FROM pg_temp.visibility_of($1::bigint::oid::regclass) WHERE NOT is_visible) AS pages GROUP BY piece)"
    " AS pieces";

static bool can_read_map(struct table_baseline *baseline, struct error *error)
{
    if (baseline->map && db_run_script(baseline->map, error, open_map) && db_begin(baseline->map, error))
        return true;
    db_cleanup(&baseline->map);
    baseline->map = NULL;
    error_clear(error);
    return false;
}

/* Those that another vacuum works on are passed over: what has no mark is read twice, and that is all. */
static bool vacuum(struct db *db, struct arena *arena, const struct copy_watch *watch, struct error *error)
{
    static const char own[] =
        "SELECT pg_catalog.format('VACUUM (SKIP_LOCKED, TRUNCATE false) %I.%I', n.nspname, c.relname)"
        " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname !~ '^pg_'"
        " AND c.relowner = current_user::pg_catalog.regrole";
    struct result tables;
    if (!db_run_script(db, error, "SET search_path = pg_catalog; SET statement_timeout = 0")
        || !db_run(db, arena, &tables, error, own, NO_PARAMETERS))
        return false;
    for (size_t i = 0; i < tables.row_count; i++) {
        if (!copy_watch_goes_on(watch, 0, 0))
            return fail(error, ERROR_internal, "the checksums were given up");
        if (!db_run_script(db, error, arena_string(arena, result_row(&tables, i)->text)))
            return false;
    }
    return true;
}

bool table_baseline_take(struct table_baseline *baseline, struct arena *arena, const struct copy_watch *watch,
                         struct error *error)
{
    return !can_read_map(baseline, error)
        || (vacuum(baseline->db, arena, watch, error) && table_sums_begin(baseline->db, error)
            && table_sums_take(baseline->db, arena, &(struct summing){ .passing = true, .watch = watch },
                               &baseline->sums, error));
}

void table_baseline_end(struct table_baseline *baseline)
{
    db_cleanup(&baseline->db);
    db_cleanup(&baseline->map);
    *baseline = (struct table_baseline){};
}

static const struct table_sum *find(const struct table_baseline *baseline, struct text name)
{
    for (size_t i = 0; i < baseline->sums.count; i++)
        if (text_equal(baseline->sums.tables[i].name, name))
            return &baseline->sums.tables[i];
    return NULL;
}

bool table_baseline_knows(const struct table_baseline *baseline, const struct table_sum *sum)
{
    const struct table_sum *before = baseline ? find(baseline, sum->name) : NULL;
    return before && before->shape.length > 0 && text_equal(before->shape, sum->shape);
}

/* To the sum, or from it, what this snapshot sees in the pieces. */
static bool sum_pieces(struct db *db, struct arena *arena, const struct summed_table *table,
                       const struct value *pieces, bool takes_away, struct table_sum *sum,
                       struct error *error)
{
    struct text sql = arena_format(
        arena,
        "SELECT count(*), ($1::numeric %s coalesce(sum(seen.number), 0))::text"
        " FROM unnest($2::text::tid[], $3::text::tid[]) AS piece(first, past), LATERAL (SELECT %.*s AS number"
        " FROM ONLY %.*s AS t WHERE t.ctid >= piece.first AND t.ctid < piece.past OFFSET 0) AS seen",
        takes_away ? "-" : "+", TEXT_ARG(table->number), TEXT_ARG(table->name));
    struct result result;
    if (!db_run(db, arena, &result, error, sql.data,
                PARAMETERS(value_text(sum->checksum), pieces[0], pieces[1])))
        return false;
    sum->rows += takes_away ? -result.cells[0].integer : result.cells[0].integer;
    sum->checksum = result.cells[1].text;
    return true;
}

bool table_baseline_add_changes(const struct summing *summing, struct db *later, struct arena *arena,
                                const struct summed_table *table, struct table_sum *sum, struct error *error)
{
    const struct table_baseline *baseline = summing->since;
    const struct table_sum *before = find(baseline, table->name);
    struct result pieces;
    sum->rows = before->rows;
    sum->checksum = before->checksum;
    if (!copy_limit(summing->watch, arena, baseline->map, error)
        || !db_run(baseline->map, arena, &pieces, error, changed_pieces,
                   PARAMETERS(value_integer(table->oid))))
        return false;
    return !value_is_set(pieces.cells[0])
        || (copy_limit(summing->watch, arena, baseline->db, error)
            && sum_pieces(baseline->db, arena, table, pieces.cells, true, sum, error)
            && sum_pieces(later, arena, table, pieces.cells, false, sum, error));
}

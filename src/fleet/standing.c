#include "fleet/standing.h"

/* What has run is another file now, or none. */
static struct text conflict_of(struct arena *arena, const struct tenant_schema *schema,
                               const struct standing *standing, struct text name, struct text checksum)
{
    int version = (int)standing->version.integer;
    const struct tenant_schema_file *file = schema->files, *end = file + schema->count;
    while (file < end && file->version != version)
        file++;
    if (file == end)
        return arena_format(arena, "tenant schema: %04d_%.*s has run, but there is no such file", version,
                            TEXT_ARG(name));
    return arena_format(arena, "tenant schema: %s%04d_%.*s was changed after it had run",
                        text_equal(file->checksum, checksum) ? "a file before " : "", version,
                        TEXT_ARG(name));
}

static void place(struct arena *arena, const struct tenant_schema *schema, struct standing *standing,
                  struct text name, struct text checksum)
{
    if (!value_is_set(standing->fingerprint))
        return;
    while (standing->run < schema->count
           && !text_equal(schema->files[standing->run].fingerprint, standing->fingerprint.text))
        standing->run++;
    if (standing->run == schema->count)
        standing->conflict = conflict_of(arena, schema, standing, name, checksum);
    else
        standing->run++;
}

bool standings_read(struct work *work, const struct tenant_schema *schema, struct standings *standings)
{
    static const char sql[] =
        "SELECT s.version, s.fingerprint, min(s.name), min(s.checksum), count(*), "
        "CAST(sum(CASE WHEN s.status = 'failed' THEN 1 ELSE 0 END) AS bigint)" FLEET_TABLES
        "GROUP BY s.version, s.fingerprint ORDER BY s.version, s.fingerprint";
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, sql, NO_PARAMETERS))
        return false;
    *standings =
        (struct standings){ .list = arena_array(work->arena, struct standing, result.row_count + 1) };
    for (size_t i = 0; i < result.row_count; i++) {
        const struct value *row = result_row(&result, i);
        struct standing *standing = &standings->list[standings->count++];
        *standing = (struct standing){ .version = row[0],
                                       .fingerprint = row[1],
                                       .tenants = cell_integer(row[4]),
                                       .failed = cell_integer(row[5]) };
        place(work->arena, schema, standing, cell_text(row[2]), cell_text(row[3]));
        standings->tenants += standing->tenants;
        standings->failed += standing->failed;
        if (standing->conflict.length == 0 && standing->run == schema->count)
            standings->up_to_date += standing->tenants;
    }
    return true;
}

bool standings_check(struct work *work, const struct standings *standings)
{
    for (size_t i = 0; i < standings->count; i++)
        if (standings->list[i].conflict.length > 0)
            return fail(&work->error, ERROR_conflict, "%.*s, in %lld tenants' databases",
                        TEXT_ARG(standings->list[i].conflict), (long long)standings->list[i].tenants);
    return true;
}

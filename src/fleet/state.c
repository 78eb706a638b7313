/* What `nidia fleet status` and a dry run tell. */
#include "fleet/fleet.h"
#include "fleet/standing.h"
#include "hosting/hosting.h"
#include "record/document.h"
#include "record/store.h"
#include "json/json.h"

enum { SLUGS_TOLD = 20 };

static struct value list_files(struct arena *arena, const struct tenant_schema *schema, size_t from)
{
    struct buffer json = { .arena = arena };
    buffer_add_byte(&json, '[');
    for (size_t i = from; i < schema->count; i++) {
        const struct tenant_schema_file *file = &schema->files[i];
        buffer_add(&json, i > from ? TEXT(",") : TEXT(""));
        json_add_text(&json, arena_format(arena, "%04d_%.*s", (int)file->version, TEXT_ARG(file->name)));
    }
    buffer_add_byte(&json, ']');
    return value_text(json.text);
}

static bool list_slugs(struct work *work, const struct standing *standing, struct value *slugs)
{
    static const char sql[] = "SELECT t.slug" FLEET_TABLES "AND s.fingerprint IS NOT DISTINCT FROM $1 "
                              "ORDER BY t.id LIMIT $2";
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, sql,
                PARAMETERS(standing->fingerprint, value_integer(SLUGS_TOLD))))
        return false;
    struct buffer json = { .arena = work->arena };
    buffer_add_byte(&json, '[');
    for (size_t i = 0; i < result.row_count; i++) {
        buffer_add(&json, i > 0 ? TEXT(",") : TEXT(""));
        json_add_text(&json, result_row(&result, i)->text);
    }
    buffer_add_byte(&json, ']');
    *slugs = value_text(json.text);
    return true;
}

static bool tell_group(struct work *work, const struct tenant_schema *schema, const struct standing *standing,
                       struct buffer *json)
{
    bool differs = standing->conflict.length > 0;
    struct fleet_group group = {
        .version = standing->version,
        .tenants = value_integer(standing->tenants),
        .failed = value_integer(standing->failed),
        .files = list_files(work->arena, schema, differs ? schema->count : standing->run),
        .slugs = value_string("[]"),
        .conflict = value_text_or_null(standing->conflict),
    };
    if ((differs || standing->run < schema->count) && !list_slugs(work, standing, &group.slugs))
        return false;
    struct column_set columns = columns_visible(&fleet_groups_table, SUPER_ADMIN);
    document_write(json, &fleet_groups_table, group.cells, &columns);
    return true;
}

static bool tell_groups(struct work *work, const struct tenant_schema *schema,
                        const struct standings *standings, struct value *groups)
{
    struct buffer json = { .arena = work->arena };
    buffer_add_byte(&json, '[');
    for (size_t i = 0; i < standings->count; i++) {
        buffer_add(&json, i > 0 ? TEXT(",") : TEXT(""));
        if (!tell_group(work, schema, &standings->list[i], &json))
            return false;
    }
    buffer_add_byte(&json, ']');
    *groups = value_text(json.text);
    return true;
}

static bool tell_migration(struct work *work, struct fleet_state *state)
{
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error,
                "SELECT id, status, waits_for, waits_since FROM fleet_migrations "
                "ORDER BY created_at DESC, id DESC LIMIT 1",
                NO_PARAMETERS))
        return false;
    bool found = result.row_count > 0;
    state->migration_id = found ? result.cells[0] : value_null();
    state->migration_status = found ? result.cells[1] : value_null();
    state->waits_for = found ? result.cells[2] : value_null();
    state->waits_since = found ? result.cells[3] : value_null();
    return true;
}

bool fleet_state_tell(struct work *work, struct fleet_state *state)
{
    struct tenant_schema schema;
    struct standings standings;
    if (!hosting_read_schema(work->site->hosting, &schema, work->arena, &work->error)
        || !standings_read(work, &schema, &standings))
        return false;
    *state = (struct fleet_state){
        .target_version = value_integer(tenant_schema_version(&schema)),
        .target_fingerprint = value_text(schema.fingerprint),
        .tenants = value_integer(standings.tenants),
        .up_to_date = value_integer(standings.up_to_date),
        .behind = value_integer(standings.tenants - standings.up_to_date),
        .failed = value_integer(standings.failed),
    };
    return tell_groups(work, &schema, &standings, &state->groups) && tell_migration(work, state);
}

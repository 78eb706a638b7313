#include "directory/directory_facts.h"
#include "features/names.h"
#include "record/document.h"
#include "record/site.h"

/* In the order of `facts_columns`. */
enum fact {
    FACT_id,
    FACT_slug,
    FACT_plan_status,
    FACT_service_level,
    FACT_level_reason,
    FACT_level_until,
    FACT_level_next,
    FACT_timezone,
    FACT_usage_month,
    FACT_is_active,
    FACT_plan_type,
    FACT_db_name,
    FACT_db_host,
    FACT_db_port,
    FACT_plan_id,
    FACT_own_modules,
    FACT_plan_modules,
    FACT_features,
    FACT_revision,
    FACT_plan_revision,
    FACT_lease_epoch,
    FACT_is_gone,
    FACT_limits,
    FACT_used = FACT_limits + LIMIT_COUNT,
};

static const char facts_columns[] =
    "SELECT t.id, t.slug, t.plan_status, t.service_level,"
    " t.service_level_reason, t.service_level_until, t.service_level_next, t.timezone, t.usage_month, "
    "t.is_active, t.plan_type, "
    "t.db_name, t.db_host,"
    " t.db_port, t.plan_id, t.enabled_modules, p.enabled_modules, p.features, t.revision, p.revision, "
    "t.lease_epoch,"
    " (t.deletes_at IS NOT NULL OR t.deleted_at IS NOT NULL),"
    " t.max_users, t.max_storage_gb, t.max_monthly_emails, t.max_monthly_whatsapp, t.max_monthly_api_calls,"
    " t.current_users, t.current_storage_gb, t.current_monthly_emails, t.current_monthly_whatsapp,"
    " t.current_monthly_api_calls"
    " FROM tenants t JOIN plans p ON p.id = t.plan_id WHERE ";

bool facts_read(struct work *work, struct arena *arena, const char *where, const struct value *parameters,
                size_t parameter_count, struct facts_page *page)
{
    struct text sql =
        arena_format(arena, "%s%s ORDER BY t.id LIMIT %d", facts_columns, where, FACTS_PAGE_MAX);
    *page = (struct facts_page){ .ticket = directory_ticket(work->site->directory) };
    if (!db_run(work->db, arena, &page->result, &work->error, sql.data, parameters, parameter_count))
        return false;
    size_t count = page->result.row_count;
    return count == 0
        || (catalog_read(work, arena, &page->catalog)
            && assignments_read(work, arena, result_row(&page->result, 0)->text,
                                result_row(&page->result, count - 1)->text, &page->assignments));
}

/* A plan's features; what is no list of texts counts as none. Most tenants have those of the one before. */
static struct text features_of(struct facts_page *page, struct text json, struct arena *arena)
{
    struct names names = {};
    if (page->features.data && text_equal(page->features_from, json))
        return page->features;
    names_add_json(&names, arena, json);
    page->features_from = json;
    return page->features = names_to_json(&names, arena);
}

/* SQLite knows no times. */
static struct value time_or_null(struct value cell)
{
    return value_is_set(cell) ? value_time(cell.integer) : value_null();
}

/* The reply of GET /resolve. */
static struct text resolution_of(const struct value *row, const struct tenant_facts *facts,
                                 struct arena *arena)
{
    struct resolution resolution = {
        .id = row[FACT_id],
        .slug = row[FACT_slug],
        .status = row[FACT_plan_status],
        .service_level = row[FACT_service_level],
        .service_level_reason = row[FACT_level_reason],
        .service_level_until = time_or_null(row[FACT_level_until]),
        .service_level_next = row[FACT_level_next],
        .is_active = value_boolean(facts->is_active),
        .plan_type = row[FACT_plan_type],
        .db_name = row[FACT_db_name],
        .db_host = row[FACT_db_host],
        .db_port = row[FACT_db_port],
        .modules = value_text(facts->parts[ENTRY_modules]),
        .submodules = value_text(facts->parts[ENTRY_submodules]),
        .features = value_text(facts->parts[ENTRY_features]),
        .flags = value_text(facts->parts[ENTRY_flags]),
        .lease_epoch = value_integer(facts->lease_epoch),
        .version = value_integer(facts->revision),
    };
    for (int i = 0; i < LIMIT_COUNT; i++)
        resolution.cells[tenant_limits[i].of_resolution - 1] = value_integer(facts->limits[i]);
    struct column_set columns = columns_visible(&resolutions_table, SUPER_ADMIN);
    struct buffer json = { .arena = arena };
    document_write(&json, &resolutions_table, resolution.cells, &columns);
    return json.text;
}

static void take_features(struct facts_page *page, const struct value *row, struct arena *arena,
                          struct tenant_facts *facts)
{
    const struct tenant_features tenant = { .id = row[FACT_id].text,
                                            .slug = row[FACT_slug].text,
                                            .plan_id = row[FACT_plan_id].text,
                                            .plan_modules = row[FACT_plan_modules].text,
                                            .own_modules = row[FACT_own_modules].text };
    struct effective effective;
    effective_compute(&page->catalog, &page->assignments, &tenant, arena, &page->latest, &effective);
    facts->parts[ENTRY_modules] = effective.modules;
    facts->parts[ENTRY_submodules] = effective.submodules;
    facts->parts[ENTRY_flags] = effective.flags;
    facts->parts[ENTRY_features] = features_of(page, row[FACT_features].text, arena);
}

bool facts_of_row(struct facts_page *page, size_t i, struct arena *arena, struct tenant_facts *facts)
{
    const struct value *row = result_row(&page->result, i);
    *facts = (struct tenant_facts){ .parts = { [ENTRY_id] = row[FACT_id].text },
                                    .revision = row[FACT_revision].integer,
                                    .ticket = page->ticket };
    if (cell_boolean(row[FACT_is_gone]))
        return false;
    facts->lease_epoch = row[FACT_lease_epoch].integer;
    facts->plan_revision = row[FACT_plan_revision].integer;
    facts->is_active = cell_boolean(row[FACT_is_active]);
    for (int limit = 0; limit < LIMIT_COUNT; limit++) {
        facts->limits[limit] = row[FACT_limits + limit].integer;
        facts->used[limit] = row[FACT_used + limit].integer;
    }
    facts->parts[ENTRY_slug] = row[FACT_slug].text;
    facts->parts[ENTRY_plan_type] = row[FACT_plan_type].text;
    facts->parts[ENTRY_plan_status] = row[FACT_plan_status].text;
    facts->parts[ENTRY_service_level] = row[FACT_service_level].text;
    facts->parts[ENTRY_level_reason] = cell_text(row[FACT_level_reason]);
    facts->parts[ENTRY_level_next] = cell_text(row[FACT_level_next]);
    facts->parts[ENTRY_timezone] = row[FACT_timezone].text;
    facts->month = month_of_text(cell_text(row[FACT_usage_month]));
    facts->level_until = cell_integer(row[FACT_level_until]);
    facts->level = service_level_named(row[FACT_service_level].text);
    take_features(page, row, arena, facts);
    facts->parts[ENTRY_resolved] = resolution_of(row, facts, arena);
    return true;
}

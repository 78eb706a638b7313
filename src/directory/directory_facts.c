#include "directory/directory_facts.h"
#include "directory/directory_reply.h"
#include "record/site.h"

/* In the order of `facts_columns`. */
enum fact {
    FACT_id,
    FACT_slug,
    FACT_db_name,
    FACT_revision,
    FACT_lease_epoch,
    FACT_is_gone,
    FACT_usage_month,
    FACT_timezone,
    FACT_requires_second_factor,
    FACT_plan_id,
    FACT_own_modules,
    FACT_plan_status, /* from here on: what REPLY_terms tells */
    FACT_service_level,
    FACT_level_reason,
    FACT_level_until,
    FACT_level_next,
    FACT_is_active,
    FACT_plan_type,
    FACT_db_host,
    FACT_db_port,
    FACT_limits,
    FACT_used = FACT_limits + LIMIT_COUNT, /* no more of it */
};

static const char facts_columns[] =
    "SELECT t.id, t.slug, t.db_name, t.revision, t.lease_epoch,"
    " (t.deletes_at IS NOT NULL OR t.deleted_at IS NOT NULL),"
    " t.usage_month, t.timezone, t.requires_second_factor, t.plan_id, t.enabled_modules,"
    " t.plan_status, t.service_level, t.service_level_reason, t.service_level_until,"
    " t.service_level_next, t.is_active, t.plan_type, t.db_host, t.db_port,"
    " t.max_users, t.max_storage_gb, t.max_monthly_emails, t.max_monthly_whatsapp, t.max_monthly_api_calls,"
    " t.current_users, t.current_storage_gb, t.current_monthly_emails, t.current_monthly_whatsapp,"
    " t.current_monthly_api_calls"
    " FROM tenants t WHERE ";

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
        || assignments_read(work, arena, result_row(&page->result, 0)->text,
                            result_row(&page->result, count - 1)->text, &page->assignments);
}

/* SQLite knows no times. */
static struct value time_or_null(struct value cell)
{
    return value_is_set(cell) ? value_time(cell.integer) : value_null();
}

static bool tells_same_terms(const struct value *row, const struct value *other)
{
    for (size_t i = FACT_plan_status; i < FACT_used; i++)
        if (!value_equal(row[i], other[i]))
            return false;
    return true;
}

/* Most tenants have their terms like another one, for whom they are written already. */
static struct text write_terms(struct facts_page *page, const struct value *row,
                               const struct resolution *resolution, struct arena *arena)
{
    for (size_t i = 0; i < TERMS_WRITTEN_MAX && page->written[i].row; i++)
        if (tells_same_terms(row, page->written[i].row))
            return page->written[i].terms;
    struct text terms = reply_piece(resolution, REPLY_terms, arena);
    page->written[page->written_next++ % TERMS_WRITTEN_MAX] = (struct written_terms){ row, terms };
    return terms;
}

static void write_reply(struct facts_page *page, const struct value *row, struct arena *arena,
                        struct tenant_facts *facts)
{
    struct resolution resolution = {
        .id = row[FACT_id],
        .slug = row[FACT_slug],
        .db_name = row[FACT_db_name],
        .lease_epoch = value_integer(facts->lease_epoch),
        .version = value_integer(facts->revision),
        .status = row[FACT_plan_status],
        .service_level = row[FACT_service_level],
        .service_level_reason = row[FACT_level_reason],
        .service_level_until = time_or_null(row[FACT_level_until]),
        .service_level_next = row[FACT_level_next],
        .is_active = value_boolean(facts->terms.is_active),
        .plan_type = row[FACT_plan_type],
        .db_host = row[FACT_db_host],
        .db_port = row[FACT_db_port],
    };
    for (int i = 0; i < LIMIT_COUNT; i++)
        resolution.cells[tenant_limits[i].of_resolution - 1] = value_integer(facts->terms.limits[i]);
    facts->parts[ENTRY_resolved] = reply_piece(&resolution, REPLY_own, arena);
    facts->terms.parts[TERMS_resolved] = write_terms(page, row, &resolution, arena);
}

static void take_terms(const struct facts_page *page, const struct value *row, struct arena *arena,
                       struct terms_facts *terms)
{
    *terms = (struct terms_facts){
        .level_until = cell_integer(row[FACT_level_until]),
        .level = service_level_named(row[FACT_service_level].text),
        .is_active = cell_boolean(row[FACT_is_active]),
        .requires_second_factor = cell_boolean(row[FACT_requires_second_factor]),
        .parts = { [TERMS_plan_type] = row[FACT_plan_type].text,
                   [TERMS_plan_status] = row[FACT_plan_status].text,
                   [TERMS_level_reason] = cell_text(row[FACT_level_reason]),
                   [TERMS_level_next] = cell_text(row[FACT_level_next]),
                   [TERMS_timezone] = row[FACT_timezone].text,
                   [TERMS_plan_id] = row[FACT_plan_id].text,
                   [TERMS_modules] = row[FACT_own_modules].text,
                   [TERMS_lines] = assignments_of(&page->assignments, row[FACT_id].text, arena) },
    };
    for (int limit = 0; limit < LIMIT_COUNT; limit++)
        terms->limits[limit] = row[FACT_limits + limit].integer;
}

bool facts_of_row(struct facts_page *page, size_t i, struct arena *arena, struct tenant_facts *facts)
{
    const struct value *row = result_row(&page->result, i);
    *facts = (struct tenant_facts){ .parts = { [ENTRY_id] = row[FACT_id].text },
                                    .revision = row[FACT_revision].integer,
                                    .ticket = page->ticket };
    if (cell_boolean(row[FACT_is_gone]))
        return false;
    facts->parts[ENTRY_slug] = row[FACT_slug].text;
    facts->lease_epoch = row[FACT_lease_epoch].integer;
    for (int limit = 0; limit < LIMIT_COUNT; limit++)
        facts->used[limit] = row[FACT_used + limit].integer;
    facts->month = month_of_text(cell_text(row[FACT_usage_month]));
    take_terms(page, row, arena, &facts->terms);
    write_reply(page, row, arena, facts);
    return true;
}

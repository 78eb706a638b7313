/* How much room the tenants' databases take: asked of each host once, written where it has changed. */
#include "base/buffer.h"
#include "base/zone.h"
#include "hosting/hosting.h"
#include "record/transact.h"
#include "usage/usage.h"
#include "usage/usage_parts.h"
#include "usage/usage_warning.h"
#include <stdlib.h>

enum { BYTES_A_THOUSANDTH = 1'000'000 };

static const char before_all[] = "00000000-0000-0000-0000-000000000000";

/* In the order of the statement that reads them. */
enum { CELL_id, CELL_db_name, CELL_stored, CELL_allowed, CELL_zone };

/* Tenants of one host, a page of them. */
struct page {
    struct text host_id, after;
    const struct place_sizes *sizes;
    struct result tenants;
    struct text changed[USAGE_ROWS_MAX];
    size_t changed_count;
};

static bool read_page(struct work *work, struct page *page)
{
    static const char sql[] = "SELECT id, db_name, current_storage_gb, max_storage_gb, timezone FROM tenants "
                              "WHERE database_host_id = $1 AND id > $2 AND provisioning_status = 'completed' "
                              "AND deleted_at IS NULL ORDER BY id LIMIT 100";
    return db_run(work->db, work->arena, &page->tenants, &work->error, sql,
                  PARAMETERS(value_text(page->host_id), value_text(page->after)));
}

static int compare(const void *name, const void *size)
{
    return text_compare(*(const struct text *)name, ((const struct place_size *)size)->name);
}

static bool write_day(struct work *work, const struct value *tenant, int64_t thousandths)
{
    static const char sql[] =
        "INSERT INTO tenant_usage_daily (id, tenant_id, date, storage_used_gb, created_at, updated_at) "
        "VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (tenant_id, date) DO UPDATE "
        "SET storage_used_gb = excluded.storage_used_gb, updated_at = excluded.updated_at "
        "WHERE tenant_usage_daily.storage_used_gb <> excluded.storage_used_gb";
    char date[DATE_TEXT_SIZE];
    struct date today = calendar_date_of(zone_local_ms(tenant[CELL_zone].text, work->now));
    struct result ignored;
    return db_run(work->db, work->arena, &ignored, &work->error, sql,
                  PARAMETERS(value_text(random_uuid(work->arena, work->now)), tenant[CELL_id],
                             value_text(calendar_print_date(today, date)), value_integer(thousandths),
                             value_time(work->now)));
}

/* A row that another has moved meanwhile keeps what that one measured later. */
static bool write_count(struct work *work, struct page *page, const struct value *tenant, int64_t thousandths)
{
    static const char sql[] =
        "UPDATE tenants SET current_storage_gb = $2 WHERE id = $1 AND current_storage_gb = $3";
    struct result result;
    if (thousandths == cell_integer(tenant[CELL_stored]))
        return true;
    if (!db_run(work->db, work->arena, &result, &work->error, sql,
                PARAMETERS(tenant[CELL_id], value_integer(thousandths), tenant[CELL_stored])))
        return false;
    page->changed[page->changed_count++] = tenant[CELL_id].text;
    return usage_warn(work, tenant[CELL_id].text, LIMIT_storage_gb, thousandths,
                      cell_integer(tenant[CELL_allowed]), 0);
}

static bool write_page(struct work *work, void *data)
{
    struct page *page = data;
    page->changed_count = 0;
    for (size_t i = 0; i < page->tenants.row_count; i++) {
        const struct value *tenant = result_row(&page->tenants, i);
        const struct place_size *size = page->sizes->count > 0
                                          ? bsearch(&tenant[CELL_db_name].text, page->sizes->list,
                                                    page->sizes->count, sizeof *page->sizes->list, compare)
                                          : NULL;
        if (!size)
            continue;
        int64_t thousandths = (size->bytes + BYTES_A_THOUSANDTH - 1) / BYTES_A_THOUSANDTH;
        if (!write_count(work, page, tenant, thousandths) || !write_day(work, tenant, thousandths))
            return false;
    }
    return usage_tell(work, page->changed, page->changed_count);
}

static bool measure_host(struct work *work, struct text host_id)
{
    struct hosting_call call = hosting_call_of(work);
    struct place_sizes sizes;
    struct page page = { .host_id = host_id, .after = text_from(before_all), .sizes = &sizes };
    if (!hosting_measure(&call, host_id, &sizes))
        return false;
    do {
        if (!read_page(work, &page) || !db_transact(work, write_page, &page)
            || !usage_rows_read(work, page.changed, page.changed_count, usage_learn))
            return false;
        if (page.tenants.row_count > 0)
            page.after = result_row(&page.tenants, page.tenants.row_count - 1)->text;
    } while (page.tenants.row_count == USAGE_ROWS_MAX);
    return true;
}

/* A host that does not answer keeps the others from nothing. */
bool usage_measure_storage(struct work *work)
{
    struct result hosts;
    struct error first = {};
    if (!db_run(work->db, work->arena, &hosts, &work->error, "SELECT id FROM database_hosts ORDER BY id",
                NO_PARAMETERS))
        return false;
    for (size_t i = 0; i < hosts.row_count; i++) {
        if (!measure_host(work, result_row(&hosts, i)->text) && first.code == ERROR_none)
            first = work->error;
        error_clear(&work->error);
    }
    work->error = first;
    return first.code == ERROR_none;
}

#include "directory/directory_load.h"
#include "base/random.h"
#include "directory/directory_facts.h"
#include <string.h>

static const char before_all[] = "00000000-0000-0000-0000-000000000000";

/* A tenant that this node never knew leaves no tombstone when all are read. */
static bool is_known(struct directory *directory, struct text id)
{
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader = directory_enter(directory);
    return directory_find(directory, ENTRY_id, id) != NULL;
}

static void take_page(struct directory *directory, struct facts_page *page, struct arena *arena,
                      bool may_be_unknown)
{
    for (size_t i = 0; i < page->result.row_count; i++) {
        struct tenant_facts facts;
        if (facts_of_row(page, i, arena, &facts))
            directory_put(directory, &facts);
        else if (may_be_unknown || is_known(directory, facts.parts[ENTRY_id]))
            directory_remove(directory, facts.parts[ENTRY_id], facts.revision);
    }
}

/* Page by page, so that memory is bounded. */
static bool load_tenants(struct work *work)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    char last[UUID_LENGTH];
    memcpy(last, before_all, sizeof last);
    for (struct facts_page page = {};; arena_reset(arena)) {
        if (!facts_read(work, arena, "t.id > $1", PARAMETERS(value_text((struct text){ last, sizeof last })),
                        &page))
            return false;
        take_page(work->site->directory, &page, arena, false);
        if (page.result.row_count < FACTS_PAGE_MAX)
            return true;
        memcpy(last, result_row(&page.result, page.result.row_count - 1)->text.data, sizeof last);
    }
}

static const char hosts_columns[] = "SELECT id, tenant_id, domain FROM tenant_domains WHERE is_verified AND ";

static void put_host(struct directory *directory, const struct value *row)
{
    directory_put_host(directory, row[0].text, row[1].text, row[2].text);
}

/* A page of verified domains behind the last of the page before; leaves how many there were. */
static bool take_hosts(struct work *work, struct arena *arena, char last[static UUID_LENGTH], size_t *count)
{
    struct result result;
    struct text sql = arena_format(arena, "%sid > $1 ORDER BY id LIMIT %d", hosts_columns, FACTS_PAGE_MAX);
    if (!db_run(work->db, arena, &result, &work->error, sql.data,
                PARAMETERS(value_text((struct text){ last, UUID_LENGTH }))))
        return false;
    for (size_t i = 0; i < result.row_count; i++)
        put_host(work->site->directory, result_row(&result, i));
    *count = result.row_count;
    if (*count > 0)
        memcpy(last, result_row(&result, *count - 1)->text.data, UUID_LENGTH);
    return true;
}

bool directory_load_hosts(struct work *work)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    [[gnu::cleanup(directory_end_hosts)]] struct directory *directory = work->site->directory;
    char last[UUID_LENGTH];
    directory_begin_hosts(directory);
    directory_begin_all_hosts(directory);
    memcpy(last, before_all, sizeof last);
    for (size_t count = FACTS_PAGE_MAX; count == FACTS_PAGE_MAX; arena_reset(arena))
        if (!take_hosts(work, arena, last, &count))
            return false;
    directory_end_all_hosts(directory);
    return true;
}

static bool load_catalog(struct work *work)
{
    struct directory *directory = work->site->directory;
    struct arena *arena = arena_create();
    struct catalog catalog;
    uint64_t ticket = directory_ticket(directory);
    if (!catalog_read(work, arena, &catalog)) {
        arena_destroy(arena);
        return false;
    }
    directory_set_catalog(directory, arena, &catalog, ticket);
    return true;
}

bool directory_load(struct work *work)
{
    return load_catalog(work) && load_tenants(work);
}

static bool tenant_changed(struct work *work, struct text id)
{
    struct facts_page page;
    if (!facts_read(work, work->arena, "t.id = $1", PARAMETERS(value_text(id)), &page))
        return false;
    take_page(work->site->directory, &page, work->arena, true);
    return true;
}

static bool domain_changed(struct work *work, struct text id)
{
    struct result result;
    [[gnu::cleanup(directory_end_hosts)]] struct directory *directory = work->site->directory;
    struct text sql = arena_format(work->arena, "%sid = $1", hosts_columns);
    directory_begin_hosts(directory);
    if (!db_run(work->db, work->arena, &result, &work->error, sql.data, PARAMETERS(value_text(id))))
        return false;
    if (result.row_count > 0)
        put_host(directory, result.cells);
    else
        directory_remove_host(directory, id);
    return true;
}

/* It is everybody's, and small: no tenant is read for it. */
static bool catalog_changed(struct work *work, struct text)
{
    return load_catalog(work);
}

const struct watcher directory_watchers[] = {
    { &tenants_table, tenant_changed },
    { &plans_table, catalog_changed },
    { &tenant_domains_table, domain_changed },
    { &module_definitions_table, catalog_changed },
    { &submodule_definitions_table, catalog_changed },
    { &module_plan_assignments_table, catalog_changed },
    { &submodule_plan_assignments_table, catalog_changed },
    { &feature_flags_table, catalog_changed },
    {},
};

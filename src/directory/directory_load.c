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

/* Page by page, so that memory is bounded; `where` takes the last id of the page before as $1. */
static bool take_all(struct work *work, const char *where, struct value parameter, size_t parameter_count)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    char last[UUID_LENGTH];
    struct value parameters[] = { value_string(before_all), parameter };
    for (struct facts_page page = {};;) {
        if (!facts_read(work, arena, where, parameters, parameter_count, &page))
            return false;
        take_page(work->site->directory, &page, arena, false);
        if (page.result.row_count < FACTS_PAGE_MAX)
            return true;
        memcpy(last, result_row(&page.result, page.result.row_count - 1)->text.data, sizeof last);
        parameters[0] = value_text((struct text){ last, sizeof last });
        arena_reset(arena);
    }
}

bool directory_load(struct work *work)
{
    return take_all(work, "t.id > $1", value_null(), 1);
}

/* The work that was committed keeps its own outcome, whatever becomes of the reading: a connection that fails
 * here is found by the listener, which then reads all again. */
static void tenant_changed(struct work *work, struct text id)
{
    struct error outcome = work->error;
    struct facts_page page;
    if (facts_read(work, work->arena, "t.id = $1", PARAMETERS(value_text(id)), &page))
        take_page(work->site->directory, &page, work->arena, true);
    work->error = outcome;
}

static void plan_changed(struct work *work, struct text id)
{
    struct error outcome = work->error;
    (void)!take_all(work, "t.id > $1 AND t.plan_id = $2", value_text(id), 2);
    work->error = outcome;
}

const struct watcher directory_watchers[] = {
    { &tenants_table, tenant_changed },
    { &plans_table, plan_changed },
    {},
};

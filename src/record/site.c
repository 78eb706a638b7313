#include "record/site.h"

static bool tell(struct work *work, const struct watcher *list, const struct table *table, struct text id)
{
    bool known = true;
    for (const struct watcher *watcher = list; watcher->table; watcher++)
        if (watcher->table == table)
            known = watcher->changed(work, id) && known;
    return known;
}

/* The work that was committed keeps its own outcome, whatever becomes of the reading. */
bool site_row_changed(struct work *work, const struct table *table, struct text id)
{
    struct error outcome = work->error;
    bool known = true;
    for (const struct watcher *const *list = work->site->watchers; list && *list; list++)
        known = tell(work, *list, table, id) && known;
    work->error = outcome;
    return known;
}

#include "record/site.h"

void site_row_changed(struct work *work, const struct table *table, struct text id)
{
    if (!work->site->watchers)
        return;
    for (const struct watcher *const *list = work->site->watchers; *list; list++)
        for (const struct watcher *watcher = *list; watcher->table; watcher++)
            if (watcher->table == table)
                watcher->changed(work, id);
}

/*
 * The folder of the backups: for each a folder of its own, by the backup's id, 0700, its files 0600. It is
 * filled as ID.part and renamed when it is whole, so that what bears its name is all there.
 */
#pragma once
#include "record/work.h"

/* The folder to fill, empty; what an earlier attempt left is removed. */
[[nodiscard]] bool shelf_begin(struct work *work, struct text backup_id, const char **folder);
/* What was filled is synced and gets its name, `folder`. */
[[nodiscard]] bool shelf_finish(struct work *work, struct text backup_id, const char **folder);
/* With all that is in it; what is not there is gone already. */
[[nodiscard]] bool shelf_remove(struct work *work, struct text backup_id);

/* What lies there, whole or unfinished: ids, each once. */
struct shelf_list {
    struct text *ids;
    size_t count, capacity;
};
[[nodiscard]] bool shelf_list(struct work *work, struct shelf_list *list);

/* A whole file at once, 0600, synced. */
[[nodiscard]] bool shelf_write(struct work *work, const char *path, struct text content);

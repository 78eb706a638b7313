/* The rows of `database_hosts`, and what this process knows of them. */
#pragma once
#include "record/service.h"
#include "record/site.h"

/* In a transaction: the row of the host that the options state, in step with them, and tenants of before
 * there were hosts. */
[[nodiscard]] bool hosts_seed(struct work *work);
/* Reads all into memory. */
[[nodiscard]] bool hosts_load(struct work *work);

extern const struct watcher hosting_watchers[];
extern const struct service hosting_services[]; /* tries a new host before its row is made; seals its URL */

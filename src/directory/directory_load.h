/* How the directory gets to know tenants and hosts: all of them at the start, and each again when it changes.
 */
#pragma once
#include "record/site.h"

/* Reads every tenant; also after news may have been missed (a listener that reconnects). */
[[nodiscard]] bool directory_load(struct work *work);
/* Likewise every verified domain; the two may run at once. */
[[nodiscard]] bool directory_load_hosts(struct work *work);

extern const struct watcher directory_watchers[]; /* ended by {} */

/* How the directory gets to know the tenants: all of them at the start, and each again when it changes. */
#pragma once
#include "record/site.h"

/* Reads every tenant; also after news may have been missed (a listener that reconnects). */
[[nodiscard]] bool directory_load(struct work *work);

extern const struct watcher directory_watchers[]; /* ended by {} */

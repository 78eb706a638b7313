/*
 * The rows of system_settings, typed by settings.def and held in memory.
 *
 * Reading is lock-free; a change is seen here after its commit, and on other nodes within a second.
 */
#pragma once
#include "record/service.h"
#include "record/site.h"

enum setting {
#define SETTING(name, category, initially, min, max, is_public, words) SETTING_##name,
#include "settings/settings.def"
#undef SETTING
    SETTING_COUNT
};

struct settings;

struct settings *settings_create(void); /* with the defaults */
void settings_destroy(struct settings *settings);
int64_t settings_integer(const struct settings *settings, enum setting setting);

/* Inserts the rows that are missing; changes none. In a transaction. */
[[nodiscard]] bool settings_seed(struct work *work);
[[nodiscard]] bool settings_load(struct work *work);

extern const struct watcher settings_watchers[];
extern const struct service settings_services[]; /* check the value by settings.def */

#include "settings/settings.h"
#include "base/memory.h"
#include "base/reading.h"
#include "model/model.h"
#include "record/document.h"
#include "record/store.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static const struct words {
    const char *key, *category, *words;
    int64_t initially, min, max;
    bool is_public;
} all[SETTING_COUNT] = {
#define SETTING(name, category, initially, min, max, is_public, words)                                       \
    { #name, #category, words, initially, min, max, is_public },
#include "settings/settings.def"
#undef SETTING
};

struct settings {
    pthread_mutex_t writing;
    struct readings readings; /* of all values */
    _Atomic int64_t values[SETTING_COUNT];
};

struct settings *settings_create(void)
{
    struct settings *settings = memory_new(struct settings);
    pthread_mutex_init(&settings->writing, NULL);
    for (int i = 0; i < SETTING_COUNT; i++)
        atomic_init(&settings->values[i], all[i].initially);
    return settings;
}

void settings_destroy(struct settings *settings)
{
    if (settings)
        pthread_mutex_destroy(&settings->writing);
    free(settings);
}

int64_t settings_integer(const struct settings *settings, enum setting setting)
{
    return atomic_load_explicit(&settings->values[setting], memory_order_relaxed);
}

static int find(struct text key)
{
    int i = 0;
    while (i < SETTING_COUNT && !text_is(key, all[i].key))
        i++;
    return i;
}

bool settings_seed(struct work *work)
{
    for (int i = 0; i < SETTING_COUNT; i++) {
        struct system_setting row = {};
        if (store_find_by(work, &system_settings_table, "key", value_string(all[i].key), false, row.cells))
            continue;
        if (work->error.code != ERROR_not_found)
            return false;
        error_clear(&work->error);
        row = (struct system_setting){
            .key = value_string(all[i].key),
            .category = value_string(all[i].category),
            .value = value_text(arena_format(work->arena, "%lld", (long long)all[i].initially)),
            .description = value_string(all[i].words),
            .is_public = value_boolean(all[i].is_public),
        };
        if (!store_create(work, &system_settings_table, row.cells))
            return false;
    }
    return true;
}

static void take(int64_t values[static SETTING_COUNT], struct text key, struct text json)
{
    int i = find(key);
    int64_t number;
    if (i < SETTING_COUNT && text_to_integer(json, &number) && number >= all[i].min && number <= all[i].max)
        values[i] = number;
}

/* The rows that mean something to this program, by key: there may be any number of others. */
static bool read_known(struct work *work, struct result *result)
{
    struct buffer sql = { .arena = work->arena };
    struct value keys[SETTING_COUNT];
    buffer_add(&sql, TEXT("SELECT key, value FROM system_settings WHERE key IN ("));
    for (int i = 0; i < SETTING_COUNT; i++) {
        keys[i] = value_string(all[i].key);
        buffer_print(&sql, "%s$%d", i > 0 ? ", " : "", i + 1);
    }
    buffer_add_byte(&sql, ')');
    return db_run(work->db, work->arena, result, &work->error, sql.data, keys, SETTING_COUNT);
}

static void set(struct settings *settings, uint64_t reading, const int64_t values[static SETTING_COUNT])
{
    pthread_mutex_lock(&settings->writing);
    bool believed = reading_is_believed(&settings->readings, reading);
    for (int i = 0; i < SETTING_COUNT && believed; i++)
        atomic_store_explicit(&settings->values[i], values[i], memory_order_relaxed);
    pthread_mutex_unlock(&settings->writing);
}

bool settings_load(struct work *work)
{
    uint64_t reading = reading_begin(&work->site->settings->readings);
    struct result result;
    if (!read_known(work, &result))
        return false;
    int64_t values[SETTING_COUNT];
    for (int i = 0; i < SETTING_COUNT; i++)
        values[i] = all[i].initially; /* a row that was removed, or makes no sense, counts as its default */
    for (size_t i = 0; i < result.row_count; i++)
        take(values, cell_text(result_row(&result, i)[0]), cell_text(result_row(&result, i)[1]));
    set(work->site->settings, reading, values);
    return true;
}

/* A row keeps its key; which one it had that is no more, nobody knows. */
static bool may_be_known(struct work *work, struct text id, bool *known)
{
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, "SELECT key FROM system_settings WHERE id = $1",
                PARAMETERS(value_text(id))))
        return false;
    *known = result.row_count == 0 || find(cell_text(result_row(&result, 0)[0])) < SETTING_COUNT;
    return true;
}

/* All that are known are read again: they are few, and change seldom, while others may change often. */
static bool changed(struct work *work, struct text id)
{
    bool known;
    return may_be_known(work, id, &known) && (!known || settings_load(work));
}

const struct watcher settings_watchers[] = { { &system_settings_table, changed }, {} };

/* Of a setting that the program knows; of others anything may be kept. */
static bool check_value(struct work *work, struct text key, struct value value)
{
    int i = find(key);
    int64_t number;
    if (value.kind == VALUE_ABSENT || i == SETTING_COUNT)
        return true;
    if (value.kind != VALUE_TEXT || !text_to_integer(value.text, &number))
        return fail_at(&work->error, "/value", ERROR_wrong_type, "a whole number");
    if (number < all[i].min)
        return fail_at(&work->error, "/value", ERROR_too_small, "%lld", (long long)all[i].min);
    if (number > all[i].max)
        return fail_at(&work->error, "/value", ERROR_too_large, "%lld", (long long)all[i].max);
    return true;
}

static bool create(struct work *work, struct value *cells)
{
    const struct system_setting *row = (const struct system_setting *)cells;
    return check_value(work, row->key.text, row->value) && store_create(work, &system_settings_table, cells);
}

static bool update(struct work *work, const struct value *before, struct value *changes, struct value *after)
{
    const struct system_setting *row = (const struct system_setting *)before;
    const struct system_setting *wanted = (const struct system_setting *)changes;
    return check_value(work, row->key.text, wanted->value)
        && store_update(work, &system_settings_table, before, changes, after);
}

const struct service settings_services[] = {
    { .table = &system_settings_table, .create = create, .update = update },
    {},
};

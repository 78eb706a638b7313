/* Settings: seeded once, read without asking the database, changed within their bounds, seen at once. */
#include "settings/settings.h"
#include "world.h"
#include <string.h>

static bool seed(struct work *work, void *data)
{
    (void)data;
    return settings_seed(work);
}

static struct system_setting setting_of(struct world *world, const char *key)
{
    struct system_setting row = {};
    CHECK(store_find(&world->work, &system_settings_table, text_from(key), row.cells));
    return row;
}

struct patch {
    struct system_setting before, changes, after;
};

static bool patch(struct work *work, void *data)
{
    struct patch *patch = data;
    return settings_services[0].update(work, patch->before.cells, patch->changes.cells, patch->after.cells);
}

/* As PATCH does: what a value may be is the service's to say. */
static bool set(struct world *world, const char *key, const char *json)
{
    struct patch change = { .before = setting_of(world, key), .changes = { .value = value_string(json) } };
    error_clear(&world->work.error);
    return db_transact(&world->work, patch, &change);
}

TEST_IN_WORLD(what_is_missing_is_seeded_and_what_is_there_stays)
{
    CHECK(db_transact(&world->work, seed, NULL));
    CHECK(world_number(world, "SELECT count(*) FROM system_settings") == SETTING_COUNT);
    struct system_setting days = setting_of(world, "default_trial_days");
    CHECK(text_is(cell_text(days.value), "30") && days.is_public.boolean);
    CHECK(set(world, "default_trial_days", "14"));
    CHECK(world_try_remove(&world->work, &system_settings_table, setting_of(world, "quota_machine").cells));
    CHECK(db_transact(&world->work, seed, NULL));
    CHECK(text_is(cell_text(setting_of(world, "default_trial_days").value), "14"));
    CHECK(world_number(world, "SELECT count(*) FROM system_settings") == SETTING_COUNT);
}

TEST_IN_WORLD(a_change_is_seen_as_soon_as_it_is_committed)
{
    const struct settings *settings = world->site.settings;
    CHECK(settings_integer(settings, SETTING_default_trial_days) == 30); /* before there is any row */
    CHECK(db_transact(&world->work, seed, NULL));
    CHECK(set(world, "default_trial_days", "14"));
    CHECK(settings_integer(settings, SETTING_default_trial_days) == 14);
    CHECK(world_try_remove(&world->work, &system_settings_table,
                           setting_of(world, "default_trial_days").cells));
    CHECK(settings_integer(settings, SETTING_default_trial_days) == 30);
}

TEST_IN_WORLD(a_value_that_makes_no_sense_is_refused)
{
    static const struct {
        const char *json;
        enum error_code code;
    } wrong[] = {
        { "\"14\"", ERROR_wrong_type }, { "14.5", ERROR_wrong_type }, { "true", ERROR_wrong_type },
        { "-1", ERROR_too_small },      { "366", ERROR_too_large },   { "{}", ERROR_wrong_type },
    };
    CHECK(db_transact(&world->work, seed, NULL));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        test_note("%s", wrong[i].json);
        CHECK(!set(world, "default_trial_days", wrong[i].json));
        const struct error *error = &world->work.error;
        CHECK(error->fault_count == 1 && error->faults[0].code == wrong[i].code);
        CHECK(strcmp(error->faults[0].pointer, "/value") == 0);
    }
    CHECK(settings_integer(world->site.settings, SETTING_default_trial_days) == 30);
    CHECK(set(world, "default_trial_days", "0") && set(world, "default_trial_days", "365"));
}

TEST_IN_WORLD(a_row_that_makes_no_sense_counts_as_its_default)
{
    CHECK(db_transact(&world->work, seed, NULL));
    struct system_setting row = setting_of(world, "default_trial_days");
    struct system_setting changes = { .value = value_string("\"soon\"") }; /* past the service */
    CHECK(world_try_update(&world->work, &system_settings_table, row.cells, changes.cells, row.cells));
    CHECK(settings_load(&world->work));
    CHECK(settings_integer(world->site.settings, SETTING_default_trial_days) == 30);
}

TEST_IN_WORLD(a_setting_of_the_operators_own_may_be_anything)
{
    struct system_setting own = { .key = value_string("banner"),
                                  .value = value_string("{\"text\": \"hola\"}") };
    world_create(world, &system_settings_table, own.cells);
    CHECK(set(world, "banner", "[1, 2]"));
    CHECK(settings_load(&world->work));
}

TEST_IN_WORLD(for_a_setting_of_the_operators_own_the_programs_are_not_read_again)
{
    CHECK(db_transact(&world->work, seed, NULL));
    scratch_script(&world->scratch,
                   "UPDATE system_settings SET value = '14' WHERE key = 'default_trial_days'");
    struct system_setting own = { .key = value_string("banner"), .value = value_string("1") };
    world_create(world, &system_settings_table, own.cells);
    CHECK(settings_integer(world->site.settings, SETTING_default_trial_days) == 30);
    CHECK(set(world, "quota_machine", "1000"));
    CHECK(settings_integer(world->site.settings, SETTING_default_trial_days) == 14);
}

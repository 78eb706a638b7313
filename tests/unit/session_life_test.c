/* Sessions as time passes and the settings change under them. */
#include "base/calendar.h"
#include "identity_world.h"
#include "jobs/cleaning.h"
#include "settings/settings.h"

struct wish {
    const char *key, *value;
};

static bool write_setting(struct work *work, void *data)
{
    const struct wish *wish = data;
    struct result result;
    struct system_setting setting = { .key = value_string(wish->key),
                                      .value = value_string(wish->value),
                                      .category = value_string("security") };
    return db_run(work->db, work->arena, &result, &work->error, "DELETE FROM system_settings WHERE key = $1",
                  PARAMETERS(setting.key))
        && store_create(work, &system_settings_table, setting.cells);
}

static void set(struct world *world, const char *key, const char *value)
{
    world_act_as_system(world);
    CHECK(db_transact(&world->work, write_setting, &(struct wish){ key, value })
          && settings_load(&world->work));
}

static void sign_in_ana(struct world *world, struct grant *grant)
{
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), grant));
}

static void clean(struct world *world)
{
    for (const struct periodic *periodic = cleaning_periodics; periodic->name; periodic++)
        CHECK(periodic->run(&world->work));
}

TEST_IN_WORLD(shorter_limits_hold_for_the_sessions_that_live)
{
    IDENTITY;
    struct user user;
    struct grant grant, idle;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    sign_in_ana(world, &grant);
    sign_in_ana(world, &idle);
    set(world, "session_idle_minutes", "30");
    world->work.now += 29 * MINUTE_MS;
    CHECK(identity_refresh(&world->work, grant.refresh_token, &grant));
    world->work.now += MINUTE_MS;
    CHECK(!identity_refresh(&world->work, idle.refresh_token, &idle));
    world->work.now += 29 * MINUTE_MS;
    CHECK(!identity_refresh(&world->work, grant.refresh_token, &grant));
    sign_in_ana(world, &grant);
    set(world, "session_absolute_minutes", "60");
    for (int times = 0; times < 2; times++) {
        world->work.now += 29 * MINUTE_MS;
        CHECK(identity_refresh(&world->work, grant.refresh_token, &grant));
    }
    world->work.now += 2 * MINUTE_MS;
    CHECK(!identity_refresh(&world->work, grant.refresh_token, &grant));
}

TEST_IN_WORLD(longer_limits_are_for_the_sessions_that_begin)
{
    IDENTITY;
    struct user user;
    struct grant grant;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    set(world, "session_absolute_minutes", "60");
    sign_in_ana(world, &grant);
    set(world, "session_absolute_minutes", "600");
    world->work.now += HOUR_MS;
    CHECK(!identity_refresh(&world->work, grant.refresh_token, &grant));
    sign_in_ana(world, &grant);
    world->work.now += HOUR_MS;
    CHECK(identity_refresh(&world->work, grant.refresh_token, &grant));
}

TEST_IN_WORLD(an_access_token_does_not_outlive_its_session)
{
    IDENTITY;
    struct user user;
    struct grant grant;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    set(world, "session_idle_minutes", "5");
    sign_in_ana(world, &grant);
    CHECK(grant.expires_in_seconds == 300);
    world->work.now += 5 * MINUTE_MS - 1000;
    CHECK(identity_reaches(&world->work, grant.access_token));
    world->work.now += 1000;
    CHECK(!identity_reaches(&world->work, grant.access_token));
}

/* As one that acts in another's name. */
static void shorten(struct world *world, struct text id)
{
    struct user_session session;
    const struct user_session changes = { .expires_at = value_time(world->work.now + HOUR_MS) };
    world_act_as_system(world);
    CHECK(store_find_by(&world->work, &user_sessions_table, "id", value_text(id), false, session.cells));
    CHECK(world_try_update(&world->work, &user_sessions_table, session.cells, changes.cells, session.cells));
}

TEST_IN_WORLD(sessions_that_are_over_are_removed_and_no_others)
{
    IDENTITY;
    struct user user;
    struct grant idle, used, brief;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    sign_in_ana(world, &brief);
    shorten(world, brief.session_id);
    sign_in_ana(world, &idle);
    sign_in_ana(world, &used);
    world->work.now += INT64_C(6) * DAY_MS;
    CHECK(identity_refresh(&world->work, used.refresh_token, &used));
    world->work.now += INT64_C(1) * DAY_MS - 1;
    clean(world);
    CHECK(world_number(world, "SELECT count(*) FROM user_sessions") == 2);
    world->work.now += 2;
    clean(world);
    CHECK(world_number(world, "SELECT count(*) FROM user_sessions") == 1);
    CHECK(identity_refresh(&world->work, used.refresh_token, &used));
}

/* Removed once their last access tokens are void, too. */
TEST_IN_WORLD(sessions_that_outlast_a_shorter_limit_are_removed)
{
    static const char *const limits[] = { "session_absolute_minutes", "session_idle_minutes" };
    IDENTITY;
    struct user user;
    struct grant grant;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        test_note("%s", limits[i]);
        sign_in_ana(world, &grant);
        set(world, limits[i], "60");
        world->work.now += 70 * MINUTE_MS - 1;
        clean(world);
        CHECK(world_number(world, "SELECT count(*) FROM user_sessions") == 1);
        world->work.now += 2;
        clean(world);
        CHECK(world_number(world, "SELECT count(*) FROM user_sessions") == 0);
        set(world, limits[i], "10080");
    }
}

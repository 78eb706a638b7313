#include "base/calendar.h"
#include "identity/claims.h"
#include "identity_world.h"
#include "record/reach.h"

struct scene {
    struct tenant tenant;
    struct user owner, staff;
    struct grant grant;
    int64_t minutes;
};

static bool begin(struct work *work, void *data)
{
    struct scene *scene = data;
    const struct impersonation_begin order = { &scene->owner, TEXT("to look"), scene->minutes };
    return impersonation_begin(work, &order, &scene->grant);
}

static bool set_scene(struct world *world, struct scene *scene, int64_t minutes)
{
    world_add_tenant(world, "acme", &scene->tenant);
    identity_add_user(world, "ana@acme.test", TENANT_ADMIN, scene->tenant.id.text, &scene->owner);
    identity_add_user(world, "sol@nidia.test", SUPPORT, TEXT(""), &scene->staff);
    scene->minutes = minutes;
    world_act_as(world, SUPPORT, scene->staff.id.text, TEXT(""));
    return db_transact(&world->work, begin, scene);
}

TEST_IN_WORLD(acting_for_another_ends_with_its_time_however_often_it_is_refreshed)
{
    IDENTITY;
    struct scene scene;
    struct grant next;
    CHECK(set_scene(world, &scene, 15));
    CHECK(identity_reaches(&world->work, scene.grant.access_token) && scene.grant.expires_in_seconds == 600);
    const struct actor *actor = &world->work.actor;
    CHECK(actor->role == TENANT_ADMIN && text_equal(actor->user_id, scene.owner.id.text));
    CHECK(text_equal(actor->sponsor_id, scene.staff.id.text) && actor_is_impersonated(actor));
    world->work.now += 9 * MINUTE_MS;
    world->work.origin.address = TEXT("192.0.2.1");
    CHECK(identity_refresh(&world->work, scene.grant.refresh_token, &next) && next.expires_in_seconds == 360);
    CHECK(world_number(world, "SELECT count(*) FROM user_sessions WHERE ip_address IS NULL") == 1);
    world->work.now += 6 * MINUTE_MS - 1000;
    CHECK(identity_reaches(&world->work, next.access_token)
          && !identity_reaches(&world->work, scene.grant.access_token));
    world->work.now += 1000;
    CHECK(!identity_reaches(&world->work, next.access_token));
    CHECK(!identity_refresh(&world->work, next.refresh_token, &next));
}

TEST_IN_WORLD(acting_for_another_is_no_earlier_device_of_that_one)
{
    IDENTITY;
    struct scene scene;
    struct grant grant;
    CHECK(set_scene(world, &scene, 15));
    CHECK(identity_sign_in(&world->work, "ana@acme.test", PASSWORD, TEXT(""), &grant));
    CHECK(world_number(world, "SELECT count(*) FROM outgoing_mails WHERE kind = 'new_device'") == 0);
}

static bool end_all(struct work *work, void *data)
{
    return sessions_end_all(work, *(struct text *)data, "for a test");
}

TEST_IN_WORLD(acting_for_another_ends_with_the_sessions_of_either)
{
    IDENTITY;
    struct scene scene;
    CHECK(set_scene(world, &scene, 15));
    struct text *const ends[] = { &scene.staff.id.text, &scene.owner.id.text };
    for (size_t i = 0; i < 2; i++) {
        identity_reload(&world->work, &scene.owner);
        world_act_as(world, SUPPORT, scene.staff.id.text, TEXT(""));
        CHECK(db_transact(&world->work, begin, &scene));
        CHECK(identity_reaches(&world->work, scene.grant.access_token));
        CHECK(db_transact(&world->work, end_all, ends[i]));
        CHECK(!identity_reaches(&world->work, scene.grant.access_token));
        CHECK(!identity_refresh(&world->work, scene.grant.refresh_token, &scene.grant));
    }
    CHECK(world_number(world, "SELECT count(*) FROM impersonations WHERE ended_at IS NULL") == 0);
}

TEST_IN_WORLD(nobody_acts_for_another_without_a_name)
{
    IDENTITY;
    struct scene scene;
    CHECK(set_scene(world, &scene, 15));
    world_act_as_system(world);
    CHECK(!db_transact(&world->work, begin, &scene) && world->work.error.code == ERROR_forbidden);
}

TEST(a_token_names_who_acts_as_a_whole_or_is_none)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct text ana = TEXT("01890000-0000-7000-8000-000000000001"),
                sol = TEXT("01890000-0000-7000-8000-000000000002");
    struct claims read, claims = { .user_id = ana,
                                   .session_id = ana,
                                   .tenant_id = ana,
                                   .impersonator_id = sol,
                                   .impersonator_epoch = 3,
                                   .role = TENANT_ADMIN,
                                   .amr = TEXT("[]") };
    struct text json = claims_write(arena, &claims, TEXT("us"));
    CHECK(claims_read(arena, json, TEXT("us"), &read));
    CHECK(text_equal(read.impersonator_id, sol) && read.impersonator_epoch == 3);
    const char *const spoilt[] = { "\"act\":{\"sub\":\"x\"",
                                   "\"act\":{\"tub\":\"01890000-0000-7000-8000-000000000002\"" };
    for (size_t i = 0; i < 2; i++) {
        struct buffer other = { .arena = arena };
        struct text act = TEXT("\"act\":{\"sub\":\"01890000-0000-7000-8000-000000000002\"");
        size_t at = 0;
        while (!text_starts(text_slice(json, at, json.length), act))
            at++;
        buffer_add(&other, text_slice(json, 0, at));
        buffer_add(&other, text_from(spoilt[i]));
        buffer_add(&other, text_slice(json, at + act.length, json.length));
        CHECK(!claims_read(arena, other.text, TEXT("us"), &read));
    }
}

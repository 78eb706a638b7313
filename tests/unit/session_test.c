#include "base/calendar.h"
#include "base/metrics.h"
#include "identity/duty.h"
#include "identity/known_device.h"
#include "identity_world.h"
#include <pthread.h>

enum { SECOND_MS = 1000 };

static bool end_all(struct work *work, void *data)
{
    return sessions_end_all(work, *(struct text *)data, "for a test");
}

TEST_IN_WORLD(a_sign_in_gives_tokens_that_say_who_it_is)
{
    IDENTITY;
    struct tenant tenant;
    struct user user;
    struct grant grant;
    world_add_tenant(world, "acme", &tenant);
    identity_add_user(world, "Ana@Acme.test", TENANT_ADMIN, tenant.id.text, &user);
    CHECK(text_is(user.email.text, "ana@acme.test"));
    CHECK(identity_sign_in(&world->work, "ANA@acme.test", PASSWORD, TEXT(""), &grant));
    CHECK(identity_reaches(&world->work, grant.access_token));
    const struct actor *actor = &world->work.actor;
    CHECK(actor->role == TENANT_ADMIN && text_equal(actor->user_id, user.id.text));
    CHECK(text_equal(actor->tenant_id, tenant.id.text) && actor->session_id.length == 36);
    CHECK(grant.expires_in_seconds == 600);
    CHECK(text_is(cell_text(world_ask(world, "SELECT device_name FROM user_sessions")), "Firefox on Linux"));
    CHECK(cell_text(world_ask(world, "SELECT token_hash FROM user_sessions")).length == 64);
    CHECK(world_number(world, "SELECT count(*) FROM audit_logs WHERE action = 'sign_in'") == 1);
    identity_reload(&world->work, &user);
    CHECK(value_is_set(user.last_login_at) && text_is(cell_text(user.last_login_ip), "192.0.2.1"));
}

TEST_IN_WORLD(an_access_token_is_good_for_ten_minutes)
{
    IDENTITY;
    struct user user;
    struct grant grant;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
    world->work.now += 10 * MINUTE_MS - SECOND_MS;
    CHECK(identity_reaches(&world->work, grant.access_token));
    world->work.now += SECOND_MS;
    CHECK(!identity_reaches(&world->work, grant.access_token)
          && world->work.error.code == ERROR_invalid_token);
}

TEST_IN_WORLD(a_refresh_token_rotates_and_its_predecessor_gives_the_same_one_for_thirty_seconds)
{
    IDENTITY;
    struct user user;
    struct grant first, second, again;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &first));
    CHECK(identity_refresh(&world->work, first.refresh_token, &second));
    CHECK(!text_equal(first.refresh_token, second.refresh_token));
    world->work.now += 30 * SECOND_MS - 1;
    CHECK(identity_refresh(&world->work, first.refresh_token, &again));
    CHECK(text_equal(second.refresh_token, again.refresh_token));
    CHECK(identity_reaches(&world->work, again.access_token));
    CHECK(world_number(world, "SELECT count(*) FROM user_sessions") == 1);
}

TEST_IN_WORLD(the_previous_token_used_too_late_ends_the_session)
{
    IDENTITY;
    struct user user;
    struct grant first, second, third;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &first));
    CHECK(identity_refresh(&world->work, first.refresh_token, &second));
    world->work.now += 30 * SECOND_MS;
    int64_t reused = metric_read(METRIC_refresh_reuse_total);
    CHECK(!identity_refresh(&world->work, first.refresh_token, &third));
    CHECK(metric_read(METRIC_refresh_reuse_total) == reused + 1);
    CHECK(!identity_refresh(&world->work, second.refresh_token, &third));
    CHECK(!identity_reaches(&world->work, second.access_token));
    CHECK(world_number(world, "SELECT count(*) FROM audit_logs WHERE action = 'refresh_token_reused'") == 1);
    CHECK(text_is(cell_text(world_ask(world, "SELECT ended_reason FROM user_sessions")), "token_reused"));
    CHECK(world_number(world, "SELECT count(*) FROM user_sessions WHERE successor_sealed IS NOT NULL") == 0);
}

TEST_IN_WORLD(any_token_that_the_session_ever_had_ends_it)
{
    IDENTITY;
    struct user user;
    struct grant first, grant;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &first));
    CHECK(identity_refresh(&world->work, first.refresh_token, &grant));
    for (int i = 0; i < 3; i++)
        CHECK(identity_refresh(&world->work, grant.refresh_token, &grant));
    CHECK(!identity_refresh(&world->work, first.refresh_token, &first));
    CHECK(!identity_refresh(&world->work, grant.refresh_token, &grant));
}

TEST_IN_WORLD(a_made_up_token_ends_nothing)
{
    IDENTITY;
    struct user user;
    struct grant first, grant;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &first));
    for (size_t i = 0; i < first.refresh_token.length; i += 7) {
        struct text changed = arena_copy(world->work.arena, first.refresh_token);
        ((char *)(uintptr_t)changed.data)[i] = changed.data[i] == 'Q' ? 'R' : 'Q';
        CHECK(!identity_refresh(&world->work, changed, &grant));
    }
    CHECK(!identity_refresh(&world->work, TEXT(""), &grant));
    CHECK(identity_refresh(&world->work, first.refresh_token, &grant));
}

struct racer {
    pthread_t thread;
    struct work *work;
    struct text token;
    struct grant grant;
    bool done;
};

static void *race(void *data)
{
    struct racer *racer = data;
    racer->done = identity_refresh(racer->work, racer->token, &racer->grant);
    return NULL;
}

TEST_IN_WORLD(of_refreshes_at_once_all_get_the_same_successor)
{
    IDENTITY;
    enum { RACERS = 20 };
    struct user user;
    struct grant grant;
    struct racer racers[RACERS];
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
    for (int i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){ .work = world_add_work(world), .token = grant.refresh_token };
        CHECK(pthread_create(&racers[i].thread, NULL, race, &racers[i]) == 0);
    }
    for (int i = 0; i < RACERS; i++)
        pthread_join(racers[i].thread, NULL);
    for (int i = 0; i < RACERS; i++)
        CHECK(racers[i].done && text_equal(racers[i].grant.refresh_token, racers[0].grant.refresh_token));
    for (int i = 0; i < RACERS; i++)
        world_end_work(racers[i].work);
}

TEST_IN_WORLD(a_session_ends_when_idle_too_long_or_too_old)
{
    IDENTITY;
    struct user user;
    struct grant grant;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
    world->work.now += (int64_t)7 * DAY_MS;
    CHECK(!identity_refresh(&world->work, grant.refresh_token, &grant));

    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
    for (int day = 6; day < 30; day += 6) {
        world->work.now += (int64_t)6 * DAY_MS;
        CHECK(identity_refresh(&world->work, grant.refresh_token, &grant));
    }
    world->work.now += (int64_t)6 * DAY_MS;
    CHECK(!identity_refresh(&world->work, grant.refresh_token, &grant));
}

TEST_IN_WORLD(ending_all_sessions_ends_those_of_one_person_at_once)
{
    IDENTITY;
    struct user ana, eva;
    struct grant here, there, others;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &ana);
    identity_add_user(world, "eva@nidia.test", SUPPORT, TEXT(""), &eva);
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &here));
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &there));
    CHECK(identity_sign_in(&world->work, "eva@nidia.test", PASSWORD, TEXT(""), &others));
    CHECK(identity_reaches(&world->work, here.access_token));
    CHECK(db_transact(&world->work, end_all, &ana.id.text));
    CHECK(!identity_reaches(&world->work, here.access_token)
          && !identity_reaches(&world->work, there.access_token));
    CHECK(!identity_refresh(&world->work, there.refresh_token, &there));
    CHECK(identity_reaches(&world->work, others.access_token)
          && identity_refresh(&world->work, others.refresh_token, &others));
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &here));
    CHECK(identity_reaches(&world->work, here.access_token));
}

static bool end_own(struct work *work, void *data)
{
    struct user_session session;
    return sessions_find_own(work, *(struct text *)data, &session)
        && session_end(work, &session, "signed_out");
}

TEST_IN_WORLD(one_sees_and_ends_ones_own_sessions_alone)
{
    IDENTITY;
    struct user ana, eva;
    struct grant mine, hers;
    struct query query;
    struct page page;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &ana);
    identity_add_user(world, "eva@nidia.test", SUPPORT, TEXT(""), &eva);
    CHECK(identity_sign_in(&world->work, "eva@nidia.test", PASSWORD, TEXT(""), &hers));
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &mine));
    CHECK(sessions_list_own(&world->work, &query, &page) && page.count == 1);
    CHECK(!db_transact(&world->work, end_own, &hers.session_id) && world->work.error.code == ERROR_not_found);
    CHECK(db_transact(&world->work, end_own, &mine.session_id));
    CHECK(!identity_reaches(&world->work, mine.access_token)
          && identity_reaches(&world->work, hers.access_token));
    CHECK(!identity_refresh(&world->work, mine.refresh_token, &mine) && !world->work.error.code);
    world->work.actor.user_id = ana.id.text;
    CHECK(sessions_list_own(&world->work, &query, &page) && page.count == 0);
}

TEST_IN_WORLD(another_node_learns_of_an_end_when_it_loads)
{
    IDENTITY;
    struct user user;
    struct grant grant;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
    world->site.watchers = (const struct watcher *const[]){ NULL }; /* this node hears nothing */
    CHECK(db_transact(&world->work, end_all, &user.id.text));
    CHECK(identity_reaches(&world->work, grant.access_token));
    revocations_doubt(world->site.revocations); /* until it knows that it was deaf */
    CHECK(!identity_reaches(&world->work, grant.access_token));
    CHECK(!identity_reaches(&world->work, grant.access_token)); /* from memory now */
    world->site.watchers = identity.watchers;
}

TEST_IN_WORLD(a_silent_listener_makes_us_ask_the_database)
{
    IDENTITY;
    struct user user;
    struct grant grant, other;
    bool asks = world->scratch.engine == ENGINE_POSTGRES;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &other));
    world->site.watchers = (const struct watcher *const[]){ NULL };
    atomic_store(&world->site.heard_us, 0);
    CHECK(identity_reaches(&world->work, other.access_token));
    CHECK(db_transact(&world->work, end_own, &other.session_id));
    CHECK(identity_reaches(&world->work, other.access_token) == !asks);
    CHECK(identity_reaches(&world->work, grant.access_token));
    CHECK(db_transact(&world->work, end_all, &user.id.text));
    CHECK(identity_reaches(&world->work, grant.access_token) == !asks);
    world->site.watchers = identity.watchers;
}

TEST_IN_WORLD(who_has_no_password_has_none_to_change)
{
    IDENTITY;
    struct user user;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(duties_of(&user) & DUTY_CHANGE_PASSWORD);
    user.must_change_password = value_boolean(false);
    CHECK(!(duties_of(&user) & DUTY_CHANGE_PASSWORD));
    user.must_change_password = value_boolean(true);
    user.password_hash = value_null();
    CHECK(!(duties_of(&user) & DUTY_CHANGE_PASSWORD));
}

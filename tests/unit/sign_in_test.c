#include "base/calendar.h"
#include "base/pool.h"
#include "crypto/password.h"
#include "identity/known_device.h"
#include "identity/throttle.h"
#include "identity/toll.h"
#include "identity_world.h"
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <string.h>

static struct text reason_of_last_failure(struct world *world)
{
    return cell_text(world_ask(world,
                               "SELECT metadata->>'reason' FROM audit_logs WHERE action = 'sign_in_failed' "
                               "ORDER BY id DESC LIMIT 1"));
}

static bool is_refused(struct world *world, const char *email, const char *password, const char *reason)
{
    struct grant grant;
    world->work.now++; /* ids are ordered by time */
    return !identity_sign_in(&world->work, email, password, TEXT(""), &grant)
        && world->work.error.code == ERROR_invalid_credentials
        && text_is(reason_of_last_failure(world), reason);
}

static bool try_update(struct world *world, struct user *user, struct user changes)
{
    world_act_as_system(world);
    identity_reload(&world->work, user);
    return world_try_update(&world->work, &users_table, user->cells, changes.cells, user->cells);
}

TEST_IN_WORLD(every_refusal_is_the_same_to_the_one_refused_and_told_apart_in_the_audit)
{
    IDENTITY;
    struct user user;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(is_refused(world, "nobody@nidia.test", PASSWORD, "unknown_user"));
    CHECK(is_refused(world, "ana@nidia.test", "wrong", "wrong_password"));
    CHECK(is_refused(world, "ana@nidia.test", "", "wrong_password"));
    CHECK(try_update(world, &user, (struct user){ .is_active = value_boolean(false) }));
    CHECK(is_refused(world, "ana@nidia.test", PASSWORD, "not_active"));
    CHECK(try_update(world, &user,
                     (struct user){ .is_active = value_boolean(true), .password_hash = value_null() }));
    CHECK(is_refused(world, "ana@nidia.test", PASSWORD, "no_password"));
    CHECK(world_number(world, "SELECT count(*) FROM audit_logs WHERE action = 'sign_in_failed'") == 5);
    CHECK(world_number(world,
                       "SELECT count(*) FROM audit_logs WHERE CAST(metadata AS text) LIKE '%nidia.test%'")
          == 0);
}

TEST_IN_WORLD(who_was_removed_does_not_come_in_and_the_address_is_free_again)
{
    IDENTITY;
    struct user user, successor;
    struct grant grant;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(try_update(
        world, &user,
        (struct user){ .deleted_at = value_time(world->work.now), .is_active = value_boolean(false) }));
    CHECK(is_refused(world, "ana@nidia.test", PASSWORD, "unknown_user"));
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &successor);
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
    CHECK(text_equal(grant.user.id.text, successor.id.text));
}

TEST_IN_WORLD(an_old_hash_is_replaced_at_the_next_sign_in)
{
    IDENTITY;
    struct user user;
    struct grant grant;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    struct text imported = TEXT("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
    CHECK(
        try_update(world, &user,
                   (struct user){ .password_hash = value_text(imported), .password_key_id = value_null() }));
    CHECK(is_refused(world, "ana@nidia.test", "U*V", "wrong_password"));
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", "U*U", TEXT(""), &grant));
    identity_reload(&world->work, &user);
    CHECK(text_starts(user.password_hash.text, TEXT("$2b$10$"))
          && text_is(cell_text(user.password_key_id), "p1"));
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", "U*U", TEXT(""), &grant));
}

TEST_IN_WORLD(a_password_does_not_wear_out)
{
    IDENTITY;
    struct user user;
    struct grant grant;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    world->work.now += (int64_t)5 * 365 * DAY_MS;
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
    CHECK(value_equal(grant.user.must_change_password, user.must_change_password));
}

/* ---- Locks ---- */

static void fail_times(struct world *world, const char *email, int times)
{
    struct grant grant;
    for (int i = 0; i < times; i++)
        CHECK(!identity_sign_in(&world->work, email, "wrong", TEXT(""), &grant)
              && world->work.error.code == ERROR_invalid_credentials);
}

TEST_IN_WORLD(ten_failures_lock_for_a_while_and_the_next_lock_is_twice_as_long)
{
    IDENTITY;
    struct user user;
    struct grant grant;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    fail_times(world, "ana@nidia.test", 9);
    identity_reload(&world->work, &user);
    CHECK(!value_is_true(user.is_locked) && user.login_attempts.integer == 9);
    fail_times(world, "ana@nidia.test", 1);
    identity_reload(&world->work, &user);
    CHECK(value_is_true(user.is_locked));
    CHECK(user.locked_until.integer == world->work.now + 15 * MINUTE_MS);

    world->work.now += 14 * MINUTE_MS;
    CHECK(is_refused(world, "ana@nidia.test", PASSWORD, "locked"));
    world->work.now += HOUR_MS;
    fail_times(world, "ana@nidia.test", 10);
    identity_reload(&world->work, &user);
    CHECK(user.locked_until.integer == world->work.now + 30 * MINUTE_MS && user.lock_count.integer == 2);

    world->work.now += HOUR_MS;
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
    identity_reload(&world->work, &user);
    CHECK(!value_is_true(user.is_locked) && user.login_attempts.integer == 0 && user.lock_count.integer == 0);
}

TEST_IN_WORLD(a_known_device_passes_the_temporary_lock_and_has_a_bucket_of_its_own)
{
    IDENTITY;
    struct user user;
    struct grant grant;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    struct text device = known_device_make(&world->work, user.id.text);
    fail_times(world, "ana@nidia.test", 10);
    CHECK(!identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
    CHECK(world->work.error.code == ERROR_rate_limited && world->work.error.retry_after_seconds > 0);
    CHECK(!identity_sign_in(&world->work, "ana@nidia.test", PASSWORD,
                            known_device_make(&world->work, TEXT("another")), &grant));
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, device, &grant));
}

#define OTHER_PASSWORD   "manso-y-lejano-5582"
#define NEW_DEVICE_MAILS "SELECT count(*) FROM outgoing_mails WHERE kind = 'new_device'"

struct choosing {
    struct user user, changes;
};

static bool choose(struct work *work, void *data)
{
    struct choosing *choosing = data;
    struct user changes = choosing->changes;
    return user_set_password(work, &choosing->user, &changes, false);
}

TEST_IN_WORLD(with_a_new_password_no_device_is_known)
{
    IDENTITY;
    struct choosing choosing = {};
    struct user *user = &choosing.user;
    struct grant grant;
    struct work *work = &world->work;
    struct text name;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), user);
    for (int i = 0; i < 2; i++)
        CHECK(identity_sign_in(work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
    CHECK(world_number(world, NEW_DEVICE_MAILS) == 0);
    struct text device = known_device_make(work, user->id.text);
    CHECK(known_device_read(work, device, user->id.text, &name));
    work->now += MINUTE_MS;
    world_act_as_system(world);
    identity_reload(work, user);
    CHECK(user_prepare_password(work, TEXT(OTHER_PASSWORD), user, "/password", &choosing.changes));
    CHECK(db_transact(work, choose, &choosing));
    CHECK(!known_device_read(work, device, user->id.text, &name));
    CHECK(known_device_read(work, known_device_make(work, user->id.text), user->id.text, &name));
    for (int i = 0; i < 2; i++)
        CHECK(identity_sign_in(work, "ana@nidia.test", OTHER_PASSWORD, device, &grant));
    CHECK(world_number(world, NEW_DEVICE_MAILS) == 1);
}

struct locking {
    struct user *user;
    bool lock;
};

static bool set_lock(struct work *work, void *data)
{
    struct locking *locking = data;
    return locking->lock ? lock_user(work, locking->user, TEXT("lost laptop"), locking->user)
                         : unlock_user(work, locking->user, locking->user);
}

TEST_IN_WORLD(an_administrators_lock_ends_sessions_and_holds_until_it_is_opened)
{
    IDENTITY;
    struct user user;
    struct grant grant, later;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    struct text device = known_device_make(&world->work, user.id.text);
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, device, &grant));
    world_act_as_system(world);
    identity_reload(&world->work, &user);
    CHECK(db_transact(&world->work, set_lock, &(struct locking){ &user, true }));
    CHECK(!identity_reaches(&world->work, grant.access_token));
    world->work.now += (int64_t)400 * DAY_MS;
    CHECK(!identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, device, &later));
    world_act_as_system(world);
    CHECK(!db_transact(&world->work, set_lock, &(struct locking){ &user, true })
          && world->work.error.code == ERROR_wrong_state);
    CHECK(db_transact(&world->work, set_lock, &(struct locking){ &user, false }));
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &later));
}

/* ---- The hash's own threads ---- */

struct doorkeeper {
    struct task task;
    sem_t may_go;
};

static void wait_for_leave(struct task *task, void *)
{
    sem_wait(&((struct doorkeeper *)task)->may_go);
}

struct newcomer {
    struct work *work;
    bool came_in;
};

static void *come_in(void *argument)
{
    struct newcomer *newcomer = argument;
    struct grant grant;
    newcomer->came_in = identity_sign_in(newcomer->work, "ana@nidia.test", PASSWORD, TEXT(""), &grant);
    return NULL;
}

/* Does somebody come in whose row changes while the hash waits for its thread? */
static bool comes_in_despite(struct world *world, struct user *user, struct user changes)
{
    struct doorkeeper keeper = { .task.run = wait_for_leave };
    struct newcomer newcomer = { .work = world_add_work(world) };
    pthread_t thread;
    sem_init(&keeper.may_go, 0, 0);
    struct pool *pool = world->site.hashing =
        pool_create(&(struct pool_options){ .name = "hashing", .threads = 1, .queue_max = 2 });
    CHECK(pool_submit(pool, &keeper.task));
    while (pool_depth(pool) > 0) /* its only thread has begun to wait */
        sched_yield();
    CHECK(pthread_create(&thread, NULL, come_in, &newcomer) == 0);
    while (pool_depth(pool) == 0) /* the hash waits behind it */
        sched_yield();
    CHECK(world_number(world, "SELECT count(*) FROM throttles") == 2);
    CHECK(try_update(world, user, changes));
    sem_post(&keeper.may_go);
    pthread_join(thread, NULL);
    world->site.hashing = NULL;
    pool_destroy(pool);
    sem_destroy(&keeper.may_go);
    world_end_work(newcomer.work);
    return newcomer.came_in;
}

TEST_IN_WORLD(who_waits_for_the_hash_has_counted_and_holds_no_lock)
{
    IDENTITY;
    struct user user;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(comes_in_despite(world, &user, (struct user){ .first_name = value_string("Ana María") }));
}

TEST_IN_WORLD(a_password_that_changes_during_the_hash_lets_nobody_in)
{
    IDENTITY;
    struct user user;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(!comes_in_despite(world, &user, (struct user){ .password_hash = value_string("another") }));
}

/* ---- Throttles ---- */

TEST_IN_WORLD(a_successful_sign_in_gives_its_tokens_back)
{
    IDENTITY;
    struct user user;
    struct grant grant;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    fail_times(world, "ana@nidia.test", 8);
    for (int i = 0; i < 5; i++)
        CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
}

static bool take(struct work *work, void *data)
{
    const struct bucket bucket = { TEXT("test"), 10, 6 * MINUTE_MS };
    return throttle_take(work, &bucket, data);
}

static bool give_back(struct work *work, void *data)
{
    (void)data;
    const struct bucket bucket = { TEXT("test"), 10, 6 * MINUTE_MS };
    return throttle_give_back(work, &bucket);
}

TEST_IN_WORLD(a_bucket_empties_refills_one_by_one_and_never_overflows)
{
    int64_t wait_ms = 0;
    struct work *work = &world->work;
    for (int i = 0; i < 10; i++)
        CHECK(db_transact(work, take, &wait_ms) && wait_ms == 0);
    CHECK(db_transact(work, take, &wait_ms) && wait_ms == 6 * MINUTE_MS);
    work->now += 6 * MINUTE_MS - 1;
    CHECK(db_transact(work, take, &wait_ms) && wait_ms == 1);
    work->now += 1;
    CHECK(db_transact(work, take, &wait_ms) && wait_ms == 0);
    CHECK(db_transact(work, take, &wait_ms) && wait_ms > 0);
    CHECK(db_transact(work, give_back, NULL) && db_transact(work, take, &wait_ms) && wait_ms == 0);
    work->now += (int64_t)30 * DAY_MS;
    for (int i = 0; i < 10; i++)
        CHECK(db_transact(work, take, &wait_ms) && wait_ms == 0);
    CHECK(db_transact(work, take, &wait_ms) && wait_ms == 6 * MINUTE_MS);
}

TEST_IN_WORLD(of_one_network_so_many_are_looked_at_whoever_they_say_they_are)
{
    IDENTITY;
    struct work *work = &world->work;
    struct toll toll;
    work->origin.address = TEXT("192.0.2.1");
    for (int i = 0; i < 30; i++)
        CHECK(toll_pay(work, arena_format(work->arena, "account %d", i), TEXT(""), &toll));
    CHECK(!toll_pay(work, TEXT("another"), TEXT(""), &toll) && work->error.code == ERROR_rate_limited);
    error_clear(&work->error);
    work->origin.address = TEXT("192.0.2.2");
    CHECK(toll_pay(work, TEXT("another"), TEXT(""), &toll));
}

struct taker {
    pthread_t thread;
    struct work *work;
    int taken;
};

static void *take_some(void *data)
{
    struct taker *taker = data;
    for (int i = 0; i < 10; i++) {
        int64_t wait_ms = 1;
        if (db_transact(taker->work, take, &wait_ms) && wait_ms == 0)
            taker->taken++;
    }
    return NULL;
}

TEST_IN_WORLD(fifty_threads_at_one_bucket_get_what_is_in_it)
{
    enum { TAKERS = 50 };
    static struct taker takers[TAKERS];
    int taken = 0;
    for (int i = 0; i < TAKERS; i++) {
        takers[i] = (struct taker){ .work = world_add_work(world) };
        CHECK(pthread_create(&takers[i].thread, NULL, take_some, &takers[i]) == 0);
    }
    for (int i = 0; i < TAKERS; i++) {
        pthread_join(takers[i].thread, NULL);
        taken += takers[i].taken;
        world_end_work(takers[i].work);
    }
    test_note("%d taken", taken);
    CHECK(taken == 10);
}

TEST(an_address_stands_for_its_network)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    CHECK(text_is(throttle_network(arena, TEXT("192.0.2.7")), "192.0.2.7/32"));
    CHECK(text_is(throttle_network(arena, TEXT("2001:db8:1:2:3:4:5:6")), "2001:db8:1:2::/64"));
    CHECK(text_is(throttle_network(arena, TEXT("::ffff:192.0.2.7")), "192.0.2.7/32"));
}

TEST_IN_WORLD(a_device_is_known_for_one_person_for_a_year)
{
    struct work *work = &world->work;
    struct text device, id = TEXT("01890000-0000-7000-8000-000000000001"),
                        cookie = known_device_make(work, id);
    CHECK(known_device_read(work, cookie, id, &device) && device.length > 16);
    CHECK(!known_device_read(work, cookie, TEXT("01890000-0000-7000-8000-000000000002"), &device));
    CHECK(!known_device_read(work, TEXT(""), id, &device)
          && !known_device_read(work, TEXT("a.b.c.d"), id, &device));
    for (size_t i = 0; i < cookie.length; i += 5) {
        struct text changed = arena_copy(work->arena, cookie);
        ((char *)(uintptr_t)changed.data)[i] = changed.data[i] == '1' ? '2' : '1';
        CHECK(!known_device_read(work, changed, id, &device));
    }
    work->now += (int64_t)DEVICE_LIFE_DAYS * DAY_MS;
    CHECK(!known_device_read(work, cookie, id, &device));
}

#include "base/calendar.h"
#include "identity/known_token.h"
#include "identity_world.h"

struct making {
    struct api_key key;
    struct text secret;
};

static bool make(struct work *work, void *data)
{
    struct making *making = data;
    struct api_key key = making->key;
    if (!api_key_create(work, &key, &making->secret))
        return false;
    making->key = key;
    return true;
}

static bool make_key(struct world *world, struct making *making, const char *scopes)
{
    making->key.name = value_string("product");
    making->key.scopes = value_string(scopes);
    world_act_as_system(world);
    error_clear(&world->work.error);
    return db_transact(&world->work, make, making);
}

static bool revoke(struct work *work, void *data)
{
    struct api_key key;
    return store_find_by(work, &api_keys_table, "id", *(struct value *)data, true, key.cells)
        && api_key_revoke(work, key.cells);
}

TEST_IN_WORLD(a_key_is_shown_once_and_kept_as_a_hash)
{
    IDENTITY;
    struct making making = {};
    CHECK(make_key(world, &making, "[\"directory\", \"metrics\"]"));
    CHECK(text_starts(making.secret, TEXT("nk_")) && text_starts(making.secret, making.key.prefix.text));
    CHECK(making.secret.length > 50);
    CHECK(!text_contains(making.key.key_hash.text, text_slice(making.secret, 12, making.secret.length)));
    CHECK(identity_reaches(&world->work, making.secret));
    const struct actor *actor = &world->work.actor;
    CHECK(actor_is_machine(actor) && scopes_have(&actor->scopes, TEXT("metrics")));
    CHECK(scopes_have(&actor->scopes, TEXT("directory")) && !scopes_have(&actor->scopes, TEXT("events")));
    CHECK(text_equal(world->work.actor.api_key_id, making.key.id.text));
    CHECK(access_identify(&world->work, making.secret, false, false) == ACCESS_GRANTED); /* from memory now */
    CHECK(!identity_reaches(&world->work, TEXT("nk_00000000_AAAA"))
          && world->work.error.code == ERROR_invalid_token);
}

TEST_IN_WORLD(a_revoked_key_is_over_at_once)
{
    IDENTITY;
    struct making making = {};
    CHECK(make_key(world, &making, "[\"directory\"]") && identity_reaches(&world->work, making.secret));
    world_act_as_system(world);
    CHECK(db_transact(&world->work, revoke, &making.key.id));
    CHECK(!identity_reaches(&world->work, making.secret));
    CHECK(db_transact(&world->work, revoke, &making.key.id));
    CHECK(world_number(world, "SELECT count(*) FROM api_keys WHERE revoked_at IS NOT NULL") == 1);
}

TEST_IN_WORLD(a_key_expires_and_a_change_of_that_counts)
{
    IDENTITY;
    struct making making = { .key.expires_at = value_time(world->work.now + MINUTE_MS) };
    CHECK(make_key(world, &making, "[\"directory\"]") && identity_reaches(&world->work, making.secret));
    const struct api_key longer = { .expires_at = value_time(world->work.now + HOUR_MS) };
    world_act_as_system(world);
    CHECK(world_try_update(&world->work, &api_keys_table, making.key.cells, longer.cells, making.key.cells));
    world->work.now += 2 * MINUTE_MS;
    CHECK(identity_reaches(&world->work, making.secret));
    world->work.now += HOUR_MS;
    CHECK(!identity_reaches(&world->work, making.secret));
}

TEST_IN_WORLD(only_scopes_that_exist_are_given)
{
    IDENTITY;
    struct making making = {};
    CHECK(!make_key(world, &making, "[\"directory\", \"everything\"]"));
    CHECK(world->work.error.fault_count == 1 && world->work.error.faults[0].code == ERROR_not_a_choice);
}

struct rotating {
    struct api_key key;
    int64_t hours;
    struct text secret;
};

static bool rotate(struct work *work, void *data)
{
    struct rotating *rotating = data;
    struct api_key key;
    return store_find_by(work, &api_keys_table, "id", rotating->key.id, true, key.cells)
        && api_key_rotate(work, &key, rotating->hours, &rotating->key, &rotating->secret);
}

static struct text rotate_key(struct world *world, const struct api_key *key, int64_t hours)
{
    struct rotating rotating = { .key = *key, .hours = hours };
    world_act_as_system(world);
    error_clear(&world->work.error);
    return db_transact(&world->work, rotate, &rotating) ? rotating.secret : TEXT("");
}

TEST_IN_WORLD(after_a_rotation_the_secret_before_is_good_for_its_hours_and_no_longer)
{
    IDENTITY;
    struct making making = {};
    CHECK(make_key(world, &making, "[\"directory\"]") && identity_reaches(&world->work, making.secret));
    struct text second = rotate_key(world, &making.key, 2), third;
    CHECK(identity_reaches(&world->work, making.secret) && identity_reaches(&world->work, second));
    world->work.now += 2 * HOUR_MS - 1;
    CHECK(identity_reaches(&world->work, making.secret) && identity_reaches(&world->work, second));
    world->work.now += 1;
    CHECK(!identity_reaches(&world->work, making.secret) && identity_reaches(&world->work, second));
    third = rotate_key(world, &making.key, 1);
    CHECK(!identity_reaches(&world->work, making.secret) && identity_reaches(&world->work, second));
    CHECK(identity_reaches(&world->work, third));
    CHECK(identity_reaches(&world->work, rotate_key(world, &making.key, 0)));
    CHECK(!identity_reaches(&world->work, second) && !identity_reaches(&world->work, third));
}

TEST_IN_WORLD(the_end_of_an_overlap_is_audited_once)
{
    IDENTITY;
    struct making making = {};
    static const char ends[] = "SELECT count(*) FROM audit_logs WHERE action = 'end_overlap'";
    CHECK(make_key(world, &making, "[\"directory\"]") && rotate_key(world, &making.key, 2).length > 0);
    CHECK(api_keys_end_overlaps(&world->work) && world_number(world, ends) == 0);
    world->work.now += 2 * HOUR_MS;
    CHECK(api_keys_end_overlaps(&world->work) && api_keys_end_overlaps(&world->work));
    CHECK(world_number(world, ends) == 1);
    CHECK(world_number(world, "SELECT count(*) FROM api_keys WHERE previous_key_hash IS NOT NULL") == 0);
}

TEST_IN_WORLD(a_key_that_is_over_is_not_rotated)
{
    IDENTITY;
    struct making making = { .key.expires_at = value_time(world->work.now + HOUR_MS) };
    CHECK(make_key(world, &making, "[\"directory\"]"));
    world->work.now += HOUR_MS;
    CHECK(rotate_key(world, &making.key, 1).length == 0 && world->work.error.code == ERROR_wrong_state);
}

TEST_IN_WORLD(a_key_for_a_tenant_sees_what_its_administrators_see)
{
    IDENTITY;
    struct tenant tenant;
    world_add_tenant(world, "acme", &tenant);
    struct making making = { .key.tenant_id = tenant.id };
    CHECK(make_key(world, &making, "[\"tenants:read\"]") && identity_reaches(&world->work, making.secret));
    CHECK(world->work.actor.role == TENANT_ADMIN && text_equal(world->work.actor.tenant_id, tenant.id.text));
}

TEST_IN_WORLD(a_key_of_somebody_who_is_shut_out_is_none)
{
    IDENTITY;
    struct user maker;
    struct making making = {};
    identity_add_user(world, "root@nidia.test", SUPER_ADMIN, TEXT(""), &maker);
    making.key.created_by = maker.id;
    CHECK(make_key(world, &making, "[\"directory\"]"));
    const struct {
        struct user changes;
        bool reaches;
    } steps[] = {
        { { .is_active = value_boolean(false) }, false },
        { { .is_active = value_boolean(true),
            .is_locked = value_boolean(true),
            .locked_at = value_time(world->work.now) },
          false },
        { { .locked_until = value_time(world->work.now + HOUR_MS) },
          true }, /* who guesses locks no machine out */
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        test_note("step %zu", i);
        world_act_as_system(world);
        CHECK(world_try_update(&world->work, &users_table, maker.cells, steps[i].changes.cells, maker.cells));
        CHECK(identity_reaches(&world->work, making.secret) == steps[i].reaches);
    }
}

TEST_IN_WORLD(a_key_is_void_with_its_maker_though_nothing_was_heard_of_it)
{
    IDENTITY;
    struct user maker;
    struct making making = {};
    identity_add_user(world, "root@nidia.test", SUPER_ADMIN, TEXT(""), &maker);
    making.key.created_by = maker.id;
    CHECK(make_key(world, &making, "[\"directory\"]") && identity_reaches(&world->work, making.secret));
    CHECK(scopes_have(&world->work.actor.scopes, TEXT("directory")));
    const struct user demoted = { .system_role = choice_value(system_role, support),
                                  .session_epoch = value_integer(1) };
    const struct user off = { .is_active = value_boolean(false), .session_epoch = value_integer(2) };
    world->site.watchers = (const struct watcher *const[]){ NULL }; /* this node hears nothing */
    atomic_store(&world->site.heard_us, 0);
    world_act_as_system(world);
    CHECK(world_try_update(&world->work, &users_table, maker.cells, demoted.cells, maker.cells));
    if (world->scratch.engine == ENGINE_POSTGRES) { /* and knows it */
        CHECK(identity_reaches(&world->work, making.secret));
        CHECK(!scopes_have(&world->work.actor.scopes, TEXT("directory")));
        world_act_as_system(world);
        CHECK(world_try_update(&world->work, &users_table, maker.cells, off.cells, maker.cells));
        CHECK(!identity_reaches(&world->work, making.secret));
    }
    world->site.watchers = identity.watchers;
}

TEST_IN_WORLD(when_keys_and_sessions_were_used_is_written_together)
{
    IDENTITY;
    struct making making = {};
    struct user user;
    struct grant grant;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(make_key(world, &making, "[\"directory\"]"));
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
    world->work.now += MINUTE_MS;
    CHECK(identity_reaches(&world->work, making.secret)
          && identity_reaches(&world->work, grant.access_token));
    CHECK(identity_reaches(&world->work, making.secret));
    world_act_as_system(world);
    CHECK(access_flush_use(&world->work));
    CHECK(world_number(world, "SELECT count(*) FROM api_keys WHERE last_used_at IS NOT NULL") == 1);
    CHECK(world_number(world, "SELECT count(*) FROM user_sessions WHERE last_activity_at > created_at") == 1);
    CHECK(world_number(world, "SELECT request_count FROM api_keys") == 2);
    CHECK(access_flush_use(&world->work));
    CHECK(world_number(world, "SELECT request_count FROM api_keys") == 2);
    world->work.now += HOUR_MS; /* it is verified again, and counts on */
    CHECK(identity_reaches(&world->work, making.secret));
    world_act_as_system(world);
    CHECK(access_flush_use(&world->work));
    CHECK(world_number(world, "SELECT request_count FROM api_keys") == 3);
    CHECK(world_number(world, "SELECT revision FROM api_keys") == 1);
}

TEST(known_tokens_tell_when_they_expire_and_stay_bounded)
{
    struct known_tokens *known = known_tokens_create();
    struct holder holder = { .role = SUPPORT, .expires_ms = 1000 }, found;
    unsigned char digest[SHA256_SIZE] = {};
    known_tokens_keep(known, digest, &holder);
    CHECK(known_tokens_find(known, digest, &found) && found.expires_ms == 1000);
    for (int i = 0; i < 20'000; i++) {
        digest[0] = (unsigned char)i;
        digest[1] = (unsigned char)(i >> 8);
        digest[2] = (unsigned char)(i >> 16);
        holder.expires_ms = 1000 + i;
        known_tokens_keep(known, digest, &holder);
        CHECK(known_tokens_find(known, digest, &found) && found.expires_ms == 1000 + i);
    }
    known_tokens_destroy(known);
}

TEST(revocations_keep_the_latest_news_whatever_its_order)
{
    struct revocations *revocations = revocations_create();
    struct text id = TEXT("01890000-0000-7000-8000-000000000001");
    CHECK(revocations_allow(revocations, id, 0));
    revocations_mark(revocations, &(struct revocation){ id, 1, 7, UNTIL_REOPENED }, 0);
    CHECK(!revocations_allow(revocations, id, 0) && revocations_allow(revocations, id, 1));
    revocations_mark(revocations, &(struct revocation){ id, 0, 6, 1000 }, 0);
    CHECK(!revocations_allow(revocations, id, 0));
    revocations_mark(revocations, &(struct revocation){ id, 0, 8, 1000 }, 0);
    CHECK(revocations_allow(revocations, id, 0));
    CHECK(revocations_allow(revocations, TEXT(""), 0));
    revocations_destroy(revocations);
}

TEST(revocations_that_no_token_can_outlive_make_room)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct revocations *revocations = revocations_create();
    struct text shut = TEXT("01890000-0000-7000-8000-000000000001");
    revocations_mark(revocations, &(struct revocation){ shut, 1, 1, UNTIL_REOPENED }, 0);
    for (int64_t i = 0; i < 100'000; i++) {
        struct text id = random_uuid(arena, i);
        revocations_mark(revocations, &(struct revocation){ id, 1, 1, i + 1000 }, i);
        CHECK(!revocations_allow(revocations, id, 0));
    }
    CHECK(revocations_count(revocations) < 10'000);
    CHECK(!revocations_allow(revocations, shut, 0));
    revocations_destroy(revocations);
}

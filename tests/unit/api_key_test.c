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
    CHECK(world->work.actor.role == MACHINE && text_is(world->work.actor.scopes, "directory metrics"));
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
    world_act_as_system(world);
    CHECK(access_flush_use(&world->work));
    CHECK(world_number(world, "SELECT count(*) FROM api_keys WHERE last_used_at IS NOT NULL") == 1);
    CHECK(world_number(world, "SELECT count(*) FROM user_sessions WHERE last_activity_at > created_at") == 1);
    CHECK(world_number(world, "SELECT revision FROM api_keys") == 1);
}

TEST(known_tokens_tell_when_they_expire_and_stay_bounded)
{
    struct known_tokens *known = known_tokens_create();
    struct holder holder = { .role = SUPPORT, .expires_ms = 1000 }, found;
    unsigned char digest[SHA256_SIZE] = {};
    known_tokens_keep(known, digest, 0, &holder);
    CHECK(known_tokens_find(known, digest, 999, &found) && found.expires_ms == 1000);
    for (int i = 0; i < 20'000; i++) {
        digest[0] = (unsigned char)i;
        digest[1] = (unsigned char)(i >> 8);
        digest[2] = (unsigned char)(i >> 16);
        holder.expires_ms = 1000 + i;
        known_tokens_keep(known, digest, 0, &holder);
        CHECK(known_tokens_find(known, digest, 999, &found) && found.expires_ms == 1000 + i);
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

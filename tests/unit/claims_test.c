#include "base/calendar.h"
#include "base/random.h"
#include "crypto/token.h"
#include "identity/claims.h"
#include "identity/refresh_token.h"
#include "identity_world.h"
#include <stdlib.h>
#include <string.h>

/* ---- What our own key signed, but not as an access token of ours ---- */

static struct text replaced(struct arena *arena, struct text text, const char *what, const char *by)
{
    const char *at = memmem(text.data, text.length, what, strlen(what));
    if (!at)
        return TEXT("");
    size_t before = (size_t)(at - text.data), behind = before + strlen(what);
    return arena_format(arena, "%.*s%s%.*s", TEXT_ARG(text_slice(text, 0, before)), by,
                        TEXT_ARG(text_slice(text, behind, text.length)));
}

static struct claims claims_of(const struct world *world, const struct grant *grant)
{
    return (struct claims){
        .user_id = grant->user.id.text,
        .session_id = grant->session_id,
        .role = SUPPORT,
        .amr = TEXT("[\"pwd\"]"),
        .epoch = grant->user.session_epoch.integer,
        .auth_time_ms = world->work.now,
        .issued_ms = world->work.now,
        .expires_ms = world->work.now + 10 * MINUTE_MS,
    };
}

static bool reaches(struct world *world, struct text json)
{
    struct work *work = &world->work;
    CHECK(json.length > 0);
    return identity_reaches(work, token_sign(work->arena, work->site->keyring, json));
}

TEST_IN_WORLD(a_token_for_another_audience_of_another_issuer_or_without_its_claims_is_refused)
{
    static const struct {
        const char *what, *by;
    } changes[] = {
        { "\"aud\":\"nidia-api\"", "\"aud\":\"tenant-app\"" },
        { "\"aud\":\"nidia-api\"", "\"aud\":\"\"" },
        { "\"aud\":\"nidia-api\"", "\"aud\":[\"tenant-app\"]" },
        { "\"aud\":", "\"audience\":" },
        { "\"iss\":\"nidia\"", "\"iss\":\"nidia/\"" },
        { "\"iss\":", "\"issuer\":" },
        { "\"exp\":", "\"expires\":" },
        { "\"iat\":", "\"issued\":" },
        { "\"epoch\":", "\"era\":" },
        { "\"sid\":", "\"session\":" },
        { "\"sub\":\"", "\"sub\":\"x" },
        { "\"role\":\"support\"", "\"role\":\"machine\"" },
        { "\"role\":\"support\"", "\"role\":\"visitor\"" },
        { "\"role\":\"support\"", "\"role\":\"tenant_admin\"" }, /* without a tenant */
        { "}", ",}" },
    };
    IDENTITY;
    struct user user;
    struct grant grant;
    struct arena *arena = world->work.arena;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
    const struct claims claims = claims_of(world, &grant);
    struct text json = claims_write(arena, &claims, TEXT("nidia"));
    CHECK(reaches(world, json));
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        test_note("%s", changes[i].by);
        CHECK(!reaches(world, replaced(arena, json, changes[i].what, changes[i].by)));
    }
}

TEST_IN_WORLD(a_token_counts_from_its_making_to_its_end)
{
    IDENTITY;
    struct user user;
    struct grant grant;
    struct arena *arena = world->work.arena;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
    struct claims claims = claims_of(world, &grant);
    claims.expires_ms = world->work.now - 1000;
    CHECK(!reaches(world, claims_write(arena, &claims, TEXT("nidia"))));
    claims.expires_ms = world->work.now + 20 * MINUTE_MS;
    claims.issued_ms = world->work.now + 50'000; /* by a node whose clock is ahead */
    CHECK(reaches(world, claims_write(arena, &claims, TEXT("nidia"))));
    claims.issued_ms = world->work.now + 70'000;
    CHECK(!reaches(world, claims_write(arena, &claims, TEXT("nidia"))));
}

/* ---- Refresh tokens ---- */

enum { TOKENS = 2000, RANDOM_LENGTH = 43 };

static int by_bytes(const void *a, const void *b)
{
    return memcmp(*(const char *const *)a, *(const char *const *)b, RANDOM_LENGTH);
}

TEST_IN_WORLD(no_two_refresh_tokens_share_their_256_random_bits)
{
    static const char *randoms[TOKENS];
    struct work *work = &world->work;
    struct text id = TEXT("01890000-0000-7000-8000-000000000001"), token = {}, read;
    for (size_t i = 0; i < TOKENS; i++) {
        token = refresh_token_make(work, id);
        randoms[i] = token.data + UUID_LENGTH * 4 / 3;
    }
    CHECK(token.length >= UUID_LENGTH * 4 / 3 + RANDOM_LENGTH && !text_is_uuid(token));
    CHECK(refresh_token_read(work, token, &read) && text_equal(read, id));
    qsort(randoms, TOKENS, sizeof *randoms, by_bytes);
    for (size_t i = 1; i < TOKENS; i++)
        CHECK(memcmp(randoms[i - 1], randoms[i], RANDOM_LENGTH) != 0);
}

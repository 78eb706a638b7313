/* A sign-in that is under way at an identity provider: whose it is, and for how long. */
#include "sso/attempt.h"
#include "world.h"

TEST_IN_WORLD(an_attempt_comes_back_whole_and_within_ten_minutes)
{
    struct work *work = &world->work;
    struct attempt found, made = { .provider_id = TEXT("the-provider"),
                                   .device = TEXT("a.device"),
                                   .return_to = TEXT("/where?to=it"),
                                   .max_age_seconds = 600 };
    attempt_make(work, &made);
    struct text cookie = attempt_seal(work, &made);
    work->now += INT64_C(1000) * ATTEMPT_LIFE_SECONDS - 1;
    CHECK(attempt_open(work, cookie, &found));
    CHECK(text_equal(found.state, made.state) && text_equal(found.nonce, made.nonce));
    CHECK(text_equal(found.verifier, made.verifier) && text_equal(found.provider_id, made.provider_id));
    CHECK(text_equal(found.device, made.device) && text_equal(found.return_to, made.return_to));
    CHECK(found.max_age_seconds == 600 && found.begun_ms == made.begun_ms);
    work->now += 1;
    CHECK(!attempt_open(work, cookie, &found));
}

TEST_IN_WORLD(an_attempt_is_ours_to_the_last_byte_and_no_two_are_alike)
{
    struct work *work = &world->work;
    struct attempt found, one = { .provider_id = TEXT("p"), .return_to = TEXT("/") }, other = one;
    attempt_make(work, &one);
    attempt_make(work, &other);
    CHECK(!text_equal(one.state, other.state) && !text_equal(one.nonce, other.nonce));
    CHECK(!text_equal(one.verifier, other.verifier));
    struct text cookie = attempt_seal(work, &one);
    CHECK(!attempt_open(work, text_slice(cookie, 0, cookie.length - 1), &found));
    CHECK(!attempt_open(work, TEXT(""), &found) && !attempt_open(work, TEXT("v1.s1.AAAA"), &found));
}

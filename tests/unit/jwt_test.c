#include "foreign_tokens.h"
#include "sso/id_token.h"
#include "sso/jwt.h"
#include "test.h"
#include <string.h>

#define NOW_MS INT64_C(1'790'000'010'000)

#define ARENA [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create()

static bool outcome_is(struct arena *arena, struct text token, enum jwt_outcome outcome)
{
    struct jwt jwt;
    return jwt_read(arena, token, &jwt) && jwt_verify(arena, &jwt, TEXT(KEY_SET)) == outcome;
}

static bool is_no_token(struct arena *arena, struct text token)
{
    struct jwt jwt;
    return !jwt_read(arena, token, &jwt);
}

TEST(tokens_of_each_algorithm_are_verified_by_the_key_of_their_name)
{
    ARENA;
    CHECK(outcome_is(arena, TEXT(TOKEN_RS256), JWT_GENUINE));
    CHECK(outcome_is(arena, TEXT(TOKEN_ES256), JWT_GENUINE));
    CHECK(outcome_is(arena, TEXT(TOKEN_EDDSA), JWT_GENUINE));
    CHECK(outcome_is(arena, TEXT(TOKEN_NAMELESS), JWT_GENUINE));
    CHECK(outcome_is(arena, TEXT(TOKEN_UNKNOWN), JWT_KEY_MISSING));
    CHECK(outcome_is(arena, TEXT(TOKEN_CROSSED), JWT_KEY_MISSING));
    CHECK(outcome_is(arena, TEXT(TOKEN_WEAK), JWT_FORGED));
}

TEST(what_is_not_signed_by_a_key_pair_is_no_token)
{
    ARENA;
    CHECK(is_no_token(arena, TEXT(TOKEN_NONE)));
    CHECK(is_no_token(arena, TEXT(TOKEN_HMAC)));
    CHECK(is_no_token(arena, TEXT("")));
    CHECK(is_no_token(arena, TEXT("..")));
    CHECK(is_no_token(arena, TEXT("e30.e30.e30")));
}

TEST(no_byte_of_a_token_can_be_another)
{
    ARENA;
    static const char *const tokens[] = { TOKEN_RS256, TOKEN_ES256, TOKEN_EDDSA };
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        for (size_t at = 0; tokens[i][at]; at++) {
            struct text token = arena_copy(arena, text_from(tokens[i]));
            char *byte = (char *)token.data + at;
            *byte = *byte == 'A' ? 'B' : 'A';
            test_note("token %zu, byte %zu", i, at);
            CHECK(!outcome_is(arena, token, JWT_GENUINE));
        }
}

TEST(a_key_that_is_none_verifies_nothing)
{
    ARENA;
    struct jwt jwt;
    static const char *const sets[] = {
        "",
        "[]",
        "{}",
        "{\"keys\":7}",
        "{\"keys\":[]}",
        "{\"keys\":[7,null,{}]}",
        "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"AAAA\"}]}",
        ("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
         "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}"),
        "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}",
    };
    if (!jwt_read(arena, TEXT(TOKEN_NAMELESS), &jwt))
        return CHECK(false);
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        test_note("%s", sets[i]);
        CHECK(jwt_verify(arena, &jwt, text_from(sets[i])) != JWT_GENUINE);
    }
}

static const char *fault_at(struct arena *arena, const char *json, int64_t now_ms)
{
    struct json claims;
    struct error error = {};
    const struct claims_expected expected = { .issuer = TEXT("https://idp.test"),
                                              .client_id = TEXT("nidia"),
                                              .nonce = TEXT("n"),
                                              .now_ms = now_ms,
                                              .skew_ms = 60'000 };
    return json_read(text_from(json), arena, &claims, &error) ? id_token_fault(&claims, &expected)
                                                              : "no JSON";
}

TEST(an_id_token_is_good_for_its_time_and_the_clocks_difference)
{
    ARENA;
    static const char claims[] =
        "{\"iss\":\"https://idp.test\",\"aud\":\"nidia\",\"sub\":\"ana\",\"nonce\":\"n\","
        "\"iat\":1790000000,\"exp\":1790000300}";
    CHECK(!fault_at(arena, claims, NOW_MS));
    CHECK(!fault_at(arena, claims, INT64_C(1'790'000'359'999)));
    CHECK(strcmp(fault_at(arena, claims, INT64_C(1'790'000'360'000)), "expired") == 0);
    CHECK(!fault_at(arena, claims, INT64_C(1'789'999'940'000)));
    CHECK(strcmp(fault_at(arena, claims, INT64_C(1'789'999'939'999)), "from the future") == 0);
}

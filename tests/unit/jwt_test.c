#include "crypto/hash.h"
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

static enum jwt_outcome outcome_by(struct arena *arena, struct text token, struct text key_set)
{
    struct jwt jwt;
    return jwt_read(arena, token, &jwt) ? jwt_verify(arena, &jwt, key_set) : JWT_FORGED;
}

/* The keys with other words in the place of these. */
static struct text keys_with(struct arena *arena, struct text words, struct text others)
{
    struct buffer set = { .arena = arena };
    for (struct text rest = TEXT(KEY_SET); rest.length > 0;) {
        bool found = text_starts(rest, words);
        buffer_add(&set, found ? others : text_slice(rest, 0, 1));
        rest = text_slice(rest, found ? words.length : 1, rest.length);
    }
    return set.text;
}

TEST(a_key_is_used_for_what_it_is_made_and_meant_for)
{
    ARENA;
    struct text sign = TEXT("\"use\":\"sig\",");
    CHECK(outcome_by(arena, TEXT(TOKEN_ES256), keys_with(arena, sign, TEXT(""))) == JWT_GENUINE);
    struct text seal = keys_with(arena, sign, TEXT("\"use\":\"enc\","));
    CHECK(outcome_by(arena, TEXT(TOKEN_ES256), seal) == JWT_KEY_MISSING);
    struct text unsaid = keys_with(arena, TEXT("\"alg\":\"RS256\","), TEXT(""));
    CHECK(outcome_by(arena, TEXT(TOKEN_RS256), unsaid) == JWT_GENUINE);
    CHECK(outcome_by(arena, TEXT(TOKEN_CROSSED), unsaid) == JWT_KEY_MISSING);
}

/* 2048 bits, the first 1032 of them zero. */
TEST(zeros_do_not_make_a_short_rsa_key_long)
{
    ARENA;
    struct text rest = TEXT(KEY_SET), begins = TEXT("\"kid\":\"weak\"");
    while (!text_starts(rest, begins))
        rest = text_slice(rest, 1, rest.length);
    while (!text_starts(rest, TEXT("\"n\":\"")))
        rest = text_slice(rest, 1, rest.length);
    struct text modulus = text_slice(rest, 5, rest.length);
    modulus = text_cut(&modulus, '"');
    struct text zeros = base64url_encode(arena, TEXT_BYTES(((const char[129]){})));
    struct text set = arena_format(
        arena, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"weak\",\"n\":\"%.*s%.*s\",\"e\":\"AQAB\"}]}",
        TEXT_ARG(zeros), TEXT_ARG(modulus));
    CHECK(outcome_by(arena, TEXT(TOKEN_WEAK), set) == JWT_FORGED);
}

/* By an exponent of one the padded digest (RFC 8017, 9.2) is its own signature. */
TEST(what_anybody_could_sign_is_not_signed)
{
    enum { SIZE = 256 };
    static const char algorithm[] =
        "\x00\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";
    ARENA;
    char padded[SIZE], modulus[SIZE];
    struct text covered =
        arena_format(arena, "%.*s.%.*s", TEXT_ARG(base64url_encode(arena, TEXT("{\"alg\":\"RS256\"}"))),
                     TEXT_ARG(base64url_encode(arena, TEXT("{}"))));
    memset(modulus, 0xff, SIZE);
    memset(padded, 0xff, SIZE);
    padded[0] = 0;
    padded[1] = 1;
    memcpy(padded + SIZE - SHA256_SIZE - (sizeof algorithm - 1), algorithm, sizeof algorithm - 1);
    sha256(covered, (unsigned char *)padded + SIZE - SHA256_SIZE);
    struct text token = arena_format(arena, "%.*s.%.*s", TEXT_ARG(covered),
                                     TEXT_ARG(base64url_encode(arena, TEXT_BYTES(padded))));
    struct text set = arena_format(arena, "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"%.*s\",\"e\":\"AQ\"}]}",
                                   TEXT_ARG(base64url_encode(arena, TEXT_BYTES(modulus))));
    CHECK(outcome_by(arena, token, set) == JWT_FORGED);
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

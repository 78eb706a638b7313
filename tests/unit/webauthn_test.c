/* What authenticators sign: right ones are believed, and whatever is changed in them is found. */
#include "authenticator.h"
#include "crypto/cbor.h"
#include "test.h"
#include <string.h>

static const enum webauthn_algorithm algorithms[] = { WEBAUTHN_ES256, WEBAUTHN_EDDSA, WEBAUTHN_RS256 };
enum { ALGORITHMS = sizeof algorithms / sizeof *algorithms };

/* A key, and what is asked of it. */
struct bench {
    struct arena *arena;
    struct authenticator authenticator;
    struct webauthn_demand demand;
    struct webauthn_credential credential;
};

static void bench_begin(struct bench *bench, enum webauthn_algorithm algorithm)
{
    struct arena *arena = arena_create();
    *bench = (struct bench){ .arena = arena,
                             .authenticator = authenticator_create(arena, algorithm),
                             .demand = { TEXT("localhost"), TEXT("{\"type\":\"…\"}"), true } };
}

static void bench_end(struct bench *bench)
{
    authenticator_destroy(&bench->authenticator);
    arena_destroy(bench->arena);
}

#define BENCH(algorithm)                                                                                     \
    [[gnu::cleanup(bench_end)]] struct bench bench;                                                          \
    bench_begin(&bench, algorithm)

static enum webauthn_fault register_as(struct bench *bench, enum attestation_format format)
{
    struct text object = authenticator_attest(&bench->authenticator, format, bench->demand.client_data);
    return webauthn_register(bench->arena, &bench->demand, object, &bench->credential);
}

/* Signs in with what it says now. */
static enum webauthn_fault verify(struct bench *bench, struct webauthn_state *state)
{
    struct text said = authenticator_say(&bench->authenticator, false);
    const struct webauthn_assertion assertion = { said, authenticator_sign(&bench->authenticator, said,
                                                                           bench->demand.client_data) };
    return webauthn_verify(bench->arena, &bench->demand, &bench->credential.key, &assertion, state);
}

TEST(every_algorithm_registers_in_every_format_and_signs_in)
{
    for (size_t i = 0; i < ALGORITHMS; i++) {
        BENCH(algorithms[i]);
        struct webauthn_state state;
        for (enum attestation_format format = ATTEST_NONE; format <= ATTEST_BY_CERTIFICATE; format++) {
            test_note("algorithm %d, format %d", (int)algorithms[i], (int)format);
            CHECK(register_as(&bench, format) == WEBAUTHN_SOUND);
            CHECK(text_is(bench.credential.id, "a-credential-of-this-key"));
            CHECK(bench.credential.state.sign_count == 1 && bench.credential.state.user_verified);
            CHECK(bench.credential.key.bytes.length <= PUBLIC_KEY_MAX);
        }
        bench.authenticator.sign_count = 0x01020304;
        CHECK(verify(&bench, &state) == WEBAUTHN_SOUND);
        CHECK(state.sign_count == 0x01020304 && state.user_verified);
    }
}

TEST(another_site_nobody_there_and_nobody_verified_are_told_apart)
{
    BENCH(WEBAUTHN_ES256);
    struct webauthn_state state;
    CHECK(register_as(&bench, ATTEST_NONE) == WEBAUTHN_SOUND);
    struct authenticator *authenticator = &bench.authenticator;
    const struct {
        const char *relying_party;
        unsigned flags;
        enum webauthn_fault fault;
    } cases[] = {
        { "localhost.evil.test", AUTHENTICATOR_PRESENT | AUTHENTICATOR_VERIFIED, WEBAUTHN_RELYING_PARTY },
        { "localhost", AUTHENTICATOR_VERIFIED, WEBAUTHN_PRESENCE },
        { "localhost", AUTHENTICATOR_PRESENT, WEBAUTHN_VERIFICATION },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        authenticator->relying_party = cases[i].relying_party;
        authenticator->flags = cases[i].flags;
        test_note("case %zu", i);
        for (enum attestation_format format = ATTEST_NONE; format <= ATTEST_BY_CERTIFICATE; format++)
            CHECK(register_as(&bench, format) == cases[i].fault);
        CHECK(verify(&bench, &state) == cases[i].fault);
    }
    bench.demand.verification = false;
    CHECK(register_as(&bench, ATTEST_SELF) == WEBAUTHN_SOUND && !bench.credential.state.user_verified);
    CHECK(verify(&bench, &state) == WEBAUTHN_SOUND && !state.user_verified);
}

TEST(a_signature_of_another_key_over_other_words_or_of_another_kind_is_refused)
{
    for (size_t i = 0; i < ALGORITHMS; i++) {
        BENCH(algorithms[i]);
        struct webauthn_state state = {};
        CHECK(register_as(&bench, ATTEST_NONE) == WEBAUTHN_SOUND);
        struct text said = authenticator_say(&bench.authenticator, false);
        struct text signature = authenticator_sign(&bench.authenticator, said, TEXT("other words"));
        struct webauthn_assertion assertion = { said, signature };
        CHECK(webauthn_verify(bench.arena, &bench.demand, &bench.credential.key, &assertion, &state)
              == WEBAUTHN_SIGNATURE);
        assertion.signature = TEXT("");
        CHECK(webauthn_verify(bench.arena, &bench.demand, &bench.credential.key, &assertion, &state)
              == WEBAUTHN_SIGNATURE);

        EVP_PKEY *ours = bench.authenticator.pair;
        for (size_t other = 0; other < ALGORITHMS; other++) {
            struct authenticator stranger = authenticator_create(bench.arena, algorithms[other]);
            bench.authenticator.pair = stranger.pair;
            CHECK(verify(&bench, &state) == WEBAUTHN_SIGNATURE);
            authenticator_destroy(&stranger);
        }
        bench.authenticator.pair = ours;
        CHECK(verify(&bench, &state) == WEBAUTHN_SOUND);
    }
}

TEST(every_byte_that_an_authenticator_says_is_signed)
{
    BENCH(WEBAUTHN_ES256);
    struct webauthn_state state;
    CHECK(register_as(&bench, ATTEST_NONE) == WEBAUTHN_SOUND);
    struct text said = authenticator_say(&bench.authenticator, false);
    struct text signature = authenticator_sign(&bench.authenticator, said, bench.demand.client_data);
    for (size_t i = 0; i < said.length; i++) {
        struct text changed = arena_copy(bench.arena, said);
        ((char *)(uintptr_t)changed.data)[i] ^= 2;
        const struct webauthn_assertion assertion = { changed, signature };
        test_note("byte %zu", i);
        CHECK(webauthn_verify(bench.arena, &bench.demand, &bench.credential.key, &assertion, &state)
              != WEBAUTHN_SOUND);
    }
}

TEST(an_algorithm_that_is_not_ours_or_not_the_keys_is_refused)
{
    BENCH(WEBAUTHN_ES256);
    struct webauthn_state state;
    CHECK(register_as(&bench, ATTEST_NONE) == WEBAUTHN_SOUND);
    struct webauthn_key key = bench.credential.key;
    const int foreign[] = { 0, -35 /* ES384 */, -65535 /* RS1 */ };
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        bench.authenticator.algorithm = (enum webauthn_algorithm)foreign[i];
        CHECK(register_as(&bench, ATTEST_NONE) == WEBAUTHN_ALGORITHM);
        bench.credential.key.algorithm = (enum webauthn_algorithm)foreign[i];
        CHECK(verify(&bench, &state) == WEBAUTHN_ALGORITHM);
    }
    bench.authenticator.algorithm = WEBAUTHN_EDDSA; /* of a key on another curve */
    CHECK(register_as(&bench, ATTEST_NONE) == WEBAUTHN_MALFORMED);
    bench.credential.key = (struct webauthn_key){ WEBAUTHN_RS256, key.bytes };
    CHECK(verify(&bench, &state) == WEBAUTHN_SIGNATURE);
}

TEST(an_attestation_that_does_not_hold_is_refused)
{
    BENCH(WEBAUTHN_ES256);
    struct authenticator *authenticator = &bench.authenticator;
    struct webauthn_credential credential;
    for (enum attestation_format format = ATTEST_SELF; format <= ATTEST_BY_CERTIFICATE; format++) {
        struct text object = authenticator_attest(authenticator, format, TEXT("other words"));
        CHECK(webauthn_register(bench.arena, &bench.demand, object, &credential) == WEBAUTHN_ATTESTATION);
    }
    struct text object = authenticator_attest(authenticator, ATTEST_SELF, bench.demand.client_data);
    char *format = memmem(object.data, object.length, "packed", 6);
    memcpy(format, "tpm-ku", 6);
    CHECK(webauthn_register(bench.arena, &bench.demand, object, &credential) == WEBAUTHN_ATTESTATION);
    object = authenticator_attest(authenticator, ATTEST_NONE, bench.demand.client_data);
    CHECK(webauthn_register(bench.arena, &bench.demand, object, &credential) == WEBAUTHN_SOUND);
    memcpy(memmem(object.data, object.length, "none", 4), "nine", 4);
    CHECK(webauthn_register(bench.arena, &bench.demand, object, &credential) == WEBAUTHN_ATTESTATION);
}

TEST(extensions_that_browsers_add_by_themselves_pass)
{
    BENCH(WEBAUTHN_ES256);
    struct authenticator *authenticator = &bench.authenticator;
    authenticator->flags |= AUTHENTICATOR_EXTENDED;
    const struct text known[] = { TEXT("\xa1\x6b"
                                       "credProtect\x02"),
                                  TEXT("\xa2\x6b"
                                       "credProtect\x03\x6bhmac-secret\xf5"),
                                  TEXT("\xa1\x6bhmac-secret\xf5"), TEXT("\xa1\x63uvm\x80"), TEXT("\xa0") };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        authenticator->extensions = known[i];
        test_note("extensions %zu", i);
        for (enum attestation_format format = ATTEST_NONE; format <= ATTEST_BY_CERTIFICATE; format++)
            CHECK(register_as(&bench, format) == WEBAUTHN_SOUND);
    }
    authenticator->extensions = TEXT("");
    CHECK(register_as(&bench, ATTEST_NONE) == WEBAUTHN_MALFORMED);
    authenticator->flags &= ~(unsigned)AUTHENTICATOR_EXTENDED;
    authenticator->extensions = TEXT("\xa0");
    CHECK(register_as(&bench, ATTEST_NONE) == WEBAUTHN_MALFORMED);
}

TEST(what_is_cut_short_is_malformed)
{
    BENCH(WEBAUTHN_ES256);
    struct webauthn_credential credential;
    struct webauthn_state state;
    struct text object = authenticator_attest(&bench.authenticator, ATTEST_SELF, bench.demand.client_data);
    for (size_t length = 0; length < object.length; length++) {
        struct text cut = arena_copy(bench.arena, text_slice(object, 0, length));
        test_note("%zu bytes", length);
        CHECK(webauthn_register(bench.arena, &bench.demand, cut, &credential) == WEBAUTHN_MALFORMED);
    }
    struct text longer = arena_format(bench.arena, "%*s", (int)object.length + 1, "");
    memcpy((char *)(uintptr_t)longer.data, object.data, object.length);
    CHECK(webauthn_register(bench.arena, &bench.demand, longer, &credential) == WEBAUTHN_MALFORMED);

    CHECK(register_as(&bench, ATTEST_NONE) == WEBAUTHN_SOUND);
    struct text said = authenticator_say(&bench.authenticator, false);
    struct text signature = authenticator_sign(&bench.authenticator, said, bench.demand.client_data);
    for (size_t length = 0; length < said.length; length++) {
        const struct webauthn_assertion assertion = { text_slice(said, 0, length), signature };
        CHECK(webauthn_verify(bench.arena, &bench.demand, &bench.credential.key, &assertion, &state)
              == WEBAUTHN_MALFORMED);
    }
}

TEST(cbor_is_measured_before_memory_is_taken_for_it)
{
    static const struct {
        struct text bytes;
        int size; /* -1: refused */
    } cases[] = {
        { TEXT_CONSTANT("\x00"), 1 },
        { TEXT_CONSTANT("\x38\xff tail"), 2 },
        { TEXT_CONSTANT("\x82\x01\x61z"), 4 },
        { TEXT_CONSTANT("\xa1\x01\xf5"), 3 },
        { TEXT_CONSTANT("\x80"), 1 },
        { TEXT_CONSTANT(""), -1 },
        { TEXT_CONSTANT("\x19\x01"), -1 },                             /* half a number */
        { TEXT_CONSTANT("\x42z"), -1 },                                /* a byte is missing */
        { TEXT_CONSTANT("\x9b\x10\x00\x00\x00\x00\x00\x00\x00"), -1 }, /* 2^60 items */
        { TEXT_CONSTANT("\xbb\x80\x00\x00\x00\x00\x00\x00\x00"), -1 }, /* 2^63 pairs: 2^64 items */
        { TEXT_CONSTANT("\x5b\xff\xff\xff\xff\xff\xff\xff\xff"), -1 },
        { TEXT_CONSTANT("\x9f\xff"), -1 }, /* of indefinite length */
        { TEXT_CONSTANT("\xc0\x00"), -1 }, /* a tag */
        { TEXT_CONSTANT("\xff"), -1 },     /* a break alone */
        { TEXT_CONSTANT("\x81\x81\x81\x81\x81\x81\x81\x00"), 8 },
        { TEXT_CONSTANT("\x81\x81\x81\x81\x81\x81\x81\x81\x00"), -1 }, /* too deep */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size = 0;
        bool measured = cbor_measure(cases[i].bytes, &size);
        test_note("case %zu: %d, %zu", i, measured, size);
        CHECK(measured == (cases[i].size >= 0) && (!measured || size == (size_t)cases[i].size));
    }
}

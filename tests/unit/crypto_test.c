#include "base/random.h"
#include "crypto/hash.h"
#include "crypto/scram.h"
#include "crypto/seal.h"
#include "crypto/token.h"
#include "test.h"
#include <string.h>

#define REPEATED(byte, count)                                                                                \
    (struct text)                                                                                            \
    {                                                                                                        \
        memset((char[count]){}, (byte), (count)), (count)                                                    \
    }

static struct text bytes_from_hex(struct arena *arena, const char *hex)
{
    static const char digits[] = "0123456789abcdef";
    size_t length = strlen(hex) / 2;
    char *out = arena_alloc(arena, length + 1);
    for (size_t i = 0; i < length; i++)
        out[i] =
            (char)((strchr(digits, hex[2 * i]) - digits) << 4 | (strchr(digits, hex[2 * i + 1]) - digits));
    return (struct text){ out, length };
}

static bool hex_is(struct arena *arena, const unsigned char *bytes, size_t size, const char *hex)
{
    return text_is(hex_encode(arena, (struct text){ (const char *)bytes, size }), hex);
}

/* The seed of RFC 8032, section 7.1, test 1, and three keys that are as good as any. */
static const char ring_text[] = "# for tests\n"
                                "seal new AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"
                                "seal old ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8\n"
                                "pepper one QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8\n"
                                "\n"
                                "sign rfc8032 nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\n"
                                "cookie one YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8\n";

static struct keyring *ring_from(const char *text)
{
    struct keyring *keyring = NULL;
    struct error error = {};
    CHECK(keyring_read(&keyring, text_from(text), &error));
    return keyring;
}

static void close_ring(struct keyring **keyring)
{
    keyring_close(*keyring);
}

#define ARENA [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create()
#define RING  [[gnu::cleanup(close_ring)]] struct keyring *keyring = ring_from(ring_text)

TEST(sha256_is_that_of_fips_180)
{
    ARENA;
    CHECK(text_is(sha256_hex(arena, TEXT("abc")),
                  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    CHECK(text_is(sha256_hex(arena, TEXT("")),
                  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
}

TEST(hmac_is_that_of_rfc_4231)
{
    ARENA;
    const struct {
        struct text key, data;
        const char *mac;
    } cases[] = {
        { REPEATED(0x0b, 20), TEXT("Hi There"),
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
        { TEXT("Jefe"), TEXT("what do ya want for nothing?"),
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
        { REPEATED(0xaa, 20), REPEATED(0xdd, 50),
          "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
        { REPEATED(0xaa, 131), TEXT("Test Using Larger Than Block-Size Key - Hash Key First"),
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char mac[SHA256_SIZE];
        hmac_sha256(cases[i].key, cases[i].data, mac);
        CHECK(hex_is(arena, mac, sizeof mac, cases[i].mac));
    }
    unsigned char empty[SHA256_SIZE];
    hmac_sha256(TEXT(""), TEXT(""), empty);
    CHECK(hex_is(arena, empty, sizeof empty,
                 "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"));
}

TEST(hkdf_is_that_of_rfc_5869)
{
    ARENA;
    unsigned char out[42];
    hkdf_sha256(REPEATED(0x0b, 22), bytes_from_hex(arena, "000102030405060708090a0b0c"),
                bytes_from_hex(arena, "f0f1f2f3f4f5f6f7f8f9"), out, sizeof out);
    CHECK(hex_is(arena, out, sizeof out,
                 "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"));
    hkdf_sha256(REPEATED(0x0b, 22), TEXT(""), TEXT(""), out, sizeof out);
    CHECK(hex_is(arena, out, sizeof out,
                 "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"));
}

TEST(base64_is_that_of_rfc_4648)
{
    ARENA;
    const char *const cases[][3] = { { "", "", "" },
                                     { "f", "Zg==", "Zg" },
                                     { "fo", "Zm8=", "Zm8" },
                                     { "foo", "Zm9v", "Zm9v" },
                                     { "foob", "Zm9vYg==", "Zm9vYg" },
                                     { "\xfb\xff\xfe", "+//+", "-__-" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text plain = text_from(cases[i][0]), decoded;
        CHECK(text_is(base64_encode(arena, plain), cases[i][1]));
        CHECK(text_is(base64url_encode(arena, plain), cases[i][2]));
        CHECK(base64url_decode(arena, text_from(cases[i][2]), &decoded) && text_equal(decoded, plain));
    }
}

TEST(base64url_has_one_form_for_each_text)
{
    ARENA;
    const char *const refused[] = { "Zg==", "Zh", "Zm9", "Z", "Zm9vYg=", "Zm 9v", "Zm9+", "Zm9/", "Zm9v\n" };
    struct text decoded;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        test_note("\"%s\"", refused[i]);
        CHECK(!base64url_decode(arena, text_from(refused[i]), &decoded));
    }
    char bytes[64];
    for (size_t size = 0; size < sizeof bytes; size++) {
        random_bytes(bytes, size);
        struct text plain = { bytes, size };
        CHECK(base64url_decode(arena, base64url_encode(arena, plain), &decoded)
              && text_equal(decoded, plain));
    }
}

TEST(secrets_are_equal_only_whole)
{
    CHECK(secret_equal(TEXT("abc"), TEXT("abc")));
    CHECK(!secret_equal(TEXT("abc"), TEXT("abd")));
    CHECK(!secret_equal(TEXT("abc"), TEXT("ab")));
    CHECK(!secret_equal(TEXT(""), TEXT("a")));
    CHECK(secret_equal(TEXT(""), TEXT("")));
}

TEST(a_scram_verifier_is_what_postgresql_makes)
{
    ARENA;
    struct text salt = bytes_from_hex(arena, "d8ff2ce33713689b26017a8ed1a4343b");
    CHECK(text_is(scram_verifier_salted(arena, TEXT("correct horse 42!"), salt, 4096),
                  "SCRAM-SHA-256$4096:2P8s4zcTaJsmAXqO0aQ0Ow==$f9IZw8PzQ4kB1WGGD5Yh5TuTRe2A+ZXWvacVPa2yHy8=:"
                  "GVsznSXo0xfdNbllyIP89g4C5tZm4dQz4sf9nm+EOeE="));
    CHECK(!text_equal(scram_verifier(arena, TEXT("x")), scram_verifier(arena, TEXT("x"))));
}

TEST(sealing_is_aes_256_gcm)
{
    ARENA;
    struct text key =
        bytes_from_hex(arena, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    struct text sealed =
        bytes_from_hex(arena, "cafebabefacedbaddecaf888"
                              "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                              "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                              "76fc6ece0f4e1768cddf8853bb2d551b");
    struct text place = bytes_from_hex(arena, "feedfacedeadbeeffeedfacedeadbeefabaddad2"), plain;
    struct error error = {};
    CHECK(unseal_with(arena, (const unsigned char *)key.data, base64url_encode(arena, sealed), place, &plain,
                      &error));
    CHECK(text_is(
        hex_encode(arena, plain),
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
        "b16aedf5aa0de657ba637b39"));
}

TEST(what_is_sealed_opens_only_in_its_place)
{
    ARENA;
    RING;
    struct error error = {};
    struct text plain,
        sealed = seal(arena, keyring, TEXT("secret\0!"), TEXT("tenants.db_password_encrypted:1"));
    CHECK(text_starts(sealed, TEXT("v1.new.")));
    CHECK(unseal(arena, keyring, sealed, TEXT("tenants.db_password_encrypted:1"), &plain, &error));
    CHECK(text_equal(plain, TEXT("secret\0!")));
    CHECK(!unseal(arena, keyring, sealed, TEXT("tenants.db_password_encrypted:2"), &plain, &error));
    CHECK(error.code == ERROR_internal);
    CHECK(!text_equal(sealed,
                      seal(arena, keyring, TEXT("secret\0!"), TEXT("tenants.db_password_encrypted:1"))));
}

TEST(what_is_sealed_does_not_open_once_any_byte_is_changed)
{
    ARENA;
    RING;
    struct error error = {};
    struct text plain, sealed = seal(arena, keyring, TEXT("secret"), TEXT("p"));
    for (size_t i = 0; i < sealed.length; i++) {
        struct text changed = arena_copy(arena, sealed);
        ((char *)(uintptr_t)changed.data)[i] = sealed.data[i] == 'A' ? 'B' : 'A';
        CHECK(!unseal(arena, keyring, changed, TEXT("p"), &plain, &error));
        CHECK(!unseal(arena, keyring, text_slice(sealed, 0, i), TEXT("p"), &plain, &error));
    }
}

TEST(an_older_key_still_opens_and_is_told_apart)
{
    ARENA;
    RING;
    [[gnu::cleanup(close_ring)]] struct keyring *before =
        ring_from("seal old ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8\n"
                  "pepper one QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8\n"
                  "sign one nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\n"
                  "cookie one YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8");
    struct error error = {};
    struct text plain, sealed = seal(arena, before, TEXT("secret"), TEXT("p"));
    CHECK(unseal(arena, keyring, sealed, TEXT("p"), &plain, &error) && text_is(plain, "secret"));
    CHECK(seal_is_current(before, sealed) && !seal_is_current(keyring, sealed));
    CHECK(!seal_is_current(keyring, TEXT("")) && !seal_is_current(keyring, TEXT("v2.new.AAAA")));
    CHECK(!unseal(arena, before, seal(arena, keyring, TEXT("secret"), TEXT("p")), TEXT("p"), &plain, &error));
}

/* Signed with the ring's key by another implementation of Ed25519. */
#define SIGNATURE_OF_SUB_X                                                                                   \
    "e8DMqSdObMfhYO41Xmh-DieXBIb9MVa9C1_71nqztPsZFLFmbok3RAyt0UjnMn25zGCVjr0YseX1POmwc7L0CA"
#define HEADER "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCIsImtpZCI6InJmYzgwMzIifQ"

TEST(a_token_is_the_one_that_others_make_of_the_same_key)
{
    ARENA;
    RING;
    struct text claims, token = token_sign(arena, keyring, TEXT("{\"sub\":\"x\"}"));
    CHECK(text_is(token, HEADER ".eyJzdWIiOiJ4In0." SIGNATURE_OF_SUB_X));
    CHECK(token_verify(arena, keyring, token, &claims) && text_is(claims, "{\"sub\":\"x\"}"));
}

TEST(a_token_is_refused_once_any_byte_is_changed)
{
    ARENA;
    RING;
    struct text claims, token = token_sign(arena, keyring, TEXT("{\"sub\":\"x\"}"));
    for (size_t i = 0; i < token.length; i++) {
        struct text changed = arena_copy(arena, token);
        ((char *)(uintptr_t)changed.data)[i] = token.data[i] == 'A' ? 'B' : 'A';
        test_note("byte %zu", i);
        CHECK(!token_verify(arena, keyring, changed, &claims));
        CHECK(!token_verify(arena, keyring, text_slice(token, 0, i), &claims));
    }
    CHECK(!token_verify(arena, keyring, arena_format(arena, "%.*s=", TEXT_ARG(token)), &claims));
}

TEST(only_our_own_header_is_taken)
{
    ARENA;
    RING;
    /* Each signed rightly, under: alg none; members in another order; a jku; typ JWT; another kid. */
    const char *const tokens[] = {
        "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0Iiwia2lkIjoicmZjODAzMiJ9.eyJzdWIiOiJ4In0."
        "YQX6sMub5wzmPhjh0FjhpFif0gojMr51lkosITSVxRh_tfI9L8OcYhZdjeKbUp8RCv-g9KX42sClDEOEVzPvBA",
        "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6InJmYzgwMzIifQ.eyJzdWIiOiJ4In0."
        "q7v7GBOWo1mq7qRTbQHA2F-JdTDx4mwJZhucquSxV-vaV6e-MCuMEHgUY4Gkytin-uqZLdEwPin9g7CPVtn7Dw",
        "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCIsImtpZCI6InJmYzgwMzIiLCJqa3UiOiJodHRwczovL2V2aWwudGVzdCJ9."
        "eyJzdWIiOiJ4In0."
        "zOqxX2qPd8U49XF_1Vm_PvlDs6cBIDH3BBp_p2gdjxo2xqYI5F9p4rtuR08arkGCICfG0SsZd2yeHJ071gdDDw",
        "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCIsImtpZCI6InJmYzgwMzIifQ.eyJzdWIiOiJ4In0."
        "Mq-DkY0JX-Ff5uAojOEfL1EhqnYgpkHX0uDr_KY4vLsuqb9FGcp1GZTDG5p_LHGCh66nXzQNaxSbnRCgTX3DCQ",
        "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCIsImtpZCI6Im90aGVyIn0.eyJzdWIiOiJ4In0."
        "LBF1jJAxbSnMy5x-DSf1vhkvBMv3uwhMvtGVRfIHucyBXMT0tOyMpEsmP9d_rFUvtcbjMzqAz_Y1v6mg4FQWDQ",
    };
    struct text claims;
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        test_note("token %zu", i);
        CHECK(!token_verify(arena, keyring, text_from(tokens[i]), &claims));
    }
    CHECK(!token_verify(arena, keyring, TEXT(""), &claims));
    CHECK(!token_verify(arena, keyring, TEXT("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."), &claims));
}

TEST(the_key_set_tells_the_public_half)
{
    ARENA;
    RING;
    CHECK(text_is(token_key_set(arena, keyring),
                  "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"alg\":\"EdDSA\",\"use\":\"sig\",\"kid\":"
                  "\"rfc8032\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}"));
}

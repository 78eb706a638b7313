/* Numbers, equality and writing. */
#include "test.h"
#include "json/json.h"
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct json number(const char *text)
{
    return (struct json){ .kind = JSON_NUMBER, .text = text_from(text) };
}

TEST(numbers_become_integers_where_they_are_whole)
{
    static const struct {
        const char *text;
        int64_t integer;
    } cases[] = {
        { "0", 0 },
        { "-0", 0 },
        { "0.000", 0 },
        { "0e99", 0 },
        { "12", 12 },
        { "-12", -12 },
        { "1.0", 1 },
        { "1e2", 100 },
        { "1.5e1", 15 },
        { "1200e-2", 12 },
        { "0.0012E+4", 12 },
        { "9223372036854775807", INT64_MAX },
        { "-9223372036854775808", INT64_MIN },
        { "9223372036854775807.000", INT64_MAX },
        { "1e18", INT64_C(1'000'000'000'000'000'000) },
        { "1e+0000000000000000002", 100 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t integer = 7;
        struct json json = number(cases[i].text);
        test_note("%s", cases[i].text);
        CHECK(json_integer(&json, &integer) && integer == cases[i].integer);
    }
    static const char *const refused[] = {
        "0.5",   "1e-1",   "9223372036854775808", "-9223372036854775809",   "1e19",
        "1e308", "1e-308", "1.0000000001",        "1e99999999999999999999", "1e-99999999999999999999"
    };
    for (size_t i = 0; i < COUNT(refused); i++) {
        int64_t integer = 7;
        struct json json = number(refused[i]);
        test_note("%s", refused[i]);
        CHECK(!json_integer(&json, &integer) && integer == 7);
    }
    CHECK(!json_integer(&(struct json){ .kind = JSON_TEXT, .text = TEXT("1") }, &(int64_t){ 0 }));
}

TEST(numbers_are_scaled_exactly)
{
    int64_t scaled;
    CHECK(json_scaled(&(struct json){ .kind = JSON_NUMBER, .text = TEXT("1.5") }, 3, &scaled)
          && scaled == 1500);
    CHECK(json_scaled(&(struct json){ .kind = JSON_NUMBER, .text = TEXT("-0.001") }, 3, &scaled)
          && scaled == -1);
    CHECK(json_scaled(&(struct json){ .kind = JSON_NUMBER, .text = TEXT("1e-3") }, 3, &scaled)
          && scaled == 1);
    CHECK(json_scaled(&(struct json){ .kind = JSON_NUMBER, .text = TEXT("0.10") }, 1, &scaled)
          && scaled == 1);
    CHECK(!json_scaled(&(struct json){ .kind = JSON_NUMBER, .text = TEXT("0.0001") }, 3, &scaled));
    CHECK(!json_scaled(&(struct json){ .kind = JSON_NUMBER, .text = TEXT("9223372036854775.808") }, 3,
                       &scaled));
    CHECK(json_scaled(&(struct json){ .kind = JSON_NUMBER, .text = TEXT("9223372036854775.807") }, 3, &scaled)
          && scaled == INT64_MAX);
}

TEST(scaled_numbers_are_written_short)
{
    static const struct {
        int64_t scaled;
        int places;
        const char *text;
    } cases[] = {
        { 1500, 3, "1.5" },
        { 1000, 3, "1" },
        { 1, 3, "0.001" },
        { -1, 3, "-0.001" },
        { 0, 3, "0" },
        { 12, 0, "12" },
        { 100, 0, "100" },
        { -1050, 2, "-10.5" },
        { INT64_MIN, 3, "-9223372036854775.808" },
        { INT64_MAX, 0, "9223372036854775807" },
    };
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buffer buffer = { .arena = arena };
        json_add_scaled(&buffer, cases[i].scaled, cases[i].places);
        test_note("%s, %.*s", cases[i].text, TEXT_ARG(buffer.text));
        CHECK(text_is(buffer.text, cases[i].text));
    }
    for (int i = 0; i < 2000; i++) {
        struct buffer buffer = { .arena = arena };
        int64_t scaled = (int64_t)(test_random() >> test_random_below(64)), again;
        int places = (int)test_random_below(7);
        json_add_scaled(&buffer, scaled, places);
        test_note("%.*s", TEXT_ARG(buffer.text));
        CHECK(json_scaled(&(struct json){ .kind = JSON_NUMBER, .text = buffer.text }, places, &again)
              && again == scaled);
    }
}

TEST(documents_are_equal_whatever_the_order_of_members)
{
    static const struct {
        const char *a, *b;
        bool equal;
    } cases[] = {
        { "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true },
        { "{\"a\":1,\"b\":2}", "{\"b\":1,\"a\":2}", false },
        { "{\"a\":1}", "{\"a\":1,\"b\":2}", false },
        { "{\"a\":1}", "{\"b\":1}", false },
        { "{\"a\":null}", "{\"b\":null}", false },
        { "[1,2]", "[2,1]", false },
        { "[1,2]", "[1,2]", true },
        { "[]", "{}", false },
        { "[]", "[1]", false },
        { "100", "1e2", true },
        { "1.0", "1", true },
        { "1.5", "1.6", false },
        { "1", "\"1\"", false },
        { "\"\\u0061\"", "\"a\"", true },
        { "\"a\"", "\"b\"", false },
        { "true", "false", false },
        { "null", "null", true },
        { "null", "false", false },
    };
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json a, b;
        test_note("%s and %s", cases[i].a, cases[i].b);
        CHECK(json_read(text_from(cases[i].a), arena, &a, &(struct error){}));
        CHECK(json_read(text_from(cases[i].b), arena, &b, &(struct error){}));
        CHECK(json_equal(&a, &b) == cases[i].equal && json_equal(&b, &a) == cases[i].equal);
    }
}

TEST(text_is_escaped_for_a_page)
{
    static const struct {
        const char *text, *written;
    } cases[] = {
        { "", "\"\"" },
        { "a\"b\\c", "\"a\\\"b\\\\c\"" },
        { "\b\f\n\r\t\v\x1f", "\"\\b\\f\\n\\r\\t\\u000b\\u001f\"" },
        { "</script>", "\"\\u003c/script>\"" },
        { "<!--", "\"\\u003c!--\"" },
        { "a < b <", "\"a < b <\"" },
        { "1234567</", "\"1234567\\u003c/\"" },
        { "\u2028x\u2029", "\"\\u2028x\\u2029\"" },
        { "\u2027\u202a\u20ac", "\"\u2027\u202a\u20ac\"" },
        { "\xc3\xb1\xf0\x9f\x98\x80\x7f", "\"\xc3\xb1\xf0\x9f\x98\x80\x7f\"" },
    };
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buffer buffer = { .arena = arena };
        json_add_text(&buffer, text_from(cases[i].text));
        test_note("%.*s", TEXT_ARG(buffer.text));
        CHECK(text_is(buffer.text, cases[i].written));
    }
}

TEST(names_have_their_commas)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct buffer buffer = { .arena = arena };
    buffer_add_byte(&buffer, '{');
    json_add_name(&buffer, TEXT("a"));
    buffer_add(&buffer, TEXT("{"));
    json_add_name(&buffer, TEXT("b\n"));
    json_add_text(&buffer, TEXT("{"));
    json_add_name(&buffer, TEXT("c"));
    buffer_add(&buffer, TEXT("1}"));
    json_add_name(&buffer, TEXT("d"));
    buffer_add(&buffer, TEXT("2}"));
    CHECK(text_is(buffer.text, "{\"a\":{\"b\\n\":\"{\",\"c\":1},\"d\":2}"));
}

/* A random text of all that is special to either side. */
static struct text random_text(struct arena *arena)
{
    static const char *const parts[] = { "a",
                                         "\"",
                                         "\\",
                                         "/",
                                         "<",
                                         "</",
                                         "\n",
                                         "\x01",
                                         "\u00f1",
                                         "\u2028",
                                         "\u20ac",
                                         "\U0001f600",
                                         "plain text",
                                         "\x7f",
                                         "{",
                                         "}",
                                         "0123456789abcdef" };
    struct buffer buffer = { .arena = arena };
    for (uint64_t i = test_random_below(8); i > 0; i--)
        buffer_add(&buffer, text_from(parts[test_random_below(COUNT(parts))]));
    return buffer.text;
}

static struct json random_json(struct arena *arena, int depth)
{
    struct json json = { .kind = (enum json_kind)test_random_below(depth > 0 ? 6 : 4) };
    switch (json.kind) {
    case JSON_NULL: break;
    case JSON_BOOLEAN: json.boolean = test_random_below(2); break;
    case JSON_TEXT: json.text = random_text(arena); break;
    case JSON_NUMBER:
        json.text = arena_format(arena, test_random_below(2) ? "%d" : "%d.25e-3",
                                 (int)test_random_below(2000) - 1000);
        break;
    case JSON_ARRAY: {
        json.count = test_random_below(5);
        struct json *items = arena_array(arena, struct json, json.count);
        for (size_t i = 0; i < json.count; i++)
            items[i] = random_json(arena, depth - 1);
        json.items = items;
        break;
    }
    case JSON_OBJECT: {
        json.count = test_random_below(40);
        struct json_member *members = arena_array(arena, struct json_member, json.count);
        for (size_t i = 0; i < json.count; i++) {
            struct text text = random_text(arena);
            members[i].name = arena_format(arena, "%zu%.*s", i, TEXT_ARG(text));
            members[i].value = random_json(arena, depth - 2);
        }
        json.members = members;
        break;
    }
    }
    return json;
}

TEST(what_is_written_reads_back_as_the_same)
{
    for (int i = 0; i < 300; i++) {
        [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
        struct json json = random_json(arena, 4), again = {};
        struct buffer buffer = { .arena = arena };
        struct error error = {};
        json_add(&buffer, &json);
        bool read = json_read(buffer.text, arena, &again, &error);
        test_note("%s %.100s", error.about, buffer.data);
        CHECK(read && json_equal(&json, &again));
        CHECK(!text_contains(buffer.text, TEXT("</")));
    }
}

TEST(a_number_is_plain_where_its_digits_fit_without_the_exponent)
{
    static const struct {
        const char *text;
        bool plain;
    } cases[] = {
        { "1e20", true },
        { "2.5e-7", true },
        { "[1,{\"a\":1e61}]", true },
        { "1e62", false },
        { "1e-300", false },
        { "-1E300", false },
        { "[[],{\"a\":[1e99]}]", false },
        { "\"1e300\"", true },
        { "1234567890123456789012345678901234567890123456789012345678901234", true },
    };
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json json;
        test_note("%s", cases[i].text);
        CHECK(json_read(text_from(cases[i].text), arena, &json, &(struct error){}));
        CHECK(json_is_plain(&json) == cases[i].plain);
    }
}

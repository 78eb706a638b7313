/* What the reader takes and refuses, and what the writer writes. */
#include "test.h"
#include "json/json.h"
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct json read_or_fail(struct arena *arena, struct text text)
{
    struct json json = {};
    struct error error = {};
    if (!json_read(text, arena, &json, &error))
        test_failed(__FILE__, __LINE__, error.about);
    return json;
}

static struct text write(struct arena *arena, const struct json *json)
{
    struct buffer buffer = { .arena = arena };
    json_add(&buffer, json);
    return buffer.text;
}

TEST(what_is_json_is_read_and_written_back)
{
    static const struct {
        const char *text, *written; /* NULL: as it was */
    } cases[] = {
        { "[]", NULL },
        { "{}", NULL },
        { " [ ] ", "[]" },
        { "\t{\r\n} ", "{}" },
        { "null", NULL },
        { "true", NULL },
        { "false", NULL },
        { "0", NULL },
        { "-0", NULL },
        { "-0.0", NULL },
        { "1e5", NULL },
        { "1E+05", NULL },
        { "0e0", NULL },
        { "1.5e-300", NULL },
        { "123456789012345678901234567890", NULL },
        { "1e308", NULL },
        { "1e-400", NULL },
        { "\"\"", NULL },
        { "\"a\"", NULL },
        { "[1,2,3]", NULL },
        { "[[[[]]],{}]", NULL },
        { "{\"a\":1,\"b\":[{\"c\":null}]}", NULL },
        { "{\"\":0}", NULL },
        { "{\"a\":{\"a\":{\"a\":1}}}", NULL },
        { "\"\xc3\xb1\"", NULL },
        { "\"\\u00f1\"", "\"\xc3\xb1\"" },
        { "\"\\u00F1\"", "\"\xc3\xb1\"" },
        { "\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"" },
        { "\"\\uFFFF\"", "\"\xef\xbf\xbf\"" },
        { "\"\\u20ac\"", "\"\xe2\x82\xac\"" },
        { "\"\\u0041\\u007f\"", "\"A\x7f\"" },
        { "\"\\/\"", "\"/\"" },
        { "\"\\\"\\\\\\b\\f\\n\\r\\t\"", NULL },
        { "\"\\u001f\"", NULL },
        { "\"\\u0001x\"", NULL },
        { "\"\xf4\x8f\xbf\xbf\"", NULL },
        { "\"\\uDBFF\\uDFFF\"", "\"\xf4\x8f\xbf\xbf\"" },
        { "{\"a\\u0062\":1}", "{\"ab\":1}" },
        { "\"0123456789abcdef\\n0123456789\"", NULL },
    };
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    for (size_t i = 0; i < COUNT(cases); i++) {
        test_note("%s", cases[i].text);
        struct json json = read_or_fail(arena, text_from(cases[i].text));
        CHECK(text_is(write(arena, &json), cases[i].written ? cases[i].written : cases[i].text));
    }
}

TEST(what_is_not_json_is_refused)
{
    static const char *const refused[] = {
        /* structure */
        "",
        " ",
        "[",
        "]",
        "{",
        "}",
        "[}",
        "{]",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1,,2]",
        "[1}",
        "[]]",
        "[] []",
        "{}x",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{,}",
        "{\"a\" 1}",
        "{\"a\"::1}",
        "{a:1}",
        "{'a':1}",
        "{1:1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\"}",
        "{\"a\":}",
        "{null:1}",
        "{[]:1}",
        ":",
        ",",
        "1,",
        "// x\n1",
        "/**/1",
        "1 #",
        "[1;2]",
        /* words */
        "nul",
        "nulll",
        "Null",
        "TRUE",
        "tru",
        "truee",
        "fals",
        "undefined",
        "NaN",
        "Infinity",
        "-Infinity",
        "True",
        "t",
        "n",
        /* numbers */
        "-",
        "+1",
        "01",
        "-01",
        "00",
        ".5",
        "-.5",
        "5.",
        "1.e1",
        "1e",
        "1e+",
        "1E-",
        "0x1",
        "1_000",
        "1 000",
        "--1",
        "1.2.3",
        "1e1.5",
        "1ee1",
        "\xef\xbc\x91",
        "1e309",
        "-1e309",
        "1e999999999999999999999",
        "1a",
        "0e",
        "-x",
        "12345678901234567890123456789012345678901234567890123456789012345",
        /* texts */
        "\"",
        "\"a",
        "'a'",
        "\"\\\"",
        "\"\\",
        "\"\\x\"",
        "\"\\a\"",
        "\"\\u\"",
        "\"\\u12\"",
        "\"\\u123\"",
        "\"\\u123g\"",
        "\"\\U0041\"",
        "\"\\u 041\"",
        "\"\\u+041\"",
        "\"\n\"",
        "\"\t\"",
        "\"\x1f\"",
        "\"\x01\"",
        "\"0123456789\x07\"",
        "\"\\\n\"",
        "\"\\\xc3\xb1\"",
        "\"\\u0000\"",
        "\"a\\u0000b\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\ud800\"",
        "\"\\ud800x\"",
        "\"\\ud800\\n\"",
        "\"\\udc00\\ud800\"",
        "\"\\ud83d\\u0041\"",
        "\"\\ud83d\\u\"",
        "\"\\ud83d\\",
        /* bytes */
        "\xef\xbb\xbf{}",
        "\"\x80\"",
        "\"\xc3\"",
        "\"\xc0\x80\"",
        "\"\xed\xa0\x80\"",
        "\"\xf5\x80\x80\x80\"",
        "\"\xff\"",
        "\"01234567\xff\"",
        "{\"\xc3\":1}",
        "\xa0[]",
        "[\x0b]",
        "[\f]",
        "\xff",
        /* names */
        "{\"a\":1,\"a\":1}",
        "{\"a\":1,\"b\":2,\"a\":3}",
        "{\"a\":1,\"\\u0061\":2}",
        "{\"\":1,\"\":2}",
        "[{\"x\":{\"y\":1,\"y\":2}}]",
    };
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct json json = { .kind = JSON_TEXT };
        struct error error = {};
        test_note("%s", refused[i]);
        CHECK(!json_read(text_from(refused[i]), arena, &json, &error));
        CHECK(error.code == ERROR_malformed_json && strstr(error.about, " at line "));
        CHECK(json.kind == JSON_TEXT);
    }
}

TEST(a_nul_byte_is_refused_anywhere)
{
    static const struct text refused[] = { TEXT_CONSTANT("\0"), TEXT_CONSTANT("1\0"), TEXT_CONSTANT("[\0]"),
                                           TEXT_CONSTANT("\"\0\""), TEXT_CONSTANT("\"\\\0\"") };
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct json json;
        test_note("%zu", i);
        CHECK(!json_read(refused[i], arena, &json, &(struct error){}));
    }
    struct json json;
    CHECK(!json_read((struct text){}, arena, &json, &(struct error){}));
}

TEST(an_error_tells_what_and_where)
{
    static const struct {
        const char *text, *about;
    } cases[] = {
        { "", "it ends too early at line 1, column 1" },
        { "[1,\n 2,\n x]", "a value is expected at line 3, column 2" },
        { "{\"a\":1,\n\"b\" 2}", "a colon is expected at line 2, column 5" },
        { "{\"a\":1 x}", "a comma or } is expected at line 1, column 8" },
        { "[1 x]", "a comma or ] is expected at line 1, column 4" },
        { "[1", "it ends too early at line 1, column 3" },
        { "{x}", "a name in quotes is expected at line 1, column 2" },
        { "\"\xc3\xb1\xc3\xb1\" x", "something follows the value at line 1, column 6" },
        { "[\"ab]", "the text has no end at line 1, column 2" },
        { "[\"a\n\"]", "a control character must be escaped at line 1, column 4" },
        { "[\"a\\q\"]", "there is no such escape at line 1, column 4" },
        { "[\"a\\u12\"]", "\\u wants four hexadecimal digits at line 1, column 4" },
        { "[\"a\\u0000\"]", "U+0000 is not accepted at line 1, column 4" },
        { "[\"a\\ud800\"]", "a surrogate stands alone at line 1, column 4" },
        { "[\"\xff\"]", "the text is not UTF-8 at line 1, column 2" },
        { "[1, 1e999]", "the number is out of range at line 1, column 5" },
        { "[1, 007]", "a number does not begin with 0 at line 1, column 5" },
        { "[1, 1.]", "a digit is expected at line 1, column 7" },
        { "{\"a\":1,\n \"b\":2, \"a\":3}", "the member \"a\" is given twice at line 2, column 9" },
    };
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json json;
        struct error error = {};
        CHECK(!json_read(text_from(cases[i].text), arena, &json, &error));
        test_note("%s: %s", cases[i].text, error.about);
        CHECK(strcmp(error.about, cases[i].about) == 0);
    }
}

TEST(it_is_nested_up_to_the_limit)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct json json;
    struct error error = {};
    for (int depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
        struct buffer buffer = { .arena = arena };
        for (int i = 0; i < depth; i++)
            buffer_add(&buffer, i % 2 ? TEXT("[") : TEXT("{\"a\":"));
        buffer_add_byte(&buffer, '1');
        for (int i = depth - 1; i >= 0; i--)
            buffer_add_byte(&buffer, i % 2 ? ']' : '}');
        CHECK(json_read(buffer.text, arena, &json, &error) == (depth == JSON_DEPTH_MAX));
    }
    CHECK(strstr(error.about, "nested too deeply"));
    /* Depth is what is open at once, not what was opened. */
    CHECK(json_read(
        TEXT("[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],"
             "[],[],[],[]]"),
        arena, &json, &error));
}

/* {"n0":0,"n1":1,…}, with one name again where `twice` says. */
static struct text many_members(struct arena *arena, int count, int twice)
{
    struct buffer buffer = { .arena = arena };
    buffer_add_byte(&buffer, '{');
    for (int i = 0; i < count; i++)
        buffer_print(&buffer, "%s\"n%d\":%d", i ? "," : "", i == count - 1 && twice >= 0 ? twice : i, i);
    buffer_add_byte(&buffer, '}');
    return buffer.text;
}

TEST(a_name_given_twice_is_found_among_few_and_many)
{
    static const int counts[] = { 2, 24, 64, 65, 1000 };
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    for (size_t i = 0; i < COUNT(counts); i++) {
        int count = counts[i];
        struct error error = {};
        struct json json = read_or_fail(arena, many_members(arena, count, -1));
        test_note("%d members", count);
        CHECK(json.count == (size_t)count
              && text_is(json.members[count - 1].value.text, arena_format(arena, "%d", count - 1).data));

        struct text twice = many_members(arena, count, count / 2 - 1);
        CHECK(!json_read(twice, arena, &json, &error));
        size_t place = twice.length;
        while (twice.data[place - 1] != ',')
            place--;
        const char *about = arena_format(arena, "the member \"n%d\" is given twice at line 1, column %zu",
                                         count / 2 - 1, place + 1)
                                .data;
        CHECK(strcmp(error.about, about) == 0);
    }
}

TEST(a_document_has_a_limit_of_values)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    for (int more = 0; more < 2; more++) {
        struct buffer buffer = { .arena = arena };
        buffer_add(&buffer, TEXT("[0"));
        for (int i = 2; i < JSON_VALUES_MAX + more; i++)
            buffer_add(&buffer, TEXT(",0"));
        buffer_add_byte(&buffer, ']');
        struct json json;
        CHECK(json_read(buffer.text, arena, &json, &(struct error){}) == !more);
    }
}

TEST(text_without_escapes_is_borrowed)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct text text = TEXT("{\"name\":\"value\"}");
    struct json json = read_or_fail(arena, text);
    CHECK(json.members[0].name.data == text.data + 2);
    CHECK(json.members[0].value.text.data == text.data + 9);
}

TEST(members_are_found_by_name)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct json json = read_or_fail(arena, TEXT("{\"a\":1,\"b\":{\"c\":[true]}}"));
    const struct json *b = json_member(&json, TEXT("b"));
    CHECK(b && json_member(b, TEXT("c"))->items[0].boolean);
    CHECK(!json_member(&json, TEXT("c")));
    CHECK(!json_member(json_member(b, TEXT("c")), TEXT("c")));
}

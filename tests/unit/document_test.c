/* Bodies: what every type takes and refuses. */
#include "desk.h"
#include "record/document.h"
#include "test.h"
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct text color_texts[] = { TEXT_CONSTANT("red"), TEXT_CONSTANT("green") };
static const struct choices colors = { 2, color_texts };

static const struct column line_columns[] = {
    { .name = "label", .type = TYPE_text, .is = REQUIRED, .max = 10 },
    { .name = "amount", .type = TYPE_money },
};
static const struct table lines = {
    .name = "lines", .columns = line_columns, .width = COUNT(line_columns), .is = SHAPE
};

/* A column of each type, in the order of the types. */
static const struct column type_columns[] = {
    { .name = "uuid", .type = TYPE_uuid },
    { .name = "reference", .type = TYPE_reference },
    { .name = "text", .type = TYPE_text, .min = 2, .max = 5 },
    { .name = "long", .type = TYPE_text, .max = 400 },
    { .name = "slug", .type = TYPE_slug },
    { .name = "email", .type = TYPE_email },
    { .name = "url", .type = TYPE_url },
    { .name = "domain", .type = TYPE_domain },
    { .name = "address", .type = TYPE_address },
    { .name = "hash", .type = TYPE_hash },
    { .name = "choice", .type = TYPE_choice, .choices = &colors },
    { .name = "integer", .type = TYPE_integer, .min = -5, .max = 15 },
    { .name = "money", .type = TYPE_money },
    { .name = "gigabytes", .type = TYPE_gigabytes, .max = 20'500 },
    { .name = "boolean", .type = TYPE_boolean },
    { .name = "timestamp", .type = TYPE_timestamp },
    { .name = "date", .type = TYPE_date },
    { .name = "currency", .type = TYPE_currency },
    { .name = "country", .type = TYPE_country },
    { .name = "zone", .type = TYPE_zone },
    { .name = "language", .type = TYPE_language },
    { .name = "texts", .type = TYPE_texts, .min = 1, .max = 3 },
    { .name = "object", .type = TYPE_object, .max = 20 },
    { .name = "rows", .type = TYPE_rows, .max = 2, .shape = &lines },
    { .name = "any", .type = TYPE_any },
};
static const struct table every_type = { .name = "every_type",
                                         .columns = type_columns,
                                         .width = COUNT(type_columns) };

static bool read_body(struct arena *arena, const struct table *table, const char *body, enum action action,
                      enum role writer, struct value *cells, struct error *error)
{
    struct json json;
    error_clear(error);
    if (!json_read(text_from(body), arena, &json, error)) {
        test_failed(__FILE__, __LINE__, body);
        return false;
    }
    return document_read(table, &json, action, writer, arena, cells, error);
}

/* The body reads, and its only member is written as `written` says. */
TEST(each_type_is_read_and_written)
{
    static const struct {
        const char *body, *written; /* NULL: as it came */
    } cases[] = {
        { "{\"uuid\":\"0190a2b4-0000-7000-8000-00000000abcd\"}", NULL },
        { "{\"reference\":\"0190a2b4-0000-7000-8000-00000000abcd\"}", NULL },
        { "{\"text\":\"\u00f1\u00f1\u00f1\u00f1\u00f1\"}", NULL },
        { "{\"text\":\"ab\"}", NULL },
        { "{\"long\":\"a\\n\\tb\"}", NULL },
        { "{\"slug\":\"acme-2\"}", NULL },
        { "{\"email\":\"Ana.Ruiz@Example.COM\"}", "{\"email\":\"ana.ruiz@example.com\"}" },
        { "{\"url\":\"https://example.com/A?b=c\"}", NULL },
        { "{\"domain\":\"App.Example.com\"}", "{\"domain\":\"app.example.com\"}" },
        { "{\"address\":\"2001:db8::1\"}", NULL },
        { "{\"hash\":\"abc\"}", NULL },
        { "{\"choice\":\"green\"}", NULL },
        { "{\"integer\":-5}", NULL },
        { "{\"integer\":1.5e1}", "{\"integer\":15}" },
        { "{\"money\":9007199254740991}", NULL },
        { "{\"gigabytes\":20.5}", NULL },
        { "{\"gigabytes\":0.001}", NULL },
        { "{\"gigabytes\":1.000}", "{\"gigabytes\":1}" },
        { "{\"boolean\":false}", NULL },
        { "{\"timestamp\":\"2026-01-31T08:15:00-05:00\"}", "{\"timestamp\":\"2026-01-31T13:15:00.000Z\"}" },
        { "{\"date\":\"2024-02-29\"}", NULL },
        { "{\"currency\":\"COP\"}", NULL },
        { "{\"country\":\"CO\"}", NULL },
        { "{\"zone\":\"America/Bogota\"}", NULL },
        { "{\"language\":\"es\"}", NULL },
        { "{\"texts\":[\"a\", \"b\"]}", "{\"texts\":[\"a\",\"b\"]}" },
        { "{\"object\":{\"a\":[1,null]}}", NULL },
        { "{\"rows\":[{\"amount\":5,\"label\":\"x\"},{\"label\":\"y\"}]}",
          "{\"rows\":[{\"label\":\"x\",\"amount\":5},{\"label\":\"y\",\"amount\":null}]}" },
        { "{\"rows\":[]}", NULL },
        { "{\"any\":[1,\"a\",{}]}", NULL },
        { "{\"any\":false}", NULL },
        { "{\"any\":\"a\"}", NULL },
        { "{\"text\":null}", NULL },
        { "{}", NULL },
    };
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct value *cells = record_new(arena, &every_type);
        struct error error = {};
        struct buffer written = { .arena = arena };
        bool read = read_body(arena, &every_type, cases[i].body, UPDATE, SUPER_ADMIN, cells, &error);
        struct column_set given = {};
        for (size_t column = 0; column < every_type.width; column++)
            if (cells[column].kind != VALUE_ABSENT)
                column_set_add(&given, column);
        document_write(&written, &every_type, cells, &given);
        test_note("%s: %s %s", cases[i].body, written.data, faults_told(arena, &error));
        CHECK(read && text_is(written.text, cases[i].written ? cases[i].written : cases[i].body));
    }
}

TEST(each_type_refuses_what_it_is_not)
{
    static const struct {
        const char *body, *told;
    } cases[] = {
        { "{\"uuid\":\"0190A2B4-0000-7000-8000-00000000abcd\"}", "/uuid malformed" },
        { "{\"uuid\":\"\"}", "/uuid malformed" },
        { "{\"reference\":7}", "/reference wrong_type a UUID in lower case" },
        { "{\"text\":\"a\"}", "/text too_short 2" },
        { "{\"text\":\"    \"}", "/text blank" },
        { "{\"text\":\"abcdef\"}", "/text too_long 5" },
        { "{\"text\":true}", "/text wrong_type a text" },
        { "{\"text\":\"a\\nb\"}", "/text control_character" },
        { "{\"text\":\"a\\u007fb\"}", "/text control_character" },
        { "{\"text\":\"a\\u0085b\"}", "/text control_character" },
        { "{\"long\":\"a\\rb\"}", "/long control_character" },
        { "{\"long\":\"a\\u001bb\"}", "/long control_character" },
        { "{\"slug\":\"ab\"}", "/slug too_short 3" },
        { "{\"slug\":\"A b\"}", "/slug malformed" },
        { "{\"email\":\" ana@example.com\"}", "/email malformed" },
        { "{\"email\":\"ana\"}", "/email malformed" },
        { "{\"url\":\"javascript:alert(1)\"}", "/url malformed" },
        { "{\"domain\":\"example\"}", "/domain malformed" },
        { "{\"address\":\"1.2.3.256\"}", "/address malformed" },
        { "{\"hash\":\"\"}", "/hash too_short 1" },
        { "{\"choice\":\"blue\"}", "/choice not_a_choice red, green" },
        { "{\"integer\":-6}", "/integer too_small -5" },
        { "{\"integer\":16}", "/integer too_large 15" },
        { "{\"integer\":1.5}", "/integer wrong_type a whole number" },
        { "{\"integer\":1e30}", "/integer wrong_type a whole number" },
        { "{\"integer\":\"1\"}", "/integer wrong_type a whole number" },
        { "{\"money\":-1}", "/money too_small 0" },
        { "{\"money\":9007199254740992}", "/money too_large 9007199254740991" },
        { "{\"gigabytes\":20.501}", "/gigabytes too_large 20.5" },
        { "{\"gigabytes\":0.0001}", "/gigabytes wrong_type a number with at most three decimals" },
        { "{\"boolean\":1}", "/boolean wrong_type true or false" },
        { "{\"boolean\":\"true\"}", "/boolean wrong_type true or false" },
        { "{\"timestamp\":\"2026-01-31\"}", "/timestamp malformed" },
        { "{\"timestamp\":1769847300000}", "/timestamp wrong_type a time as RFC 3339 writes it" },
        { "{\"date\":\"2026-02-29\"}", "/date malformed" },
        { "{\"currency\":\"cop\"}", "/currency malformed" },
        { "{\"country\":\"XX\"}", "/country malformed" },
        { "{\"zone\":\"../etc/passwd\"}", "/zone malformed" },
        { "{\"language\":\"fr\"}", "/language malformed" },
        { "{\"texts\":\"a\"}", "/texts wrong_type a list of texts" },
        { "{\"texts\":[]}", "/texts too_short 1" },
        { "{\"texts\":[\"a\",\"b\",\"c\",\"d\"]}", "/texts too_many 3" },
        { "{\"texts\":[\"a\",1,\"\"]}", "/texts/1 wrong_type a text; /texts/2 too_short 1" },
        { "{\"object\":[]}", "/object wrong_type an object" },
        { "{\"object\":{\"a\":\"0123456789012\"}}", "/object too_long 20 bytes" },
        { "{\"rows\":{}}", "/rows wrong_type a list of objects" },
        { "{\"rows\":[{\"label\":\"x\"},{\"label\":\"y\"},{\"label\":\"z\"}]}", "/rows too_many 2" },
        { "{\"rows\":[{\"label\":\"01234567890\",\"amount\":\"1\"},{\"x\":1}]}",
          "/rows/0/label too_long 10; /rows/0/amount wrong_type a whole number of minor units; "
          "/rows/1/x unknown_member; /rows/1/label required" },
        { "{\"rows\":[7]}", "/rows/0 wrong_type an object" },
    };
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct value *cells = record_new(arena, &every_type);
        struct error error;
        bool read = read_body(arena, &every_type, cases[i].body, UPDATE, SUPER_ADMIN, cells, &error);
        test_note("%s: %s", cases[i].body, faults_told(arena, &error));
        CHECK(!read && error.code == ERROR_invalid_body);
        CHECK(strcmp(faults_told(arena, &error), cases[i].told) == 0);
        for (size_t column = 0; column < every_type.width; column++)
            CHECK(cells[column].kind == VALUE_ABSENT);
    }
}

TEST(values_are_read_from_a_query_string)
{
    static const struct {
        enum type_id type;
        const char *text;
        struct value value;
    } cases[] = {
        { TYPE_boolean, "true", { .kind = VALUE_BOOLEAN, .boolean = true } },
        { TYPE_boolean, "false", { .kind = VALUE_BOOLEAN } },
        { TYPE_integer, "-12", { .kind = VALUE_INTEGER, .integer = -12 } },
        { TYPE_gigabytes, "12.5", { .kind = VALUE_INTEGER, .integer = 12'500 } },
        { TYPE_gigabytes, "12", { .kind = VALUE_INTEGER, .integer = 12'000 } },
        { TYPE_timestamp, "1970-01-01T00:00:01Z", { .kind = VALUE_TIME, .integer = 1000 } },
        { TYPE_date, "2026-01-31", { .kind = VALUE_TEXT, .text = TEXT_CONSTANT("2026-01-31") } },
        { TYPE_text, "", { .kind = VALUE_TEXT } },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct column column = { .type = cases[i].type };
        struct value value;
        test_note("%s", cases[i].text);
        CHECK(column_read_text(&column, text_from(cases[i].text), &value)
              && value_equal(value, cases[i].value));
    }
    static const struct {
        enum type_id type;
        const char *text;
    } refused[] = {
        { TYPE_boolean, "1" },        { TYPE_boolean, "" },       { TYPE_integer, "" },
        { TYPE_integer, "1.5" },      { TYPE_integer, "1e2" },    { TYPE_integer, "x" },
        { TYPE_gigabytes, "1." },     { TYPE_gigabytes, ".5" },   { TYPE_gigabytes, "1.2.3" },
        { TYPE_gigabytes, "1.0001" }, { TYPE_gigabytes, "1.-5" }, { TYPE_timestamp, "2026-01-31" },
        { TYPE_date, "2026-02-30" },  { TYPE_uuid, "x" },         { TYPE_email, "x" },
    };
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct column column = { .type = refused[i].type };
        test_note("%s", refused[i].text);
        CHECK(!column_read_text(&column, text_from(refused[i].text), &(struct value){}));
    }
    struct column choice = { .type = TYPE_choice, .choices = &colors };
    CHECK(column_read_text(&choice, TEXT("red"), &(struct value){}));
    CHECK(!column_read_text(&choice, TEXT("blue"), &(struct value){}));
}

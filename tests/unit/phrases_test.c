#include "api/phrases.h"
#include "model/model.h"
#include "test.h"
#include "json/json.h"

static bool is_translated(struct arena *arena, const char *english)
{
    test_note("%s", english);
    return !text_is(phrase_in_spanish(arena, text_from(english)), english);
}

TEST(every_type_and_every_rule_of_the_model_has_its_spanish_words)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    for (size_t i = 0; i < TYPE_COUNT; i++)
        CHECK(is_translated(arena, types[i].article));
    for (const struct table *const *table = all_tables; *table; table++) {
        CHECK(!(*table)->changed_if[0].sql || is_translated(arena, (*table)->changed_says));
        for (const struct constraint *rule = (*table)->constraints; rule->name; rule++)
            CHECK(is_translated(arena, rule->says));
    }
}

TEST(what_the_reader_of_json_says_is_told_in_spanish_with_its_place)
{
    static const char *const broken[] = {
        "",        "{",         "[1",       "[1 2]",       "{\"a\" 1}", "{\"a\":1 \"b\":2}",
        "{a}",     "01",        "1.",       "1e999",       "\"a",       "\"\n\"",
        "\"\\x\"", "\"\\u12\"", "\"\xff\"", "\"\\ud800\"", "1 2",       "\"\\u0000\"",
    };
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct json json;
        struct error error = {};
        CHECK(!json_read(text_from(broken[i]), arena, &json, &error));
        struct text spanish = phrase_in_spanish(arena, text_from(error.about));
        test_note("%s: %.*s", error.about, TEXT_ARG(spanish));
        CHECK(text_contains(spanish, TEXT(" en la línea 1, columna "))
              || text_contains(spanish, TEXT("línea 2")));
        for (size_t length = 4; length < 12; length++) /* nothing of the English beginning is left */
            CHECK(!text_starts(spanish, text_slice(text_from(error.about), 0, length))
                  || error.about[0] == '\\');
    }
}

TEST(a_number_stays_before_its_unit_and_a_name_as_it_is)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    CHECK(text_is(phrase_in_spanish(arena, TEXT("15 characters")), "15 caracteres"));
    CHECK(text_is(phrase_in_spanish(arena, TEXT("65536 bytes")), "65536 bytes"));
    CHECK(text_is(phrase_in_spanish(arena, TEXT("tenant")), "tenant"));
    CHECK(text_is(phrase_in_spanish(arena, TEXT("15")), "15"));
    CHECK(text_is(phrase_in_spanish(arena, TEXT("")), ""));
}

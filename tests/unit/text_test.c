/* Texts, values, errors and ids. */
#include "base/error.h"
#include "base/random.h"
#include "base/value.h"
#include "test.h"
#include <stdlib.h>
#include <string.h>

TEST(a_text_is_cut_at_its_separators)
{
    struct text rest = TEXT("a,,b");
    CHECK(text_is(text_cut(&rest, ','), "a"));
    CHECK(text_is(text_cut(&rest, ','), ""));
    CHECK(text_is(text_cut(&rest, ','), "b"));
    CHECK(rest.length == 0);
    CHECK(text_is(text_cut(&rest, ','), ""));
}

TEST(slices_stay_within_the_text)
{
    CHECK(text_is(text_slice(TEXT("abc"), 1, 99), "bc"));
    CHECK(text_is(text_slice(TEXT("abc"), 5, 2), ""));
    CHECK(text_is(text_trim(TEXT(" \t a b \t")), "a b"));
    CHECK(text_is(text_trim(TEXT(" \t ")), ""));
}

TEST(texts_are_compared_by_bytes)
{
    CHECK(text_equal(TEXT(""), (struct text){}));
    CHECK(!text_equal(TEXT("a"), TEXT("A")));
    CHECK(text_equal_blind(TEXT("aZ9"), TEXT("Az9")));
    CHECK(!text_equal_blind(TEXT("[ab"), TEXT("{ab")));
    CHECK(text_compare(TEXT("a"), TEXT("ab")) < 0);
    CHECK(text_compare(TEXT("\xff"), TEXT("a")) > 0);
    CHECK(text_compare(TEXT("a"), TEXT("a")) == 0);
    CHECK(text_starts(TEXT("abc"), TEXT("ab")) && !text_starts(TEXT("a"), TEXT("ab")));
    CHECK(text_ends(TEXT("abc"), TEXT("bc")) && !text_ends(TEXT("c"), TEXT("bc")));
    CHECK(text_contains(TEXT("abc"), TEXT("b")) && text_contains(TEXT(""), TEXT("")));
    CHECK(!text_contains(TEXT(""), TEXT("b")));
    CHECK(text_find_byte(TEXT("abc"), 'c') == 2 && text_find_byte(TEXT("abc"), 'x') == 3);
}

TEST(integers_are_read_up_to_both_ends)
{
    int64_t integer = 7;
    CHECK(text_to_integer(TEXT("9223372036854775807"), &integer) && integer == INT64_MAX);
    CHECK(text_to_integer(TEXT("-9223372036854775808"), &integer) && integer == INT64_MIN);
    CHECK(text_to_integer(TEXT("-0"), &integer) && integer == 0);
    static const char *const refused[] = {
        "", "-", "+1", " 1", "1 ", "1.0", "0x1", "9223372036854775808", "-9223372036854775809", "1a"
    };
    integer = 7;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        test_note("%s", refused[i]);
        CHECK(!text_to_integer(text_from(refused[i]), &integer) && integer == 7);
    }
}

TEST(utf8_is_checked_as_rfc_3629_says)
{
    static const char *const accepted[] = { "",       "a",      "\x7f",   "\u00f1",     "\u0800",
                                            "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff" };
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        test_note("accepted %zu", i);
        CHECK(text_is_utf8(text_from(accepted[i])));
    }
    static const char *const refused[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc3",
        "\xc3(",
        "\xe0\x9f\xbf",
        "\xe2\x82",
        "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf0\x9f\x98",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "a\xc3\xb1\x80",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        test_note("refused %zu", i);
        CHECK(!text_is_utf8(text_from(refused[i])));
    }
    CHECK(text_count_points(TEXT("ni\u00f1o \U0001f600")) == 6);
}

TEST(values_are_equal_within_their_kind)
{
    CHECK(value_equal(value_null(), value_null()));
    CHECK(!value_equal(value_null(), (struct value){}));
    CHECK(!value_equal(value_integer(1), value_time(1)));
    CHECK(!value_equal(value_integer(1), value_integer(2)));
    CHECK(value_equal(value_string("a"), value_text(TEXT("a"))));
    CHECK(!value_equal(value_boolean(true), value_boolean(false)));
    CHECK(value_text_or_null(TEXT("")).kind == VALUE_NULL);
}

TEST(an_error_holds_its_first_faults)
{
    struct error error = {};
    CHECK(!fail_at(&error, "/name", ERROR_too_long, "%d", 200));
    CHECK(error.code == ERROR_invalid_body && error_kind(&error) == KIND_INVALID);
    CHECK(error.fault_count == 1 && error.faults[0].code == ERROR_too_long);
    CHECK(strcmp(error.faults[0].pointer, "/name") == 0 && strcmp(error.faults[0].about, "200") == 0);
    for (int i = 0; i < FAULTS_MAX * 2; i++)
        fail_at(&error, "/more", ERROR_required, "%s", "");
    CHECK(error.fault_count == FAULTS_MAX);

    error_clear(&error);
    CHECK(error.code == ERROR_none && error.fault_count == 0);
    CHECK(!fail(&error, ERROR_invalid_query, "%s", ""));
    CHECK(!fail_at(&error, "limit", ERROR_malformed_value, "%s", "a whole number"));
    CHECK(error.code == ERROR_invalid_query);
}

TEST(an_error_cuts_what_is_too_long)
{
    struct error error = {};
    char long_text[1000];
    memset(long_text, 'x', sizeof long_text);
    fail(&error, ERROR_conflict, "%.*s", (int)sizeof long_text, long_text);
    CHECK(strlen(error.about) == sizeof error.about - 1);
}

TEST(every_code_has_words_in_both_languages)
{
    for (int code = ERROR_none + 1; code < ERROR_COUNT; code++) {
        const struct error_words *words = &error_words[code];
        test_note("%s", words->code);
        CHECK(words->kind > KIND_NONE && words->kind < KIND_COUNT);
        CHECK(*words->english && *words->spanish);
        CHECK(!strstr(words->english, "{}") == !strstr(words->spanish, "{}"));
    }
}

TEST(ids_are_uuids_of_version_7_in_order_of_time)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct text before = {};
    for (int64_t time = 1; time < INT64_C(1) << 47; time = time * 3 + (int64_t)test_random_below(2)) {
        struct text id = random_uuid(arena, time);
        test_note("%.*s", TEXT_ARG(id));
        CHECK(text_is_uuid(id));
        CHECK(id.data[14] == '7' && strchr("89ab", id.data[19]));
        CHECK(text_compare(before, id) < 0);
        char *end;
        CHECK(strtoll(arena_format(arena, "%.8s%.4s", id.data, id.data + 9).data, &end, 16) == time && !*end);
        before = id;
    }
}

TEST(ids_of_one_millisecond_are_in_the_order_in_which_they_were_made)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct text before = random_uuid(arena, 5);
    for (int i = 0; i < 10'000; i++) {
        struct text id = random_uuid(arena, 5);
        CHECK(text_is_uuid(id) && id.data[14] == '7' && strchr("89ab", id.data[19]));
        CHECK(text_compare(before, id) < 0);
        before = id;
    }
}

TEST(only_lower_case_uuids_are_uuids)
{
    CHECK(text_is_uuid(TEXT("0190a2b4-0000-7000-8000-00000000abcd")));
    CHECK(!text_is_uuid(TEXT("0190A2B4-0000-7000-8000-00000000abcd")));
    CHECK(!text_is_uuid(TEXT("0190a2b4-0000-7000-8000-00000000abc")));
    CHECK(!text_is_uuid(TEXT("0190a2b4-0000-7000-8000-00000000abcg")));
    CHECK(!text_is_uuid(TEXT("0190a2b400000-7000-8000-00000000abcd")));
}

TEST(a_text_that_consists_of_some_bytes_has_no_other_and_is_not_empty)
{
    CHECK(text_consists_of(TEXT("abba"), "ab"));
    CHECK(!text_consists_of(TEXT("abc"), "ab"));
    CHECK(!text_consists_of(TEXT("a\0b"), "ab"));
    CHECK(!text_consists_of(TEXT(""), "ab"));
}

TEST(a_number_printed_and_read_is_the_same)
{
    static const int64_t numbers[] = { 0, 7, -7, 10, 1769845500123, INT64_MAX, INT64_MIN };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char digits[INTEGER_TEXT_SIZE];
        int64_t read;
        CHECK(text_to_integer(text_of_integer(numbers[i], digits), &read) && read == numbers[i]);
    }
}

/* Wherever a run of ASCII ends, what follows is looked at. */
TEST(a_stray_byte_is_found_behind_any_number_of_plain_ones)
{
    char bytes[40];
    memset(bytes, 'a', sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        CHECK(text_is_utf8((struct text){ bytes, i }));
        bytes[i] = (char)0xff;
        CHECK(!text_is_utf8((struct text){ bytes, i + 1 }) && text_is_utf8((struct text){ bytes, i }));
        bytes[i] = 'a';
    }
}

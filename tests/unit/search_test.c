/* Search folds what it compares. */
#include "record/query.h"
#include "record/search.h"
#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

TEST(search_knows_neither_case_nor_marks)
{
    static const struct {
        const char *text, *folded;
    } cases[] = {
        { "", "" },
        { "ACME S.A.S. 42", "acme s.a.s. 42" },
        { "Muñoz Ángel", "munoz angel" },
        { "n\u0303", "n" },
        { "STRASSE", "strasse" },
        { "straße", "strasse" },
        { "\uff21\uff22", "ab" },
        { "\ufb01n", "fin" },
        { "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", "\u03c3\u03b9\u03c3\u03c5\u03c6\u03bf\u03c3" },
        { "\u0130stanbul", "istanbul" },
        { "日本", "日本" },
        { "Ñ日本 ñ😀", "n日本 n😀" }, /* longer than the mark whose place it takes */
        { "n\u0303\u2028 ue", "n\u2028 ue" },
        { "😀", "😀" },
    };
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text folded = search_fold(arena, text_from(cases[i].text));
        test_note("%s: %.*s", cases[i].text, TEXT_ARG(folded));
        CHECK(text_is(folded, cases[i].folded));
    }
}

/* GLib's folding swaps the two cases of Cherokee. */
static bool is_cherokee(unsigned point)
{
    return (point >= 0x13a0 && point <= 0x13ff) || (point >= 0xab70 && point <= 0xabbf);
}

TEST(what_is_folded_stays_as_it_is)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    for (unsigned point = 1; point < 0x20000; point++) {
        char utf8[4];
        size_t length = 0;
        if ((point >= 0xd800 && point <= 0xdfff) || is_cherokee(point))
            continue;
        if (point < 0x80) {
            utf8[length++] = (char)point;
        } else {
            int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
            utf8[length++] = (char)((more == 1 ? 0xc0 : more == 2 ? 0xe0 : 0xf0) | point >> 6 * more);
            while (more-- > 0)
                utf8[length++] = (char)(0x80 | (point >> 6 * more & 0x3f));
        }
        struct text once = search_fold(arena, (struct text){ utf8, length });
        test_note("U+%04X", point);
        CHECK(text_equal(search_fold(arena, once), once) && text_is_utf8(once));
    }
}

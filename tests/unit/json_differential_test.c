/*
 * The reader beside jansson: mutated documents are taken or refused by both alike, and mean the same.
 *
 * Known differences, allowed for below: jansson refuses integers beyond int64 where we keep any number as
 * written, nests deeper than we do, and takes numbers of any length.
 */
#include "jansson_reader.h"
#include "test.h"
#include "json/json.h"
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 20'000, DOCUMENT_MAX = 400 };

static const char *const seeds[] = {
    "{\"name\":\"Acme S.A.S.\",\"max_users\":15,\"is_active\":true,\"trial_ends_at\":null}",
    "[0,-1,1.5,2e10,-3.25E-2,\"a\",[],{},[[1],[2,[3]]],{\"a\":{\"b\":[]}}]",
    "{\"a\":\"\\u00f1\\ud83d\\ude00\\n\\\"\\\\\",\"a\\u0062\":1,\"ab\":2}",
    "[\"\u00f1\u20ac\U0001f600\",{\"a\\u0062\":1,\"ab\\u0062\":2}]",
    " [ true , false ,\tnull\r\n, \"</script>\" , 1e5 , 0 ] ",
    "{\"\":\"\",\"x\":[{\"x\":1},{\"x\":2}],\"y\":{\"x\":3}}",
};

static const char interesting[] = "{}[]\",:\\/0123456789.eE+-truefalsn u\n\t\x01\x7f\x80\xc3\xb1\xed\xa0";

static size_t mutate(char *document, size_t length)
{
    for (uint64_t i = test_random_below(4) + 1; i > 0; i--) {
        size_t at = test_random_below(length + 1);
        char byte = interesting[test_random_below(sizeof interesting - 1)];
        switch (test_random_below(3)) {
        case 0:
            if (length < DOCUMENT_MAX) {
                memmove(document + at + 1, document + at, length - at);
                document[at] = byte;
                length++;
            }
            break;
        case 1:
            if (at < length)
                memmove(document + at, document + at + 1, --length - at);
            break;
        default:
            if (at < length)
                document[at] = byte;
        }
    }
    return length;
}

/* As json_equal, but numbers are what a double holds of them. */
static bool means_the_same(struct arena *arena, const struct json *a, const struct json *b)
{
    if (a->kind != b->kind || a->count != b->count)
        return false;
    if (a->kind == JSON_NUMBER)
        return strtod(arena_string(arena, a->text), NULL) == strtod(arena_string(arena, b->text), NULL);
    if (a->kind != JSON_ARRAY && a->kind != JSON_OBJECT)
        return json_equal(a, b);
    for (size_t i = 0; i < a->count; i++) {
        const struct json *x = a->kind == JSON_ARRAY ? &a->items[i] : &a->members[i].value;
        const struct json *y = a->kind == JSON_ARRAY ? &b->items[i] : json_member(b, a->members[i].name);
        if (!y || !means_the_same(arena, x, y))
            return false;
    }
    return true;
}

TEST(mutated_documents_are_read_as_jansson_reads_them)
{
    int taken = 0;
    for (int i = 0; i < ROUNDS; i++) {
        [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
        char document[DOCUMENT_MAX + 1] = {};
        const char *seed = seeds[test_random_below(sizeof seeds / sizeof *seeds)];
        strcpy(document, seed);
        size_t length = mutate(document, strlen(seed));

        struct json ours, again;
        struct error error = {};
        struct text text = { document, length };
        bool taken_by_us = json_read(text, arena, &ours, &error);
        struct jansson_reading theirs = jansson_read(arena, text);
        bool looser = !theirs.taken && text_contains(theirs.why, TEXT("too big"));
        test_note("ours: %s; jansson: %s: %.*s", taken_by_us ? "taken" : error.about,
                  theirs.taken ? "taken" : theirs.why.data, TEXT_ARG(text));
        CHECK(looser || taken_by_us == theirs.taken);
        if (taken_by_us && theirs.taken) {
            CHECK(json_read(theirs.written, arena, &again, &error) && means_the_same(arena, &ours, &again));
            taken++;
        }
    }
    test_note("%d", taken);
    CHECK(taken > ROUNDS / 20 && taken < ROUNDS);
}

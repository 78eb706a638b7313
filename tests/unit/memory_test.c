/* Arenas and buffers. */
#include "base/buffer.h"
#include "test.h"
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

static bool is_filled(const void *memory, size_t size, unsigned char with)
{
    for (size_t i = 0; i < size; i++)
        if (((const unsigned char *)memory)[i] != with)
            return false;
    return true;
}

TEST(an_arena_gives_zeroed_aligned_memory_after_a_reset_too)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    for (int round = 0; round < 3; round++) {
        for (size_t size = 0; size < 70'000; size = size * 2 + 1) {
            unsigned char *memory = arena_alloc(arena, size);
            CHECK((uintptr_t)memory % alignof(max_align_t) == 0);
            CHECK(is_filled(memory, size, 0));
            memset(memory, 0xaa, size);
        }
        arena_reset(arena);
    }
}

TEST(pieces_of_an_arena_do_not_overlap)
{
    enum { PIECES = 300 };
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct text pieces[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        size_t length = test_random_below(test_random_below(50) == 0 ? 40'000 : 400);
        char *memory = arena_alloc(arena, length);
        memset(memory, (int)(i % 251), length);
        pieces[i] = (struct text){ memory, length };
    }
    for (size_t i = 0; i < PIECES; i++)
        CHECK(is_filled(pieces[i].data, pieces[i].length, (unsigned char)(i % 251)));
}

TEST(memory_grows_in_place_or_is_copied)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    char *memory = arena_alloc(arena, 10);
    strcpy(memory, "123456789");
    char *grown = arena_grow(arena, memory, 10, 100);
    CHECK(grown == memory && strcmp(grown, "123456789") == 0 && grown[99] == 0);

    arena_alloc(arena, 1); /* no longer the latest */
    char *copied = arena_grow(arena, grown, 100, 200);
    CHECK(copied != grown && strcmp(copied, "123456789") == 0 && copied[199] == 0);

    char *far = arena_grow(arena, copied, 200, 100'000);
    CHECK(strcmp(far, "123456789") == 0 && far[99'999] == 0);
}

TEST(copies_and_formats_end_with_a_nul)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct text copy = arena_copy(arena, text_slice(TEXT("abcdef"), 1, 3));
    CHECK(text_is(copy, "bc") && copy.data[2] == '\0');
    CHECK(*arena_string(arena, (struct text){}) == '\0');
    struct text format = arena_format(arena, "%s=%d", "x", 42);
    CHECK(text_is(format, "x=42") && format.data[4] == '\0');
}

TEST(a_buffer_holds_what_was_added)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct buffer buffer = { .arena = arena };
    char expected[30'000];
    size_t length = 0;
    for (int i = 0; i < 1000; i++) {
        length += (size_t)sprintf(expected + length, "%d,ab,%04d!", i, i);
        buffer_add_integer(&buffer, i);
        buffer_add(&buffer, TEXT(",ab"));
        buffer_add_byte(&buffer, ',');
        buffer_print(&buffer, "%04d!", i);
        if (i % 7 == 0)
            arena_alloc(arena, 24); /* so that it cannot always grow in place */
    }
    CHECK(text_equal(buffer.text, (struct text){ expected, length }));
    CHECK(buffer.data[buffer.length] == '\0');
}

TEST(a_buffer_prints_what_is_longer_than_its_room)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct buffer buffer = { .arena = arena };
    char long_text[5000] = {};
    memset(long_text, 'x', sizeof long_text - 1);
    buffer_print(&buffer, "<%s>", long_text);
    CHECK(buffer.length == sizeof long_text + 1 && buffer.data[0] == '<' && buffer.data[5000] == '>');
}

TEST(integers_are_written_up_to_both_ends)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct buffer buffer = { .arena = arena };
    buffer_add_integer(&buffer, INT64_MIN);
    buffer_add_integer(&buffer, INT64_MAX);
    buffer_add_integer(&buffer, 0);
    CHECK(text_is(buffer.text, "-922337203685477580892233720368547758070"));
}

TEST(a_list_is_extended_and_keeps_what_it_holds)
{
    enum { ITEMS = 1000 };
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    size_t *list = NULL, capacity = 0;
    for (size_t i = 0; i < ITEMS; i++) {
        list = arena_extend(arena, list, sizeof *list, i, &capacity);
        CHECK(i < capacity);
        list[i] = i;
        (void)arena_alloc(arena, i % 3); /* so that it has to move */
    }
    for (size_t i = 0; i < ITEMS; i++)
        CHECK(list[i] == i);
}

TEST(a_copy_in_lower_case_changes_ascii_letters_alone)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    CHECK(text_is(arena_copy_lower(arena, TEXT("@AZ[ ÑandÚ")), "@az[ ÑandÚ"));
}

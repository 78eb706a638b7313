/*
 * The harness of the unit tests: TEST(name_as_a_sentence) { ... CHECK(condition); ... }
 *
 * A program of tests is its file and test.c. Its argument, if any, is a part of the names of the tests to
 * run. The last line is "N passed, N failed"; a program that ends without it has failed.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct test {
    const char *name;
    void (*run)(void);
    struct test *next;
};

void test_add(struct test *test);
void test_failed(const char *file, int line, const char *what);
/* Why a check in a loop fails: printed with the failures of the running test until the next note. */
[[gnu::format(printf, 1, 2)]] void test_note(const char *format, ...);

/* A folder of the test's own, for what is temporary (TMPDIR, else /tmp). Ends the program if there is none to
 * be had. */
void test_make_folder(char *path, size_t size);
void test_remove_folder(const char *path); /* with all that is in it */

/* For properties. The seed is the same in each run, but for those with NIDIA_TEST_LONG=1, where it is a new
 * one; it is printed with a failure, and set by TEST_SEED to run it again. */
uint64_t test_random(void);
uint64_t test_random_below(uint64_t limit);

#define TEST(name)                                                                                           \
    static void name(void);                                                                                  \
    [[gnu::constructor]] static void add_##name(void)                                                        \
    {                                                                                                        \
        static struct test test = { #name, name, 0 };                                                        \
        test_add(&test);                                                                                     \
    }                                                                                                        \
    static void name(void)

/* Goes on after a failure, so that a test tells all that is
 * wrong; `false` comes back for those that cannot. */
#define CHECK(condition) ((condition) ? (void)0 : test_failed(__FILE__, __LINE__, #condition))

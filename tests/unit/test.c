#include "test.h"
#include <ftw.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static struct test *first, **last = &first, *running;
static bool running_failed, finished;
static char note[200];
static uint64_t seed = 1, random_state;

void test_add(struct test *test)
{
    *last = test;
    last = &test->next;
}

void test_failed(const char *file, int line, const char *what)
{
    printf("%s:%d: %s: %s%s%s\n", file, line, running->name, what, *note ? " -- " : "", note);
    if (random_state != seed)
        printf("    TEST_SEED=%" PRIu64 " runs it again\n", seed);
    running_failed = true;
}

void test_note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(note, sizeof note, format, arguments);
    va_end(arguments);
}

void test_make_folder(char *path, size_t size)
{
    const char *above = getenv("TMPDIR");
    int length = snprintf(path, size, "%s/nidia-test-XXXXXX", above ? above : "/tmp");
    if (length < 0 || (size_t)length >= size || !mkdtemp(path))
        abort();
}

static int remove_one(const char *path, const struct stat *, int, struct FTW *)
{
    return remove(path);
}

void test_remove_folder(const char *path)
{
    nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* SplitMix64. */
uint64_t test_random(void)
{
    uint64_t mixed = random_state += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

uint64_t test_random_below(uint64_t limit)
{
    return test_random() % limit;
}

static void choose_seed(void)
{
    const char *given = getenv("TEST_SEED"), *is_long = getenv("NIDIA_TEST_LONG");
    if (given)
        seed = strtoull(given, NULL, 10);
    else if (is_long && strcmp(is_long, "1") == 0 && getrandom(&seed, sizeof seed, 0) != sizeof seed)
        abort();
}

/* Code under test that calls exit(0) must not look like success. */
static void refuse_early_exit(void)
{
    if (finished)
        return;
    printf("%s: the program ended within it\n", running ? running->name : "before the first test");
    fflush(stdout);
    _exit(1);
}

int main(int count, char **arguments)
{
    const char *part = count > 1 ? arguments[1] : "";
    int passed = 0, failed = 0;
    setvbuf(stdout, NULL, _IOLBF, 0); /* what was printed survives a crash */
    atexit(refuse_early_exit);
    choose_seed();
    for (running = first; running; running = running->next) {
        if (!strstr(running->name, part))
            continue;
        running_failed = false;
        *note = 0;
        random_state = seed; /* each test alike, whichever others run */
        running->run();
        *(running_failed ? &failed : &passed) += 1;
    }
    finished = true;
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 || passed == 0;
}

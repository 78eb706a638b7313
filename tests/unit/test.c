#include "test.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct test *first, **last = &first, *running;
static bool running_failed, finished;
static char note[200];

void test_add(struct test *test)
{
    *last = test;
    last = &test->next;
}

void test_failed(const char *file, int line, const char *what)
{
    printf("%s:%d: %s: %s%s%s\n", file, line, running->name, what, *note ? " -- " : "", note);
    running_failed = true;
}

void test_note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(note, sizeof note, format, arguments);
    va_end(arguments);
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
    for (running = first; running; running = running->next) {
        if (!strstr(running->name, part))
            continue;
        running_failed = false;
        *note = 0;
        running->run();
        *(running_failed ? &failed : &passed) += 1;
    }
    finished = true;
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 || passed == 0;
}

/* Programs run beside ours: their end, what they complain of, their deadline, and what they are given. */
#include "base/child.h"
#include "base/clock.h"
#include "test.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool run(const char *script, int64_t deadline_ms, int output, struct error *error)
{
    const char *const arguments[] = { "/bin/sh", "-c", script, NULL };
    const char *const environment[] = { "PATH=/usr/bin:/bin", "SECRET=geheim", NULL };
    *error = (struct error){};
    return child_run(&(struct child){ .arguments = arguments,
                                      .environment = environment,
                                      .input = -1,
                                      .output = output,
                                      .deadline_ms = deadline_ms },
                     error);
}

TEST(what_ends_well_is_done_and_writes_where_it_is_told)
{
    struct error error;
    char got[32] = "";
    int ends[2];
    CHECK(pipe(ends) == 0);
    CHECK(run("printf %s \"$SECRET\"; cat; echo noise >&2", 60'000, ends[1], &error));
    CHECK(read(ends[0], got, sizeof got - 1) == 6 && strcmp(got, "geheim") == 0);
    close(ends[0]);
    close(ends[1]);
}

TEST(the_first_complaint_is_told_and_nothing_that_follows_it)
{
    struct error error;
    CHECK(!run("echo note >&2; echo 'x: error: it broke' >&2; echo 'DETAIL: ana@acme.test' >&2; exit 3",
               60'000, -1, &error));
    CHECK(error.code == ERROR_internal && strcmp(error.about, "x: error: it broke") == 0);
    CHECK(!run("exit 7", 60'000, -1, &error));
    CHECK(strcmp(error.about, "sh ended with code 7") == 0);
    CHECK(!run("yes 'long words' | head -c 100000 >&2; exit 1", 60'000, -1, &error));
    CHECK(strcmp(error.about, "long words") == 0);
}

TEST(who_is_late_is_ended)
{
    struct error error;
    int64_t began_us = clock_monotonic_us();
    CHECK(!run("exec sleep 60", 100, -1, &error));
    CHECK(strstr(error.about, "was killed after"));
    CHECK(clock_monotonic_us() - began_us < 20'000'000);
}

static bool give_up(void *)
{
    return false;
}

TEST(who_is_given_up_is_ended)
{
    struct error error = {};
    const char *const arguments[] = { "/bin/sleep", "60", NULL };
    int64_t began_us = clock_monotonic_us();
    CHECK(!child_run(&(struct child){ .arguments = arguments,
                                      .environment = arguments + 2,
                                      .input = -1,
                                      .output = -1,
                                      .deadline_ms = 60'000,
                                      .tick = give_up },
                     &error));
    CHECK(strstr(error.about, "was killed after"));
    CHECK(clock_monotonic_us() - began_us < 20'000'000);
}

TEST(a_program_that_is_missing_is_named)
{
    struct error error = {};
    const char *const arguments[] = { "/nowhere/pg_dump", NULL };
    CHECK(!child_run(&(struct child){ .arguments = arguments,
                                      .environment = arguments + 1,
                                      .input = -1,
                                      .output = -1,
                                      .deadline_ms = 1'000 },
                     &error));
    CHECK(strstr(error.about, "pg_dump"));
}

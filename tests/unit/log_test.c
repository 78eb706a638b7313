/* Lines of the log, as they arrive on standard error. */
#include "base/clock.h"
#include "base/log.h"
#include "test.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* What is written while it is held comes to the test instead. */
struct held {
    int error, pipe[2];
};

static void hold(struct held *held)
{
    held->error = dup(STDERR_FILENO);
    CHECK(pipe2(held->pipe, O_CLOEXEC) == 0);
    dup2(held->pipe[1], STDERR_FILENO);
}

static size_t release(struct held *held, char *out, size_t size)
{
    dup2(held->error, STDERR_FILENO);
    close(held->error);
    close(held->pipe[1]);
    size_t length = 0;
    for (ssize_t got; (got = read(held->pipe[0], out + length, size - 1 - length)) > 0;)
        length += (size_t)got;
    close(held->pipe[0]);
    out[length] = '\0';
    return length;
}

static const struct {
    struct text said;
    const char *written;
} said[] = {
    { TEXT_CONSTANT(""), "\"\"" },
    { TEXT_CONSTANT("/api/v1/tenants/empresa-00007"), "\"/api/v1/tenants/empresa-00007\"" },
    { TEXT_CONSTANT("caf\u00e9 con le\u00f1a, y m\u00e1s"), "\"caf\u00e9 con le\u00f1a, y m\u00e1s\"" },
    { TEXT_CONSTANT("she said \"no\" \\ left"), "\"she said \\\"no\\\" \\\\ left\"" },
    { TEXT_CONSTANT("eight by\x01te\n"), "\"eight by\\u0001te\\u000a\"" },
    { TEXT_CONSTANT("\x7f"), "\"\\u007f\"" },
    { TEXT_CONSTANT("e\xf1"
                    "e in Latin-1, behind more than eight bytes"),
      "\"(not UTF-8)\"" },
    { TEXT_CONSTANT("behind eight bytes: \xff"), "\"(not UTF-8)\"" },
};

TEST(what_is_said_is_a_string_of_json)
{
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        char line[512], expected[256];
        struct held held;
        hold(&held);
        LOG(LOG_ERROR, "m", { "about", value_text(said[i].said) });
        release(&held, line, sizeof line);
        snprintf(expected, sizeof expected, ",\"level\":\"error\",\"message\":\"m\",\"about\":%s}\n",
                 said[i].written);
        test_note("%s", line);
        CHECK(strncmp(line, "{\"time\":\"20", 11) == 0 && strstr(line, expected));
    }
}

TEST(each_line_tells_its_own_time)
{
    char lines[1024];
    struct held held;
    hold(&held);
    LOG(LOG_ERROR, "first", {});
    for (int64_t now_ms = clock_now_ms(); clock_now_ms() == now_ms;)
        ;
    LOG(LOG_ERROR, "second", {});
    release(&held, lines, sizeof lines);
    const char *second = strchr(lines, '\n') + 1;
    size_t length = strlen("{\"time\":\"2026-01-01T00:00:00.000Z\"");
    CHECK(strncmp(lines, second, length) < 0);
}

/* How much there is, while the pipe is held. */
static size_t written(const struct held *held)
{
    int bytes = 0;
    CHECK(ioctl(held->pipe[0], FIONREAD, &bytes) == 0);
    return (size_t)bytes;
}

TEST(lines_that_are_kept_are_written_together_a_moment_after_the_first)
{
    char lines[1024];
    struct held held;
    log_keep();
    hold(&held);
    CHECK(log_settle() == -1);
    int64_t begun_us = clock_monotonic_us();
    LOG(LOG_ERROR, "first", {});
    LOG(LOG_ERROR, "second", {});
    for (int wait_ms; (wait_ms = log_settle()) != -1;)
        CHECK(wait_ms > 0 && written(&held) == 0);
    CHECK(clock_monotonic_us() - begun_us >= 5'000 && written(&held) > 0);
    size_t before = written(&held);
    LOG(LOG_ERROR, "last", {});
    CHECK(written(&held) == before);
    log_keep_no_more();
    CHECK(written(&held) > before);
    (void)release(&held, lines, sizeof lines);
}

#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TICK_MS = 1'000, WORDS_MAX = 4'096, TOLD_MAX = 250 };

struct running {
    pid_t id;
    int words; /* what it says on standard error */
    char said[WORDS_MAX];
    size_t length;
};

/* Our threads block signals and ignore SIGPIPE: the child must not inherit that. */
static int set_signals(posix_spawnattr_t *attributes)
{
    sigset_t none, reset;
    sigemptyset(&none);
    sigemptyset(&reset);
    sigaddset(&reset, SIGPIPE);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &reset);
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

static int set_file(posix_spawn_file_actions_t *actions, int file, int as)
{
    return file >= 0 ? posix_spawn_file_actions_adddup2(actions, file, as)
                     : posix_spawn_file_actions_addopen(actions, as, "/dev/null", O_RDWR, 0);
}

static int spawn(const struct child *child, int words, pid_t *id)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int failure = set_signals(&attributes);
    failure = failure ? failure : set_file(&actions, child->input, STDIN_FILENO);
    failure = failure ? failure : set_file(&actions, child->output, STDOUT_FILENO);
    failure = failure ? failure : set_file(&actions, words, STDERR_FILENO);
    failure = failure ? failure
                      : posix_spawnp(id, child->arguments[0], &actions, &attributes,
                                     (char *const *)(uintptr_t)child->arguments,
                                     (char *const *)(uintptr_t)child->environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

/* What does not fit is read and forgotten: what is wrong stands at the beginning. False: there is no more. */
static bool listen(struct running *running)
{
    char rest[WORDS_MAX];
    bool is_full = running->length == sizeof running->said;
    ssize_t got = is_full ? read(running->words, rest, sizeof rest)
                          : read(running->words, running->said + running->length,
                                 sizeof running->said - running->length);
    if (got > 0 && !is_full)
        running->length += (size_t)got;
    return got > 0 || (got < 0 && errno == EINTR);
}

/* Until it has closed its standard error, which it does by ending. False: it is to end now. */
static bool follow(const struct child *child, struct running *running)
{
    int64_t started_us = clock_monotonic_us(), ticked_us = started_us;
    struct pollfd wait = { .fd = running->words, .events = POLLIN };
    while (poll(&wait, 1, TICK_MS) <= 0 || listen(running)) {
        int64_t now_us = clock_monotonic_us();
        if (now_us - started_us > child->deadline_ms * 1'000)
            return false;
        if (now_us - ticked_us < TICK_MS * INT64_C(1'000))
            continue;
        ticked_us = now_us;
        if (child->tick && !child->tick(child->context))
            return false;
    }
    return true;
}

/*
 * The first line that tells of an error: what follows (DETAIL, CONTEXT, the statement) may hold a customer's
 * data, which must not get into logs.
 */
static struct text complaint(const struct running *running)
{
    struct text rest = { running->said, running->length }, first = {};
    while (rest.length > 0) {
        struct text line = text_cut(&rest, '\n');
        if (text_contains(line, TEXT("error: ")))
            return text_head(line, TOLD_MAX);
        first = first.length > 0 ? first : line;
    }
    return text_head(first, TOLD_MAX);
}

static const char *name_of(const struct child *child)
{
    const char *slash = strrchr(child->arguments[0], '/');
    return slash ? slash + 1 : child->arguments[0];
}

static bool judge(const struct child *child, const struct running *running, int status, struct error *error)
{
    struct text why = complaint(running);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (why.length > 0 && text_is_utf8(why))
        return fail(error, ERROR_internal, "%.*s", TEXT_ARG(why));
    return fail(error, ERROR_internal, "%s ended with %s %d", name_of(child),
                WIFEXITED(status) ? "code" : "signal",
                WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

bool child_run(const struct child *child, struct error *error)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return fail(error, ERROR_internal, "%s: %s", name_of(child), strerror(errno));
    struct running running = { .words = ends[0] };
    [[maybe_unused, gnu::cleanup(file_cleanup)]] int words = ends[0];
    int failure = spawn(child, ends[1], &running.id);
    close(ends[1]);
    if (failure)
        return fail(error, ERROR_internal, "%s: %s", name_of(child), strerror(failure));
    int64_t started_us = clock_monotonic_us();
    bool may_end = follow(child, &running);
    if (!may_end)
        kill(running.id, SIGKILL);
    int status = 0;
    while (waitpid(running.id, &status, 0) < 0 && errno == EINTR)
        ;
    return may_end ? judge(child, &running, status, error)
                   : fail(error, ERROR_internal, "%s was killed after %d s", name_of(child),
                          (int)((clock_monotonic_us() - started_us) / 1'000'000));
}

#include "app/attend.h"
#include "base/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COPIES_FROM = 100 };

static void add(struct successor *successor, struct buffer *names, const char *before, const char *name,
                int fd)
{
    buffer_print(names, "%s%s%s", names->length > 0 ? ":" : "", before, name);
    successor->fds[successor->count++] = fd;
}

/* Copies of all sockets and of the lock, each with its name. */
static void copy_all(struct successor *successor, struct app *app, struct server *server,
                     struct buffer *names)
{
    struct inheritance *heritage = &successor->heritage;
    size_t loops = (size_t)app->loops;
    successor->fds = arena_array(names->arena, int, LISTENER_KIND_COUNT *loops + 2);
    for (int i = 0; i < app->listener_count; i++) {
        enum listener_kind kind = app->gate.listeners[i];
        int *fds = arena_array(names->arena, int, loops);
        bool kept = server_keeps_socket(server, i);
        int count = server_copy_sockets(server, i, fds);
        heritage->sockets[kind] = (struct inherited){ .fds = fds, .count = count, .kept = kept };
        for (int j = 0; j < count; j++)
            add(successor, names, kept ? INHERITED_KEPT : "", inherited_socket_names[kind], fds[j]);
    }
    heritage->line = -1;
    heritage->lock = fcntl(app->lock, F_DUPFD_CLOEXEC, COPIES_FROM);
    add(successor, names, "", INHERITED_LOCK, heritage->lock);
}

/* As this process was started: what main() was given has been sorted since. */
static char **read_arguments(struct arena *arena)
{
    char **arguments = NULL, *argument = NULL;
    size_t count = 0, capacity = 0, size = 0;
    FILE *file = fopen("/proc/self/cmdline", "re");
    do {
        arguments = arena_extend(arena, arguments, sizeof *arguments, count, &capacity);
        bool more = file && getdelim(&argument, &size, '\0', file) > 0;
        arguments[count] = more ? (char *)(uintptr_t)arena_string(arena, text_from(argument)) : NULL;
    } while (arguments[count++]);
    free(argument);
    if (file)
        fclose(file);
    return arguments;
}

static char **add_variable(struct arena *arena, struct text variable)
{
    size_t count = 0;
    while (environ[count])
        count++;
    char **variables = arena_array(arena, char *, count + 2);
    memcpy(variables, environ, count * sizeof *variables);
    variables[count] = (char *)(uintptr_t)variable.data;
    return variables;
}

static bool spawn(struct successor *successor, const char *program, struct buffer *names, struct error *error)
{
    struct text variable = arena_format(names->arena, INHERITED_VARIABLE "=%.*s", TEXT_ARG(names->text));
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (int i = 0; i < successor->count; i++)
        posix_spawn_file_actions_adddup2(&actions, successor->fds[i], INHERITED_FIRST + i);
    int fault = posix_spawn(&successor->process, program, &actions, NULL, read_arguments(names->arena),
                            add_variable(names->arena, variable));
    posix_spawn_file_actions_destroy(&actions);
    return fault == 0 || fail(error, ERROR_internal, "%s: %s", program, strerrordesc_np(fault));
}

bool successor_start(struct successor *successor, struct app *app, struct server *server, struct error *error)
{
    struct buffer names = { .arena = successor->arena };
    int line[2], far;
    *successor = (struct successor){ .arena = successor->arena, .begun_us = clock_monotonic_us() };
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line) != 0)
        return fail(error, ERROR_internal, "a line to the successor: %s", strerrordesc_np(errno));
    copy_all(successor, app, server, &names);
    far = fcntl(line[1], F_DUPFD_CLOEXEC, COPIES_FROM);
    add(successor, &names, "", INHERITED_LINE, far);
    bool started = spawn(successor, app->program, &names, error);
    successor->count--; /* the far end is the successor's alone */
    close(far);
    close(line[1]);
    successor->line = line[0];
    if (!started) {
        successor->process = 0;
        successor_close(successor);
    }
    return started;
}

char successor_hear(struct successor *successor, int timeout_ms)
{
    char word;
    struct pollfd line = { .fd = successor->line, .events = POLLIN };
    if (poll(&line, 1, timeout_ms) != 1)
        return 0;
    return recv(successor->line, &word, 1, 0) == 1 ? word : 0;
}

void successor_go_on(struct successor *successor)
{
    const char word = SUCCESSOR_GO_ON;
    (void)!send(successor->line, &word, 1, MSG_NOSIGNAL);
}

bool successor_lives(const struct successor *successor)
{
    siginfo_t ended = {};
    return waitid(P_PID, (id_t)successor->process, &ended, WEXITED | WNOHANG | WNOWAIT) == 0
        && ended.si_pid == 0;
}

void successor_pass_on_signals(const struct successor *successor)
{
    const sigset_t signals = attended_signals();
    const struct timespec at_once = {};
    for (int signal; (signal = sigtimedwait(&signals, NULL, &at_once)) > 0;)
        kill(successor->process, signal);
}

void successor_fail(struct successor *successor)
{
    kill(successor->process, SIGKILL);
    waitpid(successor->process, NULL, 0);
    successor->process = 0;
}

void successor_close(struct successor *successor)
{
    for (int i = 0; i < successor->count; i++)
        close(successor->fds[i]);
    close(successor->line);
    successor->process = 0;
}

#include "app/inheritance.h"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

const char *const inherited_socket_names[LISTENER_KIND_COUNT] = { "public", "internal", "socket" };

static bool take_socket(struct inheritance *inheritance, struct text name, bool kept, int fd)
{
    for (int i = 0; i < LISTENER_KIND_COUNT; i++) {
        struct inherited *sockets = &inheritance->sockets[i];
        if (!text_is(name, inherited_socket_names[i]))
            continue;
        ((int *)(uintptr_t)sockets->fds)[sockets->count++] = fd;
        sockets->kept |= kept;
        return true;
    }
    return false;
}

static bool take(struct inheritance *inheritance, struct text name, bool kept, int fd, struct error *error)
{
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (text_is(name, INHERITED_LOCK))
        inheritance->lock = fd;
    else if (text_is(name, INHERITED_LINE))
        inheritance->line = fd;
    else if (!take_socket(inheritance, name, kept, fd))
        return fail(error, ERROR_internal,
                    "a socket named %.*s was handed over: public and internal are known", TEXT_ARG(name));
    return true;
}

/* The names in order, or NULL; `kept`: they are from a manager. */
static const char *find_names(bool *kept)
{
    const char *names = getenv(INHERITED_VARIABLE), *process = getenv("LISTEN_PID");
    *kept = !names && process && strtol(process, NULL, 10) == getpid();
    if (!*kept)
        return names;
    names = getenv("LISTEN_FDNAMES");
    return names ? names : "public";
}

bool inheritance_read(struct inheritance *inheritance, struct arena *arena, struct error *error)
{
    bool from_manager, taken = true;
    struct text names = text_from(find_names(&from_manager));
    *inheritance = (struct inheritance){ .lock = -1, .line = -1 };
    for (int i = 0; i < LISTENER_KIND_COUNT; i++) /* a name has a letter at least, and a colon */
        inheritance->sockets[i].fds = arena_array(arena, int, names.length / 2 + 1);
    for (int fd = INHERITED_FIRST; names.length > 0 && taken; fd++) {
        struct text name = text_cut(&names, ':');
        bool kept = from_manager || text_starts(name, TEXT(INHERITED_KEPT));
        if (kept && !from_manager)
            name = text_slice(name, sizeof INHERITED_KEPT - 1, SIZE_MAX);
        taken = take(inheritance, name, kept, fd, error);
    }
    /* No copies: the environment's memory holds the names. */
    unsetenv(INHERITED_VARIABLE);
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    return taken;
}

void inheritance_close_sockets(struct inheritance *inheritance)
{
    for (int i = 0; i < LISTENER_KIND_COUNT; i++) {
        for (int j = 0; j < inheritance->sockets[i].count; j++)
            close(inheritance->sockets[i].fds[j]);
        inheritance->sockets[i].count = 0;
    }
}

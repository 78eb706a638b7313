#include "http/inherit.h"
#include "http/loop.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

enum { COPIES_FROM = 100 }; /* beyond those that a program which is started finds in its first places */

static bool is_listening(int fd)
{
    int listens = 0;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &(socklen_t){ sizeof listens }) == 0
        && listens;
}

static bool prepare(int fd, struct endpoint *endpoint)
{
    *endpoint = (struct endpoint){ .length = sizeof endpoint->address };
    return fcntl(fd, F_SETFL, O_NONBLOCK) == 0
        && getsockname(fd, (struct sockaddr *)&endpoint->address, &endpoint->length) == 0
        && (endpoint_path(endpoint)
            || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int)) == 0);
}

bool inherited_adopt(const struct inherited *inherited, int which, struct endpoint *endpoint, int *fd,
                     struct error *error)
{
    int given = inherited->fds[which % inherited->count];
    if (!is_listening(given))
        return fail(error, ERROR_internal, "the inherited descriptor %d is no listening socket", given);
    int copy = fcntl(given, F_DUPFD_CLOEXEC, 0);
    if (copy < 0 || !prepare(copy, endpoint)) {
        fail(error, ERROR_internal, "the inherited socket %d: %s", given, strerrordesc_np(errno));
        if (copy >= 0)
            close(copy);
        return false;
    }
    endpoint->kept = inherited->kept;
    *fd = copy;
    return true;
}

int server_copy_sockets(const struct server *server, int listener, int *fds)
{
    int count = 0;
    for (int i = 0; i < server->options.loops; i++) {
        int fd = server->loops[i].listeners[listener];
        int copy = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, COPIES_FROM) : -1;
        if (copy >= 0)
            fds[count++] = copy;
    }
    return count;
}

void server_share_sockets(struct server *server)
{
    for (int i = 0; i < server->options.listener_count; i++)
        server->endpoints[i].kept = true;
}

bool server_keeps_socket(const struct server *server, int listener)
{
    return server->endpoints[listener].kept;
}

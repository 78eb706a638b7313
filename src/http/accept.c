/* New connections, and what is done when there are too many. */
#include "http/connection.h"
#include "http/loop.h"
#include <arpa/inet.h>
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Listeners are told apart from connections, whose generation is never 0. */
static void watch(struct loop *loop, uint32_t events)
{
    for (uint32_t i = 0; i < LISTENERS_MAX; i++)
        if (loop->listeners[i] >= 0)
            epoll_ctl(loop->epoll, EPOLL_CTL_MOD, loop->listeners[i],
                      &(struct epoll_event){ .events = events, .data.u64 = i });
}

/* Without descriptors or memory accept() fails at once and forever; what waits may wait a little longer. */
static void rest(struct loop *loop)
{
    watch(loop, 0);
    deadline_set(&loop->deadlines, &loop->accept_rest, DEADLINE_ACCEPT, loop->now_us);
}

void loop_accept_again(struct loop *loop)
{
    deadline_clear(&loop->accept_rest);
    watch(loop, EPOLLIN);
}

void loop_hide_listeners(struct loop *loop)
{
    for (int i = 0; i < LISTENERS_MAX && !loop->hidden; i++)
        if (loop->listeners[i] >= 0)
            endpoint_hide(&loop->server->endpoints[i], loop->listeners[i]);
    loop->hidden = true;
}

void loop_close_listeners(struct loop *loop)
{
    loop_hide_listeners(loop);
    for (int i = 0; i < LISTENERS_MAX; i++) {
        if (loop->listeners[i] >= 0)
            close(loop->listeners[i]);
        loop->listeners[i] = -1;
    }
    loop->listening = false;
}

static void refuse_connection(struct loop *loop, int fd)
{
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n"
                                 "Connection: close\r\n\r\n";
    loop_figure_add(&loop->refused, 1);
    if (send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL) > 0)
        shutdown(fd, SHUT_WR);
    close(fd);
}

static void name_peer(struct connection *connection, const struct sockaddr_storage *address)
{
    connection->peer[0] = '\0';
    connection->peer_uid = (uid_t)-1;
    struct ucred peer;
    switch (address->ss_family) {
    case AF_INET:
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, connection->peer,
                  INET6_ADDRSTRLEN);
        break;
    case AF_INET6:
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, connection->peer,
                  INET6_ADDRSTRLEN);
        break;
    default:
        if (getsockopt(connection->fd, SOL_SOCKET, SO_PEERCRED, &peer, &(socklen_t){ sizeof peer }) == 0)
            connection->peer_uid = peer.uid;
    }
}

static void open_connection(struct loop *loop, int fd, int listener, const struct sockaddr_storage *address)
{
    struct connection *connection = loop_take_connection(loop);
    if (!connection) {
        refuse_connection(loop, fd);
        return;
    }
    connection->fd = fd;
    connection->listener = listener;
    name_peer(connection, address);
    connection_set_deadline(connection, DEADLINE_IDLE);
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                 .data.u64 = connection_name(connection) };
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        connection_close(connection);
}

static bool is_passing(int fault)
{
    return fault != EMFILE && fault != ENFILE && fault != ENOBUFS && fault != ENOMEM;
}

void loop_accept(struct loop *loop, int listener, int most)
{
    for (int i = 0; i < most; i++) {
        struct sockaddr_storage address = {};
        int fd = accept4(loop->listeners[listener], (struct sockaddr *)&address,
                         &(socklen_t){ sizeof address }, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            loop_figure_add(&loop->accepted, 1);
            open_connection(loop, fd, listener, &address);
            continue;
        }
        if (!is_passing(errno))
            rest(loop);
        if (errno != ECONNABORTED && errno != EINTR)
            return;
    }
}

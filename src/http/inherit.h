/* Listening sockets that come from elsewhere, and go on: from a manager of services, or the server before. */
#pragma once
#include "http/endpoint.h"

struct server;

struct inherited {
    const int *fds; /* stay the caller's */
    int count;
    bool kept; /* whoever gave them goes on listening */
};

/* A copy of one of them as *fd, with what our own sockets are given; its address becomes *endpoint's. */
[[nodiscard]] bool inherited_adopt(const struct inherited *inherited, int which, struct endpoint *endpoint,
                                   int *fd, struct error *error);

/* Copies of a running server's sockets of one listener, `loops` at most: how many. */
int server_copy_sockets(const struct server *server, int listener, int *fds);
/* From now on somebody else listens with its sockets too: they outlive its drain. */
void server_share_sockets(struct server *server);
bool server_keeps_socket(const struct server *server, int listener);

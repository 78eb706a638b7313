/* Where a server listens and a client calls: "127.0.0.1:8080", "[::1]:8080", "unix:/path". */
#pragma once
#include "base/error.h"
#include <sys/socket.h>

struct endpoint {
    struct sockaddr_storage address;
    socklen_t length;
    bool kept; /* others listen with its sockets too: they are neither hidden nor taken away */
};

[[nodiscard]] bool endpoint_resolve(struct endpoint *endpoint, const char *address, struct error *error);
/* `shared`: with SO_REUSEPORT, for the caller's other threads. Port 0 becomes a real one in *endpoint. A Unix
 * socket's file is made 0600; one that nobody listens at is replaced. */
[[nodiscard]] bool endpoint_listen(struct endpoint *endpoint, bool shared, int *fd, struct error *error);
/* Asked before sharing: SO_REUSEPORT would let a second server take half of the connections unnoticed. */
[[nodiscard]] bool endpoint_is_free(const struct endpoint *endpoint, struct error *error);
/* From now on nobody new comes to the listener; who was on the way can still be accepted. Takes a Unix
 * socket's file away. Does nothing where the socket is kept. */
void endpoint_hide(const struct endpoint *endpoint, int fd);
int endpoint_port(const struct endpoint *endpoint);         /* 0 of a Unix socket */
const char *endpoint_path(const struct endpoint *endpoint); /* NULL unless it is a Unix socket */

#include "http/endpoint.h"
#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { HOST_MAX = 255 };

const char *endpoint_path(const struct endpoint *endpoint)
{
    return endpoint->address.ss_family == AF_UNIX ? ((const struct sockaddr_un *)&endpoint->address)->sun_path
                                                  : NULL;
}

/* The port stands at the same place in both families. */
static in_port_t *port_of(struct endpoint *endpoint)
{
    static_assert(offsetof(struct sockaddr_in, sin_port) == offsetof(struct sockaddr_in6, sin6_port));
    return &((struct sockaddr_in *)&endpoint->address)->sin_port;
}

int endpoint_port(const struct endpoint *endpoint)
{
    struct endpoint copy = *endpoint;
    return endpoint_path(endpoint) ? 0 : ntohs(*port_of(&copy));
}

static bool resolve_path(struct endpoint *endpoint, const char *path, struct error *error)
{
    struct sockaddr_un *address = (struct sockaddr_un *)&endpoint->address;
    *endpoint = (struct endpoint){ .length = sizeof *address };
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path)
        return fail(error, ERROR_internal, "the path of a socket must be under %zu bytes: %s",
                    sizeof address->sun_path, path);
    memcpy(address->sun_path, path, strlen(path) + 1);
    return true;
}

bool endpoint_resolve(struct endpoint *endpoint, const char *address, struct error *error)
{
    if (strncmp(address, "unix:", 5) == 0)
        return resolve_path(endpoint, address + 5, error);

    const char *colon = strrchr(address, ':');
    struct text host = { address, colon ? (size_t)(colon - address) : 0 };
    if (host.length > 2 && host.data[0] == '[' && host.data[host.length - 1] == ']')
        host = text_slice(host, 1, host.length - 1);
    char name[HOST_MAX + 1];
    if (!colon || host.length > HOST_MAX)
        return fail(error, ERROR_internal, "an address is HOST:PORT or unix:PATH, not %s", address);
    snprintf(name, sizeof name, "%.*s", TEXT_ARG(host));

    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV }, *found;
    int fault = getaddrinfo(host.length > 0 ? name : NULL, colon + 1, &hints, &found);
    if (fault != 0)
        return fail(error, ERROR_internal, "%s: %s", address, gai_strerror(fault));
    *endpoint = (struct endpoint){ .length = found->ai_addrlen };
    memcpy(&endpoint->address, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return true;
}

static int open_socket(const struct endpoint *endpoint)
{
    return socket(endpoint->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static bool bind_socket(int fd, const struct endpoint *endpoint)
{
    return bind(fd, (const struct sockaddr *)&endpoint->address, endpoint->length) == 0;
}

/* TCP_NODELAY is handed on to what is accepted. */
static bool bind_tcp(int fd, struct endpoint *endpoint, bool shared)
{
    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)) == 0
        && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int)) == 0
        && (!shared || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &(int){ 1 }, sizeof(int)) == 0)
        && bind_socket(fd, endpoint)
        && getsockname(fd, (struct sockaddr *)&endpoint->address, &endpoint->length) == 0;
}

/* A socket that a server left behind when it was killed; connecting to a file that is none is refused as
 * well. */
static bool remove_stale(const struct endpoint *endpoint)
{
    struct stat status;
    bool is_socket = lstat(endpoint_path(endpoint), &status) == 0 && S_ISSOCK(status.st_mode);
    int fd = open_socket(endpoint);
    bool refused = fd >= 0 && connect(fd, (const struct sockaddr *)&endpoint->address, endpoint->length) != 0
                && errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    errno = EADDRINUSE;
    return is_socket && refused && unlink(endpoint_path(endpoint)) == 0;
}

/* Nobody can connect before listen(), so the mode is in time. */
static bool bind_path(int fd, const struct endpoint *endpoint)
{
    bool bound = bind_socket(fd, endpoint)
              || (errno == EADDRINUSE && remove_stale(endpoint) && bind_socket(fd, endpoint));
    return bound && chmod(endpoint_path(endpoint), S_IRUSR | S_IWUSR) == 0;
}

static bool fail_to_listen(const struct endpoint *endpoint, struct error *error)
{
    const char *path = endpoint_path(endpoint), *fault = strerrordesc_np(errno);
    return path ? fail(error, ERROR_internal, "cannot listen at %s: %s", path, fault)
                : fail(error, ERROR_internal, "cannot listen at port %d: %s", endpoint_port(endpoint), fault);
}

bool endpoint_listen(struct endpoint *endpoint, bool shared, int *fd, struct error *error)
{
    const char *path = endpoint_path(endpoint);
    int opened = open_socket(endpoint);
    if (opened >= 0 && (path ? bind_path(opened, endpoint) : bind_tcp(opened, endpoint, shared))
        && listen(opened, SOMAXCONN) == 0) {
        *fd = opened;
        return true;
    }
    fail_to_listen(endpoint, error);
    if (opened >= 0)
        close(opened);
    return false;
}

/*
 * Closing a listener resets all who are on their way through its queue. To the kernel a beginning connection
 * is a packet with SYN: it is told to ignore those, so that the clients try again, and are refused in form
 * later.
 */
void endpoint_hide(const struct endpoint *endpoint, int fd)
{
    enum { TCP_FLAGS_OFFSET = 13 };
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, TCP_FLAGS_OFFSET),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, TH_SYN, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    struct sock_fprog program = { .len = sizeof filter / sizeof *filter, .filter = filter };
    if (endpoint->kept)
        return;
    if (endpoint_path(endpoint))
        unlink(endpoint_path(endpoint));
    else
        (void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

bool endpoint_is_free(const struct endpoint *endpoint, struct error *error)
{
    int fd = open_socket(endpoint);
    bool bound = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)) == 0
              && bind_socket(fd, endpoint);
    if (!bound)
        fail_to_listen(endpoint, error);
    if (fd >= 0)
        close(fd);
    return bound;
}

/* The two moments of a drain in which a client could be lost: when a listener closes, and when idleness ends.
 */
#include "test.h"
#include "web.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ROUNDS_MAX = 20,
    CONNECT_US = 10'000,
    WIRES = 300 /* more than a loop is told of at once */,
    IDLE_MS = 250
};

/* 0, or why there is no connection; EINPROGRESS: nobody has answered. */
static int try_to_connect(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = { .tv_usec = CONNECT_US };
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    int fault = connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    close(fd);
    return fault;
}

/* Does the drain's end find its listener hidden, or is it let in until the port is shut? The first lasts 50
 * ms. */
static bool is_left_unanswered(void)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, NULL);
    int port = server_port(web.server, 0), fault;
    (void)!server_drain(web.server, 1);
    while ((fault = try_to_connect(port)) == 0)
        ;
    return fault == EINPROGRESS;
}

TEST(who_comes_while_a_listener_closes_is_not_let_in_to_be_reset)
{
    bool seen = false;
    for (int i = 0; i < ROUNDS_MAX && !seen; i++)
        seen = is_left_unanswered();
    CHECK(seen);
}

static atomic_bool must_wait, waits;

static int wait_while_told(void *web)
{
    (void)web;
    while (atomic_load(&must_wait)) {
        atomic_store(&waits, true);
        poll(NULL, 0, 1);
    }
    return -1;
}

/* The loop is busy while so many requests come that it hears of some only after their connections' time is
 * over. */
TEST(what_came_in_the_last_moment_of_idleness_is_answered)
{
    [[gnu::cleanup(web_end)]] struct web web;
    static struct wire wires[WIRES];
    web_begin(&web, &(struct server_options){ .loop_turned = wait_while_told });
    for (int i = 0; i < WIRES; i++) {
        wire_open(&wires[i], &web, 1);
        CHECK(wires[i].fd >= 0);
    }
    CHECK(wire_send(&wires[WIRES - 1], TEXT("GET /echo HTTP/1.1\r\nHost: a.test\r\n\r\n")));
    CHECK(wire_body(&wires[WIRES - 1], "GET /echo ")); /* so all have been accepted */
    atomic_store(&must_wait, true);
    CHECK(!server_drain(web.server, 1));
    while (!atomic_load(&waits))
        poll(NULL, 0, 1);
    poll(NULL, 0, IDLE_MS);
    for (int i = 0; i < WIRES; i++)
        CHECK(wire_send(&wires[i], TEXT("GET /echo?last HTTP/1.1\r\nHost: a.test\r\n\r\n")));
    atomic_store(&must_wait, false);
    int answered = 0;
    for (int i = 0; i < WIRES; i++) {
        answered += wire_body(&wires[i], "GET /echo?last ");
        wire_close(&wires[i]);
    }
    CHECK(answered == WIRES);
}

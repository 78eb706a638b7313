/* The two moments of a drain in which a client could be lost: when a listener closes, and when idleness ends.
 */
#include "test.h"
#include "web.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ROUNDS_MAX = 20,
    CONNECT_US = 10'000,
    WIRES = 300 /* more than a loop is told of at once */,
    IDLE_MS = 250
};

/* Some kernels let only a network's administrator filter what a socket gets: for others nothing is hidden. */
static bool may_hide(void)
{
    struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
    struct sock_fprog program = { .len = 1, .filter = &all };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool may = setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
    close(fd);
    return may;
}

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
    bool seen = !may_hide();
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

/* ---- A loop that stands still ---- */

enum gate { GATE_before, GATE_at_accept, GATE_drained, GATES };
static atomic_bool is_shut[GATES], is_reached[GATES];
static _Thread_local int turns_left; /* of the loop that stood still, until it reaches the last gate */

static void stand_still(enum gate gate)
{
    for (atomic_store(&is_reached[gate], true); atomic_load(&is_shut[gate]);)
        poll(NULL, 0, 1);
}

static void reach(enum gate gate)
{
    while (!atomic_load(&is_reached[gate]))
        poll(NULL, 0, 1);
}

static void handle_in_time(struct exchange *exchange, void *)
{
    int64_t gate;
    if (text_to_integer(exchange->request.query, &gate)) {
        stand_still((enum gate)gate);
        turns_left = 2; /* this one, and the next, in which time is looked at anew */
    }
    web_echo(exchange);
}

static int count_turns(void *)
{
    if (turns_left > 0 && --turns_left == 0 && atomic_load(&is_reached[GATE_at_accept]))
        stand_still(GATE_drained);
    return -1;
}

/* What becomes of those who come while the loop stands still for longer than anybody is waited for. */
struct outcome {
    bool is_answered, is_hidden;
};

static void send_to_gate(struct wire *wire, enum gate gate)
{
    struct text request = arena_format(wire->arena, "GET /?%d HTTP/1.1\r\nHost: a.test\r\n\r\n", (int)gate);
    CHECK(wire_send(wire, request));
}

/* The loop is told of a request and of who connects at once, and stands still between the two. */
static struct outcome come_while_it_stands_still(struct web *web)
{
    [[gnu::cleanup(wire_close)]] struct wire first, second, late;
    struct outcome outcome;
    wire_open(&first, web, 1);
    wire_open(&second, web, 1);
    CHECK(wire_send(&second, TEXT("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")) && wire_body(&second, "GET / "));
    send_to_gate(&first, GATE_before);
    reach(GATE_before);
    send_to_gate(&second, GATE_at_accept);
    wire_open(&late, web, 1);
    atomic_store(&is_shut[GATE_before], false);
    reach(GATE_at_accept);
    CHECK(!server_drain(web->server, IDLE_MS));
    atomic_store(&is_shut[GATE_at_accept], false);
    reach(GATE_drained);
    outcome.is_hidden = !may_hide() || try_to_connect(server_port(web->server, 0)) == EINPROGRESS;
    outcome.is_answered = wire_send(&late, TEXT("GET /late HTTP/1.1\r\nHost: a.test\r\n\r\n"));
    atomic_store(&is_shut[GATE_drained], false);
    outcome.is_answered = outcome.is_answered && wire_body(&late, "GET /late ");
    return outcome;
}

TEST(time_in_which_a_loop_stands_still_is_not_taken_from_who_comes)
{
    struct outcome seen = {};
    for (int i = 0; i < ROUNDS_MAX && !(seen.is_answered && seen.is_hidden); i++) {
        [[gnu::cleanup(web_end)]] struct web web;
        for (int gate = 0; gate < GATES; gate++) {
            atomic_store(&is_shut[gate], true);
            atomic_store(&is_reached[gate], false);
        }
        web_begin(&web, &(struct server_options){ .handle = handle_in_time, .loop_turned = count_turns });
        seen = come_while_it_stands_still(&web);
    }
    CHECK(seen.is_answered);
    CHECK(seen.is_hidden);
}

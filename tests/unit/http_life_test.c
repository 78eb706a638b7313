/* Starting, draining and stopping, and the client of the command line. */
#include "base/clock.h"
#include "http/client.h"
#include "test.h"
#include "web.h"
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define GET(target) "GET " target " HTTP/1.1\r\nHost: a.test\r\n\r\n"

static bool starts_at(const struct web *web, const char *address)
{
    struct server_options options = web->options;
    options.addresses = &address;
    options.listener_count = 1;
    struct server *server = NULL;
    struct error error = {};
    bool started = server_start(&server, &options, &error);
    test_note("%s: %s", address, error.about);
    CHECK(started || error.about[0]);
    server_stop(server);
    return started;
}

TEST(two_servers_cannot_have_one_address)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, NULL);
    char taken[32];
    snprintf(taken, sizeof taken, "127.0.0.1:%d", server_port(web.server, 0));
    CHECK(!starts_at(&web, taken));
    CHECK(!starts_at(&web, web.socket_path));
    CHECK(!starts_at(&web, "no address"));
    CHECK(!starts_at(&web, "unix:/nowhere/at/all.sock"));
    CHECK(starts_at(&web, "127.0.0.1:0"));
}

TEST(a_socket_that_a_killed_server_left_is_replaced)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, NULL);
    char address[80];
    snprintf(address, sizeof address, "%s.left", web.socket_path);
    struct sockaddr_un left = { .sun_family = AF_UNIX };
    snprintf(left.sun_path, sizeof left.sun_path, "%s", address + sizeof "unix:" - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(bind(fd, (struct sockaddr *)&left, sizeof left) == 0 && listen(fd, 1) == 0);
    CHECK(!starts_at(&web, address));
    close(fd);
    CHECK(starts_at(&web, address));
    CHECK(access(left.sun_path, F_OK) != 0); /* its server took it away */
}

TEST(a_file_that_is_no_socket_is_never_replaced)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, NULL);
    char address[80];
    snprintf(address, sizeof address, "%s.file", web.socket_path);
    const char *path = address + sizeof "unix:" - 1;
    FILE *file = fopen(path, "w");
    CHECK(file && fclose(file) == 0);
    CHECK(!starts_at(&web, address));
    CHECK(unlink(path) == 0);
}

enum { CLIENTS = 6, BEFORE = 20, IDLE_MS = 200 /* for which a draining server waits for who says nothing */ };

struct load {
    struct web *web;
    bool reconnects;
    atomic_int answered, lost;
    atomic_bool told; /* that the server closes */
};

enum outcome { ANSWERED, CLOSED, LOST };

/* Whoever says nothing for so long, since it connected or asked the last time, may be hung up on: that loses
 * no request. */
static enum outcome ask(struct wire *wire, int64_t *since_us, struct answer *answer)
{
    int64_t begun_us = clock_monotonic_us();
    bool sent = wire_send(wire, TEXT(GET("/later")));
    bool was_idle = clock_monotonic_us() - *since_us >= IDLE_MS * 1'000;
    *since_us = begun_us;
    return sent && wire_answer(wire, answer, false) ? ANSWERED : was_idle ? CLOSED : LOST;
}

/* Asks until it is told that the server closes, or cannot connect any more. */
static void *ask_on_and_on(void *argument)
{
    struct load *load = argument;
    struct answer answer = {};
    enum outcome outcome;
    do {
        [[gnu::cleanup(wire_close)]] struct wire wire;
        int64_t since_us = clock_monotonic_us();
        wire_open(&wire, load->web, 0);
        if (wire.fd < 0)
            return NULL;
        do {
            outcome = ask(&wire, &since_us, &answer);
            atomic_fetch_add(&load->answered, outcome == ANSWERED);
            atomic_fetch_add(&load->lost, outcome == LOST);
        } while (outcome == ANSWERED && !load->reconnects
                 && !text_contains(answer.head, TEXT("Connection: close")));
    } while (load->reconnects && outcome != LOST);
    atomic_store(&load->told, outcome != LOST);
    return NULL;
}

static bool is_under_way(struct load *load)
{
    return atomic_load(&load->answered) < BEFORE && atomic_load(&load->lost) == 0
        && !atomic_load(&load->told);
}

TEST(draining_under_load_loses_no_request)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, NULL);
    struct load loads[CLIENTS] = {};
    pthread_t threads[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        loads[i].web = &web;
        loads[i].reconnects = i % 3 == 2;
        CHECK(pthread_create(&threads[i], NULL, ask_on_and_on, &loads[i]) == 0);
    }
    for (int i = 0; i < CLIENTS; i++)
        while (is_under_way(&loads[i]))
            sched_yield();
    CHECK(server_drain(web.server, WEB_WAIT_MS));
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], NULL);
        test_note("client %d: %d answered, %d lost", i, loads[i].answered, loads[i].lost);
        CHECK(loads[i].answered >= BEFORE && loads[i].lost == 0);
        CHECK(loads[i].told != loads[i].reconnects);
    }
    CHECK(server_figures(web.server).connections == 0);
}

TEST(draining_answers_all_that_was_sent_before)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, NULL);
    [[gnu::cleanup(wire_close)]] struct wire wire, idle, waiting;
    wire_open(&wire, &web, 0);
    wire_open(&idle, &web, 0);
    CHECK(wire_send(&wire, TEXT(GET("/held") GET("/echo?1") GET("/echo?2"))));
    struct exchange *held = web_held(&web);
    wire_open(&waiting, &web, 1);
    CHECK(wire_send(&waiting, TEXT(GET("/echo?3"))));
    CHECK(!server_drain(web.server, 1));
    CHECK(wire_is_over(&idle));
    CHECK(wire_body(&waiting, "GET /echo?3 ") && wire_is_over(&waiting));
    web_echo(held);
    struct answer answer = {};
    CHECK(wire_body(&wire, "GET /held ") && wire_body(&wire, "GET /echo?1 "));
    CHECK(wire_answer(&wire, &answer, false) && text_is(answer.body, "GET /echo?2 "));
    CHECK(text_contains(answer.head, TEXT("Connection: close")) && wire_is_over(&wire));
    CHECK(server_drain(web.server, WEB_WAIT_MS));
}

TEST(a_successor_has_the_socket_while_the_old_server_drains)
{
    struct web web;
    web_begin(&web, NULL);
    [[gnu::cleanup(wire_close)]] struct wire wire;
    wire_open(&wire, &web, 1);
    CHECK(wire_send(&wire, TEXT(GET("/held"))));
    struct exchange *held = web_held(&web);
    CHECK(!server_drain(web.server, 1));
    struct server_options options = web.options;
    options.addresses = &web.addresses[1];
    options.listener_count = 1;
    struct server *successor = NULL;
    struct error error = {};
    /* The loop takes the file away when it hears of the drain. */
    for (int waited_ms = 0; !server_start(&successor, &options, &error) && waited_ms < WEB_WAIT_MS;
         waited_ms++)
        poll(NULL, 0, 1);
    CHECK(successor);
    web_echo(held);
    CHECK(wire_body(&wire, "GET /held ") && wire_is_over(&wire));
    char path[sizeof web.socket_path];
    snprintf(path, sizeof path, "%.*s", (int)sizeof path - 1, web.socket_path + sizeof "unix:" - 1);
    web_end(&web);
    CHECK(access(path, F_OK) == 0);
    server_stop(successor);
    CHECK(access(path, F_OK) != 0);
}

TEST(stopping_does_not_ask_and_closes_all)
{
    struct web web;
    web_begin(&web, NULL);
    [[gnu::cleanup(wire_close)]] struct wire half, asked;
    wire_open(&half, &web, 0);
    wire_open(&asked, &web, 1);
    CHECK(wire_send(&half, TEXT("GET / HT")) && wire_send(&asked, TEXT(GET("/later"))));
    web_end(&web);
    CHECK(access(web.socket_path + sizeof "unix:" - 1, F_OK) != 0);
}

TEST(the_client_of_the_command_line_calls)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, NULL);
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    char tcp[32];
    snprintf(tcp, sizeof tcp, "127.0.0.1:%d", server_port(web.server, 0));
    const char *addresses[] = { tcp, web.socket_path };
    for (int i = 0; i < 2; i++) {
        struct http_call call = {
            .address = addresses[i], .method = "PATCH", .target = "/later", .body = TEXT("{}")
        };
        struct error error = {};
        struct text body;
        int status = 0;
        CHECK(http_call(&call, arena, &status, &body, &error) && status == 200
              && text_is(body, "PATCH /later {}"));
        call.target = "/large?3000000";
        CHECK(http_call(&call, arena, &status, &body, &error) && body.length == 3'000'000);
        call.target = "nowhere";
        CHECK(http_call(&call, arena, &status, &body, &error) && status == 400 && body.length > 0);
    }
}

TEST(the_client_of_the_command_line_gives_up)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, NULL);
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct error error = {};
    struct text body;
    int status = 0;
    struct http_call call = {
        .address = web.socket_path, .method = "GET", .target = "/held", .timeout_ms = 50
    };
    CHECK(!http_call(&call, arena, &status, &body, &error) && error.about[0]);
    web_echo(web_held(&web));
    call.address = "unix:/nowhere.sock";
    CHECK(!http_call(&call, arena, &status, &body, &error));
}

static _Atomic int turns;

/* Wants to be called a few times more, though nothing comes. */
static int turn_again(void *web)
{
    (void)web;
    return atomic_fetch_add(&turns, 1) < 100 ? 1 : -1;
}

TEST(a_loop_turns_again_when_it_is_asked_to)
{
    [[gnu::cleanup(web_end)]] struct web web;
    atomic_store(&turns, 0);
    web_begin(&web, &(struct server_options){ .loop_turned = turn_again });
    [[gnu::cleanup(wire_close)]] struct wire wire;
    wire_open(&wire, &web, 0);
    CHECK(wire_send(&wire, TEXT("GET /echo HTTP/1.1\r\nHost: a.test\r\n\r\n"))
          && wire_body(&wire, "GET /echo "));
    int64_t until_us = clock_monotonic_us() + WEB_WAIT_MS * INT64_C(1'000);
    while (atomic_load(&turns) <= 100 && clock_monotonic_us() < until_us)
        sched_yield();
    CHECK(atomic_load(&turns) > 100);
}

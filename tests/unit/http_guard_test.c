/* The server and clients that drip, sleep, vanish or are too many. */
#include "test.h"
#include "web.h"
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HOST_LINE     "Host: a.test\r\n"
#define GET(target)   "GET " target " HTTP/1.1\r\n" HOST_LINE "\r\n"
#define POST(headers) "POST /echo HTTP/1.1\r\n" HOST_LINE headers "\r\n"

/* One byte every 2 ms until an answer comes: it comes by the deadline, however lively the client is. To one
 * that was not, it has come with the answer before. */
static bool drip_until_answered(struct wire *wire, struct text begin)
{
    (void)wire_send(wire, begin);
    for (int i = 0; i < WEB_WAIT_MS / 2; i++) {
        if (wire->in.length > 0 || wire_poll(wire, 2))
            return true;
        (void)wire_send(wire, TEXT("x"));
    }
    return false;
}

TEST(a_client_that_drips_is_cut)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, &(struct server_options){ .head_deadline_ms = 50, .body_deadline_ms = 50 });
    static const struct text begins[] = {
        TEXT_CONSTANT("GET /"),
        TEXT_CONSTANT("GET / HTTP/1.1\r\nHost: a\r\nA: "),
        TEXT_CONSTANT(POST("Content-Length: 1000000\r\n")),
        TEXT_CONSTANT(GET("/echo") "GET /"),
    };
    for (int i = 0; i < 4; i++) {
        [[gnu::cleanup(wire_close)]] struct wire wire;
        wire_open(&wire, &web, i % 2);
        test_note("case %d", i);
        CHECK(drip_until_answered(&wire, begins[i]));
        if (i == 3)
            CHECK(wire_body(&wire, "GET /echo ") && drip_until_answered(&wire, TEXT("x")));
        CHECK(wire_status(&wire, 408));
        CHECK(shutdown(wire.fd, SHUT_WR) == 0 && wire_is_over(&wire));
    }
}

/* Who is too slow to ask is closed before, and comes again. */
static void open_and_ask(struct wire *wire, struct web *web)
{
    wire_open(wire, web, 0);
    while (!wire_send(wire, TEXT(GET("/echo"))) || !wire_body(wire, "GET /echo ")) {
        wire_close(wire);
        wire_open(wire, web, 0);
    }
}

TEST(an_idle_client_is_closed_without_a_word)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, &(struct server_options){ .idle_deadline_ms = 30 });
    [[gnu::cleanup(wire_close)]] struct wire silent, asking;
    wire_open(&silent, &web, 0);
    CHECK(wire_is_over(&silent));
    open_and_ask(&asking, &web);
    CHECK(wire_is_over(&asking));
}

TEST(a_client_that_does_not_read_is_cut)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, &(struct server_options){ .write_deadline_ms = 50 });
    [[gnu::cleanup(wire_close)]] struct wire wire;
    wire_open(&wire, &web, 0);
    CHECK(wire_send(&wire, TEXT(GET("/large?50000000"))));
    CHECK(web_ended(&web, 0, 1) && web_is_empty(&web));
}

TEST(an_answer_to_a_client_that_left_goes_nowhere)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, NULL);
    struct wire gone, others[8];
    wire_open(&gone, &web, 1); /* a Unix socket tells at once that its other end has closed */
    CHECK(wire_send(&gone, TEXT(GET("/held") GET("/echo"))));
    struct exchange *held = web_held(&web);
    wire_close(&gone);
    CHECK(web_is_empty(&web));
    for (int i = 0; i < 8; i++) /* one of them has the place that became free */
        wire_open(&others[i], &web, 1);
    CHECK(wire_send(&others[7], TEXT(GET("/later"))) && wire_body(&others[7], "GET /later "));
    web_echo(held);
    CHECK(web_ended(&web, 1, 1));
    for (int i = 0; i < 8; i++) {
        CHECK(wire_send(&others[i], TEXT(GET("/echo?mine"))) && wire_body(&others[i], "GET /echo?mine "));
        wire_close(&others[i]);
    }
}

TEST(clients_that_vanish_at_any_moment_leave_nothing)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, NULL);
    static const struct text request =
        TEXT_CONSTANT("POST /later HTTP/1.1\r\n" HOST_LINE
                      "Content-Length: 4\r\n\r\nbody" GET("/large?3000000") GET("/later"));
    struct linger reset = { .l_onoff = 1 };
    for (size_t cut = 0; cut <= request.length; cut++)
        for (int how = 0; how < 3; how++) {
            [[gnu::cleanup(wire_close)]] struct wire wire;
            wire_open(&wire, &web, how == 2);
            CHECK(wire_send(&wire, text_slice(request, 0, cut)));
            if (how == 1)
                setsockopt(wire.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
            if (cut > 0 && cut % 3 == 0)
                wire_poll(&wire, 0);
        }
    CHECK(web_is_empty(&web));
    [[gnu::cleanup(wire_close)]] struct wire wire;
    wire_open(&wire, &web, 0);
    CHECK(wire_send(&wire, TEXT(GET("/echo"))) && wire_body(&wire, "GET /echo "));
}

TEST(one_connection_more_than_allowed_is_told_so)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, &(struct server_options){ .connections_max = 3 });
    struct wire wires[3];
    for (int i = 0; i < 3; i++) {
        wire_open(&wires[i], &web, 0);
        CHECK(wire_send(&wires[i], TEXT(GET("/echo"))) && wire_body(&wires[i], "GET /echo "));
    }
    [[gnu::cleanup(wire_close)]] struct wire one_more;
    wire_open(&one_more, &web, 0);
    CHECK(wire_status(&one_more, 503) && wire_is_over(&one_more));
    for (int i = 0; i < 3; i++)
        wire_close(&wires[i]);
    CHECK(web_is_empty(&web));
    [[gnu::cleanup(wire_close)]] struct wire again;
    wire_open(&again, &web, 0);
    CHECK(wire_send(&again, TEXT(GET("/echo"))) && wire_body(&again, "GET /echo "));
}

static int64_t cpu_ms(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1'000'000;
}

TEST(without_descriptors_the_server_waits_and_does_not_spin)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, NULL);
    struct rlimit usual, none;
    CHECK(getrlimit(RLIMIT_NOFILE, &usual) == 0);
    int unused = socket(AF_INET, SOCK_STREAM, 0); /* the lowest that is free is what the wire gets */
    close(unused);
    none = (struct rlimit){ (rlim_t)unused + 1, usual.rlim_max };
    CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
    [[gnu::cleanup(wire_close)]] struct wire wire;
    wire_open(&wire, &web, 0);
    CHECK(wire_send(&wire, TEXT(GET("/echo"))));
    int64_t before_ms = cpu_ms();
    CHECK(!wire_poll(&wire, 250));
    CHECK(cpu_ms() - before_ms < 100);
    CHECK(setrlimit(RLIMIT_NOFILE, &usual) == 0);
    CHECK(wire_body(&wire, "GET /echo "));
}

/* The server over real sockets: what it answers, when it closes, and that nothing is left when clients
 * vanish. */
#include "base/clock.h"
#include "base/metrics.h"
#include "test.h"
#include "web.h"
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOST_LINE     "Host: a.test\r\n"
#define GET(target)   "GET " target " HTTP/1.1\r\n" HOST_LINE "\r\n"
#define POST(headers) "POST /echo HTTP/1.1\r\n" HOST_LINE headers "\r\n"

TEST(what_is_refused_is_answered_once_and_closed)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, NULL);
    static const struct {
        int status;
        struct text bytes;
    } cases[] = {
        { 400, TEXT_CONSTANT(POST("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n")) },
        { 400, TEXT_CONSTANT("GET / HTTP/1.1\r\n\r\n") },
        { 400, TEXT_CONSTANT("GET / HTTP/1.1\n") },
        { 413, TEXT_CONSTANT(POST("Content-Length: 2000000\r\n")) },
        { 413, TEXT_CONSTANT(POST("Expect: 100-continue\r\nContent-Length: 2000000\r\n")) },
        { 417, TEXT_CONSTANT(POST("Expect: a miracle\r\nContent-Length: 4\r\n")) },
        { 501, TEXT_CONSTANT(POST("Transfer-Encoding: gzip\r\n")) },
        { 505, TEXT_CONSTANT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") },
    };
    int count = sizeof cases / sizeof *cases;
    for (int i = 0; i < count; i++) {
        [[gnu::cleanup(wire_close)]] struct wire wire;
        wire_open(&wire, &web, 0);
        test_note("case %d", i);
        wire_send(&wire, cases[i].bytes);
        wire_send(&wire, TEXT(GET("/echo") GET("/echo")));
        struct answer answer = {};
        CHECK(wire_answer(&wire, &answer, false) && answer.status == cases[i].status
              && answer.body.length > 0);
        CHECK(text_contains(answer.head, TEXT("\r\nConnection: close\r\n")));
        CHECK(wire_is_over(&wire));
    }
    CHECK(web_ended(&web, count, 0));
    CHECK(server_figures(web.server).refused == count && server_figures(web.server).requests == 0);
}

TEST(an_answer_has_what_http_wants)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, NULL);
    [[gnu::cleanup(wire_close)]] struct wire wire;
    wire_open(&wire, &web, 0);
    struct answer answer = {};
    CHECK(wire_send(&wire, TEXT(GET("/status?201"))) && wire_answer(&wire, &answer, false));
    CHECK(answer.status == 201 && text_starts(answer.head, TEXT("HTTP/1.1 201 Created\r\nDate: ")));
    CHECK(text_contains(answer.head, TEXT(" GMT\r\n"))
          && text_contains(answer.head, TEXT("\r\nX-Number: 201\r\n")));
    CHECK(!text_contains(answer.head, TEXT("Connection:")) && text_is(answer.body, "body"));

    CHECK(wire_send(&wire, TEXT("HEAD /status?200 HTTP/1.1\r\n" HOST_LINE "\r\n")));
    CHECK(wire_answer(&wire, &answer, true) && text_contains(answer.head, TEXT("\r\nContent-Length: 4\r\n")));
    CHECK(wire_send(&wire, TEXT(GET("/status?204") GET("/status?304"))));
    for (int status = 204; status <= 304; status += 100) {
        CHECK(wire_answer(&wire, &answer, false) && answer.status == status);
        CHECK(!text_contains(answer.head, TEXT("Content-Length")));
    }
    CHECK(wire_send(&wire, TEXT(GET("/echo"))) && wire_body(&wire, "GET /echo "));

    CHECK(wire_send(&wire, TEXT(GET("/close") GET("/echo"))) && wire_status(&wire, 200)
          && wire_is_over(&wire));
}

TEST(old_clients_and_those_who_ask_for_it_are_closed)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, NULL);
    static const struct text requests[] = {
        TEXT_CONSTANT("GET /echo HTTP/1.0\r\n\r\n"),
        TEXT_CONSTANT("GET /echo HTTP/1.1\r\n" HOST_LINE "Connection: close\r\n\r\n"),
    };
    for (int i = 0; i < 2; i++) {
        [[gnu::cleanup(wire_close)]] struct wire wire;
        wire_open(&wire, &web, 0);
        CHECK(wire_send(&wire, requests[i]) && wire_body(&wire, "GET /echo ") && wire_is_over(&wire));
    }
}

TEST(pipelined_requests_are_answered_in_order)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, NULL);
    [[gnu::cleanup(wire_close)]] struct wire wire;
    wire_open(&wire, &web, 0);
    struct buffer requests = { .arena = wire.arena };
    for (int i = 0; i < 500; i++)
        buffer_print(&requests, "PUT /%s?%d HTTP/1.1\r\n" HOST_LINE "Content-Length: 3\r\n\r\n%03d",
                     i % 3 ? "echo" : "later", i, i);
    CHECK(wire_send(&wire, requests.text));
    for (int i = 0; i < 500; i++) {
        test_note("request %d", i);
        CHECK(wire_body(&wire,
                        arena_format(wire.arena, "PUT /%s?%d %03d", i % 3 ? "echo" : "later", i, i).data));
    }
    CHECK(metric_read(METRIC_connections) == 1);
}

TEST(a_request_in_single_bytes_is_a_request)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, NULL);
    [[gnu::cleanup(wire_close)]] struct wire wire;
    wire_open(&wire, &web, 0);
    struct text bytes = TEXT(POST("Transfer-Encoding: chunked\r\n") "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
    for (size_t i = 0; i < bytes.length; i++)
        CHECK(wire_send(&wire, text_slice(bytes, i, i + 1)));
    CHECK(wire_body(&wire, "POST /echo abc"));
}

TEST(a_client_that_has_said_all_still_gets_its_answers)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, NULL);
    [[gnu::cleanup(wire_close)]] struct wire wire;
    wire_open(&wire, &web, 0);
    CHECK(wire_send(&wire, TEXT(GET("/later") GET("/echo"))) && shutdown(wire.fd, SHUT_WR) == 0);
    CHECK(wire_body(&wire, "GET /later ") && wire_body(&wire, "GET /echo ") && wire_is_over(&wire));
}

TEST(large_bodies_go_both_ways)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, NULL);
    [[gnu::cleanup(wire_close)]] struct wire wire;
    wire_open(&wire, &web, 0);
    struct buffer request = { .arena = wire.arena };
    buffer_print(&request, "POST /later HTTP/1.1\r\n" HOST_LINE "Content-Length: %d\r\n\r\n", BODY_MAX);
    for (int i = 0; i < BODY_MAX; i++)
        buffer_add_byte(&request, (char)('a' + i % 26));
    struct answer answer = {};
    CHECK(wire_send(&wire, request.text) && wire_answer(&wire, &answer, false));
    CHECK(text_starts(answer.body, TEXT("POST /later abc"))
          && text_ends(request.text, text_slice(answer.body, 12, SIZE_MAX)));
    CHECK(answer.body.length == BODY_MAX + 12);
    /* More than the kernel takes at once. */
    CHECK(wire_send(&wire, TEXT(GET("/large?20000000"))) && wire_answer(&wire, &answer, false));
    CHECK(answer.body.length == 20'000'000 && answer.body.data[19'999'999] == 'x');
}

/* False also where the server has waited so long for the rest that it closed. */
static bool too_much_is_refused(struct web *web, bool *in_time)
{
    enum { LINGER_US = 2'000'000 };
    [[gnu::cleanup(wire_close)]] struct wire wire;
    wire_open(&wire, web, 0);
    struct buffer request = { .arena = wire.arena };
    buffer_print(&request, POST("Content-Length: 4000000\r\n"));
    for (int i = 0; i < 4'000'000; i++)
        buffer_add_byte(&request, 'x');
    int64_t begun_us = clock_monotonic_us();
    bool sent = wire_send(&wire, request.text) && shutdown(wire.fd, SHUT_WR) == 0;
    *in_time = clock_monotonic_us() - begun_us < LINGER_US;
    return sent && wire_status(&wire, 413) && wire_is_over(&wire);
}

TEST(who_sends_too_much_is_told_before_it_is_hung_up_on)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, NULL);
    bool refused = false, in_time = false;
    for (int i = 0; i < 5 && !refused && !in_time; i++) /* a machine that stood still tries again */
        refused = too_much_is_refused(&web, &in_time);
    CHECK(refused);
}

TEST(who_waits_for_it_is_told_to_go_on)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, NULL);
    [[gnu::cleanup(wire_close)]] struct wire wire;
    wire_open(&wire, &web, 0);
    CHECK(wire_send(&wire, TEXT(POST("Expect: 100-continue\r\nContent-Length: 2\r\n"))));
    CHECK(wire_status(&wire, 100) && wire_send(&wire, TEXT("ab")) && wire_body(&wire, "POST /echo ab"));
    CHECK(wire_send(&wire, TEXT(POST("Expect: 100-continue\r\nContent-Length: 2\r\n") "cd")));
    struct answer answer = {};
    CHECK(wire_answer(&wire, &answer, false) && answer.status == 200
          && text_is(answer.body, "POST /echo cd"));
}

TEST(a_unix_socket_is_private_and_tells_who_calls)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, NULL);
    const char *path = web.socket_path + sizeof "unix:" - 1;
    struct stat status;
    CHECK(stat(path, &status) == 0 && S_ISSOCK(status.st_mode) && (status.st_mode & 0777) == 0600);
    {
        [[gnu::cleanup(wire_close)]] struct wire wire;
        wire_open(&wire, &web, 1);
        CHECK(wire_send(&wire, TEXT(GET("/later"))) && wire_body(&wire, "GET /later "));
        CHECK(web_ended(&web, 1, 0) && web.last_uid == getuid() && web.last_listener == 1);
    }
    [[gnu::cleanup(wire_close)]] struct wire wire;
    wire_open(&wire, &web, 0);
    CHECK(wire_send(&wire, TEXT(GET("/echo"))) && wire_body(&wire, "GET /echo "));
    CHECK(web_ended(&web, 2, 0) && web.last_uid == (uid_t)-1 && web.last_listener == 0);
}

/* A handler that waits for something else than its client, in the loop's own thread. */
static int channel[2];
static struct exchange *waiting;

static void channel_ready(void *loop_state)
{
    char byte;
    (void)loop_state;
    CHECK(read(channel[0], &byte, 1) == 1);
    web_echo(waiting);
}

static void wait_for_channel(struct exchange *exchange, void *loop_state)
{
    (void)loop_state;
    waiting = exchange;
    CHECK(server_watch(channel[0], channel_ready));
}

TEST(a_handler_may_wait_for_another_descriptor_in_its_loop)
{
    [[gnu::cleanup(web_end)]] struct web web;
    web_begin(&web, &(struct server_options){ .handle = wait_for_channel });
    for (int i = 0; i < 3; i++) { /* each time another one, of the same number */
        [[gnu::cleanup(wire_close)]] struct wire wire;
        CHECK(pipe(channel) == 0);
        wire_open(&wire, &web, 1);
        CHECK(wire_send(&wire, TEXT("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")));
        CHECK(write(channel[1], "x", 1) == 1);
        CHECK(wire_status(&wire, 200));
        close(channel[0]);
        close(channel[1]);
    }
}

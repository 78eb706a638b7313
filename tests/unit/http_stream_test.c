/* Answers that go on: what is told arrives whole, in order and once, and nobody waits for who does not read.
 */
#include "test.h"
#include "web.h"
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define GET(target) "GET " target " HTTP/1.1\r\nHost: a.test\r\n\r\n"

enum { LINE_SIZE = 8, LISTENERS = 100 };

/* Everybody is told the same: the numbers up to `told`, a line each, and then, where it is said, the end. */
static atomic_int told, closed;
static atomic_bool over;

struct listener {
    struct stream stream;
    int heard;
};

static size_t next(void *reader, bool quiet, char *room, size_t size, bool *is_over)
{
    struct listener *listener = reader;
    size_t length = 0;
    while (listener->heard < atomic_load(&told) && size - length >= LINE_SIZE) {
        snprintf(room + length, size - length, "%07d", listener->heard++);
        length += LINE_SIZE;
        room[length - 1] = '\n';
    }
    if (quiet && length == 0)
        room[length++] = ':';
    *is_over = atomic_load(&over) && listener->heard == atomic_load(&told);
    return length;
}

static void close_listener(void *reader)
{
    (void)reader;
    atomic_fetch_add(&closed, 1);
}

static void listen_to(struct exchange *exchange)
{
    struct listener *listener = arena_new(exchange->arena, struct listener);
    listener->stream = (struct stream){ listener, next, close_listener };
    exchange->response.status = 200;
    exchange->response.stream = &listener->stream;
    buffer_print(&exchange->response.body, "hello\n");
    exchange_finish(exchange);
}

static void handle(struct exchange *exchange, void *loop_state)
{
    struct web *web = loop_state;
    if (!text_is(exchange->request.path, "/held")) {
        listen_to(exchange);
        return;
    }
    pthread_mutex_lock(&web->mutex);
    web->held = exchange;
    pthread_cond_broadcast(&web->changed);
    pthread_mutex_unlock(&web->mutex);
}

static void begin(struct web *web, struct server_options options)
{
    atomic_store(&told, 0);
    atomic_store(&closed, 0);
    atomic_store(&over, false);
    options.handle = handle;
    web_begin(web, &options);
}

static void tell(struct web *web, int count)
{
    atomic_fetch_add(&told, count);
    server_wake_streams(web->server);
}

/* Opens a stream, and reads its head and what it begins with. */
static void open_stream(struct wire *wire, struct web *web, int listener)
{
    struct answer answer = {};
    wire_open(wire, web, listener);
    CHECK(wire_send(wire, TEXT(GET("/stream"))) && wire_answer(wire, &answer, false) && answer.status == 200);
    CHECK(text_contains(answer.head, TEXT("Connection: close\r\n")));
    CHECK(!text_contains(answer.head, TEXT("Content-Length")));
    while (wire->in.length < 6 && wire_poll(wire, WEB_WAIT_MS))
        ;
    CHECK(text_starts(wire->in.text, TEXT("hello\n")));
    wire->in.length -= 6;
    memmove(wire->in.data, wire->in.data + 6, wire->in.length);
}

/* Takes the numbers from `from` up to `to`, which must come in order and whole. */
static bool hears(struct wire *wire, int from, int to)
{
    size_t whole = (size_t)(to - from) * LINE_SIZE;
    while (wire->in.length < whole)
        if (!wire_poll(wire, WEB_WAIT_MS))
            return false;
    for (int i = from; i < to; i++) {
        char line[2 * LINE_SIZE];
        snprintf(line, sizeof line, "%07d\n", i);
        if (memcmp(wire->in.data + (size_t)(i - from) * LINE_SIZE, line, LINE_SIZE) != 0)
            return false;
    }
    wire->in.length -= whole;
    memmove(wire->in.data, wire->in.data + whole, wire->in.length);
    return true;
}

static bool all_closed(int count)
{
    for (int waited_ms = 0; atomic_load(&closed) < count && waited_ms < WEB_WAIT_MS; waited_ms++)
        poll(NULL, 0, 1);
    return atomic_load(&closed) == count;
}

TEST(a_stream_goes_on_until_it_is_over)
{
    [[gnu::cleanup(web_end)]] struct web web;
    begin(&web, (struct server_options){});
    for (int listener = 0; listener < 2; listener++) {
        [[gnu::cleanup(wire_close)]] struct wire wire;
        int before = atomic_load(&told);
        open_stream(&wire, &web, listener);
        tell(&web, 3);
        CHECK(hears(&wire, 0, before + 3));
        tell(&web, 1);
        CHECK(hears(&wire, before + 3, before + 4));
        atomic_store(&over, true);
        server_wake_streams(web.server);
        CHECK(wire_is_over(&wire) && all_closed(listener + 1));
        atomic_store(&over, false);
    }
    CHECK(web_is_empty(&web) && web_ended(&web, 2, 0));
}

TEST(everybody_hears_everything_once)
{
    [[gnu::cleanup(web_end)]] struct web web;
    begin(&web, (struct server_options){});
    static struct wire wires[LISTENERS];
    for (int i = 0; i < LISTENERS; i++)
        open_stream(&wires[i], &web, i % 2);
    for (int i = 0; i < 50; i++)
        tell(&web, 2);
    for (int i = 0; i < LISTENERS; i++) {
        CHECK(hears(&wires[i], 0, 100));
        wire_close(&wires[i]);
    }
    CHECK(all_closed(LISTENERS) && web_is_empty(&web));
}

TEST(who_reads_late_misses_nothing)
{
    enum { LINES = 1'000'000, LATE_MS = 600'000 };
    [[gnu::cleanup(web_end)]] struct web web;
    begin(&web, (struct server_options){ .write_deadline_ms = LATE_MS });
    [[gnu::cleanup(wire_close)]] struct wire late, other;
    open_stream(&late, &web, 0);
    tell(&web, LINES); /* more than the kernel takes */
    open_stream(&other, &web, 0);
    CHECK(hears(&other, 0, LINES));
    CHECK(hears(&late, 0, LINES));
    tell(&web, 1);
    CHECK(hears(&late, LINES, LINES + 1));
}

TEST(who_does_not_read_is_cut)
{
    [[gnu::cleanup(web_end)]] struct web web;
    begin(&web, (struct server_options){ .write_deadline_ms = 100 });
    [[gnu::cleanup(wire_close)]] struct wire deaf;
    open_stream(&deaf, &web, 0);
    tell(&web, 5'000'000);
    CHECK(all_closed(1) && web_is_empty(&web));
}

TEST(a_quiet_stream_gives_a_sign_of_life)
{
    [[gnu::cleanup(web_end)]] struct web web;
    begin(&web, (struct server_options){ .quiet_ms = 20 });
    [[gnu::cleanup(wire_close)]] struct wire wire;
    open_stream(&wire, &web, 0);
    while (wire.in.length < 2 && wire_poll(&wire, WEB_WAIT_MS))
        ;
    CHECK(text_starts(wire.in.text, TEXT("::")));
}

TEST(a_stream_ends_with_its_client)
{
    [[gnu::cleanup(web_end)]] struct web web;
    begin(&web, (struct server_options){});
    struct wire left, gone;
    open_stream(&left, &web, 0);
    wire_close(&left);
    CHECK(all_closed(1));
    wire_open(&gone, &web, 1); /* before its answer begins */
    CHECK(wire_send(&gone, TEXT(GET("/held"))));
    struct exchange *held = web_held(&web);
    wire_close(&gone);
    CHECK(web_is_empty(&web));
    listen_to(held);
    CHECK(all_closed(2) && web_ended(&web, 1, 1));
}

TEST(a_head_of_a_stream_is_all)
{
    [[gnu::cleanup(web_end)]] struct web web;
    begin(&web, (struct server_options){});
    [[gnu::cleanup(wire_close)]] struct wire wire;
    wire_open(&wire, &web, 0);
    struct answer answer = {};
    CHECK(wire_send(&wire, TEXT("HEAD /stream HTTP/1.1\r\nHost: a.test\r\n\r\n")));
    CHECK(wire_answer(&wire, &answer, true) && answer.status == 200 && wire_is_over(&wire) && all_closed(1));
}

TEST(a_drain_ends_the_streams)
{
    [[gnu::cleanup(web_end)]] struct web web;
    begin(&web, (struct server_options){});
    [[gnu::cleanup(wire_close)]] struct wire first, second;
    open_stream(&first, &web, 0);
    open_stream(&second, &web, 1);
    CHECK(server_drain(web.server, WEB_WAIT_MS) && atomic_load(&closed) == 2);
    CHECK(wire_is_over(&first) && wire_is_over(&second));
}

TEST(a_stop_ends_the_streams)
{
    struct web web;
    begin(&web, (struct server_options){});
    [[gnu::cleanup(wire_close)]] struct wire wire;
    open_stream(&wire, &web, 0);
    tell(&web, 1);
    web_end(&web);
    CHECK(atomic_load(&closed) == 1);
}

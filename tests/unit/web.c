#include "web.h"
#include "test.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct later {
    struct task task; /* first: the pool gives it back */
    struct exchange *exchange;
};

static struct timespec deadline(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WEB_WAIT_MS / 1000;
    return until;
}

void web_echo(struct exchange *exchange)
{
    const struct request *request = &exchange->request;
    exchange->response.status = 200;
    exchange->response.content_type = TEXT("text/plain");
    buffer_print(&exchange->response.body, "%s %.*s ", method_names[request->method],
                 TEXT_ARG(request->target));
    buffer_add(&exchange->response.body, request->body);
    exchange_finish(exchange);
}

static void run_later(struct task *task, void *thread_state)
{
    (void)thread_state;
    web_echo(((struct later *)task)->exchange);
}

static void hold(struct web *web, struct exchange *exchange)
{
    pthread_mutex_lock(&web->mutex);
    web->held = exchange;
    pthread_cond_broadcast(&web->changed);
    pthread_mutex_unlock(&web->mutex);
}

static void answer_bytes(struct exchange *exchange, int64_t count)
{
    exchange->response.status = 200;
    buffer_reserve(&exchange->response.body, (size_t)count);
    memset(exchange->response.body.data, 'x', (size_t)count);
    exchange->response.body.length = (size_t)count;
    exchange_finish(exchange);
}

static void handle(struct exchange *exchange, void *loop_state)
{
    struct web *web = loop_state;
    const struct request *request = &exchange->request;
    int64_t number = 0;
    (void)!text_to_integer(request->query, &number);
    if (text_is(request->path, "/later")) {
        struct later *later = arena_new(exchange->arena, struct later);
        *later = (struct later){ .task.run = run_later, .exchange = exchange };
        if (!pool_submit(web->pool, &later->task))
            abort();
    } else if (text_is(request->path, "/held")) {
        hold(web, exchange);
    } else if (text_is(request->path, "/large")) {
        answer_bytes(exchange, number);
    } else if (text_is(request->path, "/status")) {
        exchange->response.status = (int)number;
        response_header(&exchange->response, TEXT("X-Number"), request->query);
        buffer_print(&exchange->response.body, "body");
        exchange_finish(exchange);
    } else {
        exchange->response.close = text_is(request->path, "/close");
        web_echo(exchange);
    }
}

static void refuse(struct response *response, int status, const char *why)
{
    (void)status;
    buffer_print(&response->body, "%s", why);
}

static void finished(struct exchange *exchange, bool delivered, void *context)
{
    struct web *web = context;
    pthread_mutex_lock(&web->mutex);
    *(delivered ? &web->delivered : &web->lost) += 1;
    web->last_uid = exchange->request.peer_uid;
    web->last_listener = exchange->request.listener;
    pthread_cond_broadcast(&web->changed);
    pthread_mutex_unlock(&web->mutex);
}

static void *begin_loop(void *context)
{
    return context;
}

void web_begin(struct web *web, const struct server_options *options)
{
    static int count;
    *web = (struct web){ .options = options ? *options : (struct server_options){} };
    snprintf(web->socket_path, sizeof web->socket_path, "unix:/tmp/http-test-%d-%d.sock", getpid(), count++);
    web->addresses[0] = "127.0.0.1:0";
    web->addresses[1] = web->socket_path;
    pthread_mutex_init(&web->mutex, NULL);
    pthread_cond_init(&web->changed, NULL);
    web->pool = pool_create(&(struct pool_options){ .name = "later", .threads = 1, .queue_max = 10'000 });
    web->options.addresses = web->addresses;
    web->options.listener_count = 2;
    web->options.loops = WEB_LOOPS;
    web->options.loop_begin = begin_loop;
    if (!web->options.handle)
        web->options.handle = handle;
    web->options.refuse = refuse;
    web->options.finished = finished;
    web->options.context = web;
    struct error error = {};
    if (!server_start(&web->server, &web->options, &error)) {
        printf("%s\n", error.about);
        abort();
    }
}

void web_end(struct web *web)
{
    server_stop(web->server); /* which waits for what the pool still has */
    pool_destroy(web->pool);
    pthread_mutex_destroy(&web->mutex);
    pthread_cond_destroy(&web->changed);
}

struct exchange *web_held(struct web *web)
{
    struct timespec until = deadline();
    pthread_mutex_lock(&web->mutex);
    while (!web->held && pthread_cond_timedwait(&web->changed, &web->mutex, &until) == 0)
        ;
    struct exchange *held = web->held;
    web->held = NULL;
    pthread_mutex_unlock(&web->mutex);
    if (!held)
        abort();
    return held;
}

bool web_ended(struct web *web, int delivered, int lost)
{
    struct timespec until = deadline();
    pthread_mutex_lock(&web->mutex);
    while ((web->delivered < delivered || web->lost < lost)
           && pthread_cond_timedwait(&web->changed, &web->mutex, &until) == 0)
        ;
    bool equal = web->delivered == delivered && web->lost == lost;
    pthread_mutex_unlock(&web->mutex);
    return equal;
}

bool web_is_empty(struct web *web)
{
    for (int waited_ms = 0; waited_ms < WEB_WAIT_MS; waited_ms++) {
        if (server_figures(web->server).connections == 0)
            return true;
        poll(NULL, 0, 1);
    }
    return false;
}

void wire_open(struct wire *wire, struct web *web, int listener)
{
    struct sockaddr_in tcp = { .sin_family = AF_INET,
                               .sin_port = htons((uint16_t)server_port(web->server, 0)),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_un local = { .sun_family = AF_UNIX };
    snprintf(local.sun_path, sizeof local.sun_path, "%s", web->socket_path + sizeof "unix:" - 1);
    *wire = (struct wire){ .fd = socket(listener ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
                           .arena = arena_create() };
    wire->in.arena = wire->arena;
    const struct sockaddr *address =
        listener ? (const struct sockaddr *)&local : (const struct sockaddr *)&tcp;
    if (connect(wire->fd, address, listener ? sizeof local : sizeof tcp) != 0) {
        close(wire->fd);
        wire->fd = -1;
    }
}

void wire_close(struct wire *wire)
{
    if (wire->fd >= 0)
        close(wire->fd);
    wire->fd = -1;
    arena_destroy(wire->arena);
    wire->arena = NULL;
}

bool wire_send(struct wire *wire, struct text bytes)
{
    while (bytes.length > 0) {
        ssize_t sent = send(wire->fd, bytes.data, bytes.length, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes = text_slice(bytes, (size_t)sent, bytes.length);
    }
    return true;
}

bool wire_poll(struct wire *wire, int timeout_ms)
{
    if (wire->at_end || poll(&(struct pollfd){ .fd = wire->fd, .events = POLLIN }, 1, timeout_ms) != 1)
        return false;
    buffer_reserve(&wire->in, 16 * 1024);
    ssize_t got = recv(wire->fd, wire->in.data + wire->in.length, 16 * 1024, 0);
    wire->at_end = got <= 0;
    wire->reset = got < 0;
    if (got > 0)
        wire->in.length += (size_t)got;
    return got > 0;
}

static struct text field(struct text head, const char *name)
{
    while (head.length > 0) {
        struct text value = text_cut(&head, '\n');
        if (text_equal_blind(text_cut(&value, ':'), text_from(name)))
            return text_trim(text_slice(value, 0, value.length - 1));
    }
    return (struct text){};
}

bool wire_answer(struct wire *wire, struct answer *answer, bool without_body)
{
    const char *end;
    while (wire->in.length == 0 || !(end = memmem(wire->in.data, wire->in.length, "\r\n\r\n", 4)))
        if (!wire_poll(wire, WEB_WAIT_MS))
            return false;
    size_t head = (size_t)(end - wire->in.data) + 4;
    int64_t status = 0, length = 0;
    struct text length_text = field((struct text){ wire->in.data, head }, "Content-Length");
    if (!text_to_integer(text_slice(wire->in.text, 9, 12), &status)
        || (length_text.length > 0 && !text_to_integer(length_text, &length)))
        return false;
    size_t whole = head + (without_body ? 0 : (size_t)length);
    while (wire->in.length < whole)
        if (!wire_poll(wire, WEB_WAIT_MS))
            return false;
    answer->status = (int)status;
    answer->head = arena_copy(wire->arena, text_slice(wire->in.text, 0, head));
    answer->body = arena_copy(wire->arena, text_slice(wire->in.text, head, whole));
    wire->in.length -= whole;
    memmove(wire->in.data, wire->in.data + whole, wire->in.length);
    return true;
}

bool wire_status(struct wire *wire, int status)
{
    struct answer answer = {};
    bool came = wire_answer(wire, &answer, false);
    if (!came || answer.status != status)
        test_note("status %d: %.*s", answer.status, TEXT_ARG(answer.body));
    return came && answer.status == status;
}

bool wire_body(struct wire *wire, const char *body)
{
    struct answer answer = {};
    return wire_answer(wire, &answer, false) && answer.status == 200 && text_is(answer.body, body);
}

bool wire_is_over(struct wire *wire)
{
    while (wire_poll(wire, WEB_WAIT_MS))
        ;
    return wire->at_end && !wire->reset && wire->in.length == 0;
}

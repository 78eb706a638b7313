#include "http/client.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "http/endpoint.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { TIMEOUT_MS = 30'000, ANSWER_MAX = 64 * 1024 * 1024, PIECE = 16 * 1024, STATUS_MIN = 100 };

struct conversation {
    int fd;
    int64_t until_us;
    struct error *error;
};

static void close_conversation(struct conversation *conversation)
{
    if (conversation->fd >= 0)
        close(conversation->fd);
}

static bool fail_with_errno(struct error *error, const char *what)
{
    return fail(error, ERROR_internal, "%s: %s", what, strerrordesc_np(errno));
}

static bool await(struct conversation *conversation, short events)
{
    int64_t left_us = conversation->until_us - clock_monotonic_us();
    struct pollfd wanted = { .fd = conversation->fd, .events = events };
    int ready = left_us > 0 ? poll(&wanted, 1, (int)(left_us / 1000 + 1)) : 0;
    if (ready < 0 && errno != EINTR)
        return fail_with_errno(conversation->error, "poll");
    return ready != 0 || fail(conversation->error, ERROR_internal, "the server did not answer in time");
}

static bool open_conversation(struct conversation *conversation, const char *address)
{
    struct endpoint endpoint;
    if (!endpoint_resolve(&endpoint, address, conversation->error))
        return false;
    conversation->fd = socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (conversation->fd < 0)
        return fail_with_errno(conversation->error, address);
    if (connect(conversation->fd, (const struct sockaddr *)&endpoint.address, endpoint.length) == 0)
        return true;
    if (errno == ECONNREFUSED || errno == ENOENT)
        return fail(conversation->error, ERROR_unreachable, "nobody serves at %s", address);
    if (errno != EINPROGRESS)
        return fail_with_errno(conversation->error, address);
    int fault = 0;
    if (!await(conversation, POLLOUT)
        || getsockopt(conversation->fd, SOL_SOCKET, SO_ERROR, &fault, &(socklen_t){ sizeof fault }) != 0)
        return false;
    errno = fault;
    return fault == 0 || fail_with_errno(conversation->error, address);
}

/* A server that refuses answers before it has read everything, so the answer is looked for even then. */
static bool send_all(struct conversation *conversation, struct text bytes)
{
    while (bytes.length > 0) {
        ssize_t sent = send(conversation->fd, bytes.data, bytes.length, MSG_NOSIGNAL);
        if (sent >= 0)
            bytes = text_slice(bytes, (size_t)sent, bytes.length);
        else if (errno == EPIPE || errno == ECONNRESET)
            return true;
        else if (errno != EAGAIN && errno != EINTR)
            return fail_with_errno(conversation->error, "sending");
        else if (!await(conversation, POLLOUT))
            return false;
    }
    return true;
}

/* *got 0: the server has ended. */
static bool receive(struct conversation *conversation, struct buffer *answer, size_t *got)
{
    for (;;) {
        buffer_reserve(answer, PIECE);
        ssize_t received = recv(conversation->fd, answer->data + answer->length, PIECE, 0);
        if (received < 0 && errno != EAGAIN && errno != EINTR)
            return fail_with_errno(conversation->error, "receiving");
        if (received < 0 && !await(conversation, POLLIN))
            return false;
        if (received < 0)
            continue;
        *got = (size_t)received;
        answer->length += *got;
        return answer->length <= ANSWER_MAX
            || fail(conversation->error, ERROR_internal, "the answer is too large");
    }
}

static bool receive_all(struct conversation *conversation, struct buffer *answer)
{
    for (size_t got = 1; got > 0;)
        if (!receive(conversation, answer, &got))
            return false;
    return true;
}

static void write_request(const struct http_call *call, struct buffer *request)
{
    buffer_print(request, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", call->method,
                 call->target);
    for (size_t i = 0; i < call->header_count; i++)
        buffer_print(request, "%.*s: %.*s\r\n", TEXT_ARG(call->headers[i].name),
                     TEXT_ARG(call->headers[i].value));
    buffer_print(request, "Content-Length: %zu\r\n\r\n", call->body.length);
    buffer_add(request, call->body);
}

/* `length` -1: it is not told. */
struct answer {
    int64_t status, length;
    struct text rest; /* what has come of the body */
};

static bool read_head(struct text received, struct answer *answer, struct error *error)
{
    const char *end = received.length > 0 ? memmem(received.data, received.length, "\r\n\r\n", 4) : NULL;
    if (!end || !text_starts(received, TEXT("HTTP/1.1 ")))
        return fail(error, ERROR_internal, "the server hung up without an answer");
    struct text head = { received.data, (size_t)(end - received.data) };
    bool readable = text_to_integer(text_slice(head, 9, 12), &answer->status) && answer->status >= STATUS_MIN;
    answer->length = -1;
    for (struct text line = text_cut(&head, '\n'); head.length > 0;) {
        line = text_cut(&head, '\n');
        struct text name = text_cut(&line, ':');
        if (line.length > 0 && line.data[line.length - 1] == '\r')
            line.length--;
        if (text_equal_blind(name, TEXT("content-length")))
            readable = readable && text_to_integer(text_trim(line), &answer->length) && answer->length >= 0;
    }
    answer->rest = text_slice(received, (size_t)(end - received.data) + 4, received.length);
    return readable || fail(error, ERROR_internal, "the server's answer cannot be read");
}

/* The length is compared with what came: an answer that was cut off is none. */
static bool read_answer(struct text received, int *status, struct text *body, struct error *error)
{
    struct answer answer = {};
    if (!read_head(received, &answer, error))
        return false;
    if ((answer.length < 0 ? 0 : answer.length) != (int64_t)answer.rest.length)
        return fail(error, ERROR_internal, "the server's answer is cut off");
    *status = (int)answer.status;
    *body = answer.rest;
    return true;
}

static bool begin_call(struct conversation *conversation, const struct http_call *call, struct arena *arena)
{
    struct buffer request = { .arena = arena };
    write_request(call, &request);
    return open_conversation(conversation, call->address) && send_all(conversation, request.text);
}

bool http_call(const struct http_call *call, struct arena *arena, int *status, struct text *body,
               struct error *error)
{
    int64_t timeout_ms = call->timeout_ms > 0 ? call->timeout_ms : TIMEOUT_MS;
    [[gnu::cleanup(close_conversation)]] struct conversation conversation = {
        .fd = -1, .until_us = clock_monotonic_us() + timeout_ms * 1000, .error = error
    };
    struct buffer answer = { .arena = arena };
    return begin_call(&conversation, call, arena) && receive_all(&conversation, &answer)
        && read_answer(answer.text, status, body, error);
}

/* Until the whole head is there, or the end. */
static bool receive_head(struct conversation *conversation, struct buffer *received)
{
    size_t got = 0;
    do
        if (!receive(conversation, received, &got))
            return false;
    while (got > 0 && !memmem(received->data, received->length, "\r\n\r\n", 4));
    return true;
}

static bool hand_over(struct conversation *conversation, const struct http_taker *taker, int64_t timeout_ms,
                      struct buffer *piece, struct answer *answer)
{
    int64_t taken = 0;
    for (size_t got = 1; got > 0;) {
        if (answer->rest.length > 0 && !taker->take(taker->context, answer->rest))
            return true;
        taken += (int64_t)answer->rest.length;
        piece->length = 0;
        conversation->until_us = clock_monotonic_us() + timeout_ms * 1000;
        if (!receive(conversation, piece, &got))
            return false;
        answer->rest = piece->text;
    }
    return answer->length < 0 || taken == answer->length
        || fail(conversation->error, ERROR_internal, "the server's answer is cut off");
}

bool http_receive(const struct http_call *call, const struct http_taker *taker, struct arena *arena,
                  int *status, struct text *body, struct error *error)
{
    int64_t timeout_ms = call->timeout_ms > 0 ? call->timeout_ms : TIMEOUT_MS;
    [[gnu::cleanup(close_conversation)]] struct conversation conversation = {
        .fd = -1, .until_us = clock_monotonic_us() + timeout_ms * 1000, .error = error
    };
    struct buffer received = { .arena = arena }, piece = { .arena = arena };
    struct answer answer = {};
    if (!begin_call(&conversation, call, arena) || !receive_head(&conversation, &received)
        || !read_head(received.text, &answer, error))
        return false;
    *status = (int)answer.status;
    *body = TEXT("");
    if (answer.status == 200 || answer.status == 206)
        return hand_over(&conversation, taker, timeout_ms, &piece, &answer);
    return receive_all(&conversation, &received) && read_answer(received.text, status, body, error);
}

#include "http/client.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "http/endpoint.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { TIMEOUT_MS = 30'000, ANSWER_MAX = 64 * 1024 * 1024, PIECE = 16 * 1024 };

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

static bool receive_all(struct conversation *conversation, struct buffer *answer)
{
    for (;;) {
        buffer_reserve(answer, PIECE);
        ssize_t got = recv(conversation->fd, answer->data + answer->length, PIECE, 0);
        if (got == 0)
            return true;
        if (got > 0)
            answer->length += (size_t)got;
        else if (errno != EAGAIN && errno != EINTR)
            return fail_with_errno(conversation->error, "receiving");
        else if (!await(conversation, POLLIN))
            return false;
        if (answer->length > ANSWER_MAX)
            return fail(conversation->error, ERROR_internal, "the answer is too large");
    }
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

/* The length is compared with what came: an answer that was cut off is none. */
static bool read_answer(struct text answer, int *status, struct text *body, struct error *error)
{
    const char *end = answer.length > 0 ? memmem(answer.data, answer.length, "\r\n\r\n", 4) : NULL;
    if (!end || !text_starts(answer, TEXT("HTTP/1.1 ")))
        return fail(error, ERROR_internal, "the server hung up without an answer");
    struct text head = { answer.data, (size_t)(end - answer.data) };
    int64_t code, length = 0;
    bool readable = text_to_integer(text_slice(head, 9, 12), &code);
    for (struct text line = text_cut(&head, '\n'); head.length > 0;) {
        line = text_cut(&head, '\n');
        struct text name = text_cut(&line, ':');
        if (line.length > 0 && line.data[line.length - 1] == '\r')
            line.length--;
        if (text_equal_blind(name, TEXT("content-length")))
            readable = readable && text_to_integer(text_trim(line), &length);
    }
    struct text rest = text_slice(answer, (size_t)(end - answer.data) + 4, answer.length);
    if (!readable || length < 0 || (size_t)length != rest.length)
        return fail(error, ERROR_internal, "the server's answer is cut off");
    *status = (int)code;
    *body = rest;
    return true;
}

bool http_call(const struct http_call *call, struct arena *arena, int *status, struct text *body,
               struct error *error)
{
    int64_t timeout_ms = call->timeout_ms > 0 ? call->timeout_ms : TIMEOUT_MS;
    [[gnu::cleanup(close_conversation)]] struct conversation conversation = {
        .fd = -1, .until_us = clock_monotonic_us() + timeout_ms * 1000, .error = error
    };
    struct buffer request = { .arena = arena }, answer = { .arena = arena };
    write_request(call, &request);
    return open_conversation(&conversation, call->address) && send_all(&conversation, request.text)
        && receive_all(&conversation, &answer) && read_answer(answer.text, status, body, error);
}

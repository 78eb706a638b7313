/* What a client is told: sent as fast as it reads, and the connection ended where that must be. */
#include "http/connection.h"
#include "http/loop.h"
#include <errno.h>

enum {
    SENT_FOR_TIME = 64 * 1024, /* a client that reads so much is given the write deadline again */
    LINGER_SIZE = 16 * 1024,
};

/* What is unread when a connection is closed makes the kernel throw the answer away. */
static bool has_unread(const struct connection *connection)
{
    const struct parser *parser = &connection->exchange->parser;
    return parser->stage == PARSER_REFUSED || connection->readable || parser->filled > parser->used;
}

/* A server that drains says so in the last answer: the one behind which nothing waits. */
void connection_answer(struct connection *connection)
{
    struct server_exchange *exchange = connection->exchange;
    bool draining = atomic_load(&connection->loop->server->draining);
    connection->closing = exchange->exchange.response.close || exchange->exchange.response.stream
                       || !exchange->parser.keep_alive || (draining && !has_unread(connection));
    struct text body,
        head = respond(&exchange->exchange, &connection->loop->date, connection->closing, &body);
    exchange->output[0] = (struct iovec){ (void *)(uintptr_t)head.data, head.length };
    exchange->output[1] = (struct iovec){ (void *)(uintptr_t)body.data, body.length };
    connection->state = CONNECTION_WRITING;
    connection->sent = 0;
}

/* Shuts the sending side, then waits a moment for the other end to read the answer and close. */
static void begin_lingering(struct connection *connection)
{
    connection_drop_exchange(connection);
    shutdown(connection->fd, SHUT_WR);
    connection->state = CONNECTION_LINGERING;
    connection_set_deadline(connection, DEADLINE_LINGER);
}

bool connection_end_answer(struct connection *connection)
{
    struct server_exchange *exchange = connection->exchange;
    bool unread = has_unread(connection);
    deadline_clear(&connection->deadline);
    exchange_end(exchange, true);
    connection->state = CONNECTION_READING;
    if (connection->closing && unread) {
        begin_lingering(connection);
    } else if (connection->closing) {
        connection_close(connection);
        return false;
    } else if (exchange->parser.filled == 0) {
        connection_drop_exchange(connection);
    } else {
        exchange->exchange.request.begun_us = connection->loop->now_us;
    }
    return true;
}

static size_t advance(struct iovec *output, size_t sent)
{
    size_t part = sent < output->iov_len ? sent : output->iov_len;
    output->iov_base = (char *)output->iov_base + part;
    output->iov_len -= part;
    return sent - part;
}

/* A reader is given time by what it has read, so that one who drips is cut. */
static void count_sent(struct connection *connection, size_t sent)
{
    connection->sent += sent;
    if (connection->sent < SENT_FOR_TIME)
        return;
    connection->sent = 0;
    deadline_clear(&connection->deadline);
}

bool connection_send(struct connection *connection)
{
    struct iovec *output = connection->exchange->output;
    const struct msghdr both = { .msg_iov = output, .msg_iovlen = 2 };
    ssize_t sent = output[1].iov_len > 0
                     ? sendmsg(connection->fd, &both, MSG_NOSIGNAL)
                     : send(connection->fd, output[0].iov_base, output[0].iov_len, MSG_NOSIGNAL);
    if (sent >= 0) {
        advance(&output[1], advance(&output[0], (size_t)sent));
        count_sent(connection, (size_t)sent);
        return true;
    }
    if (errno == EINTR)
        return true;
    if (errno == EAGAIN)
        connection_set_deadline(connection, DEADLINE_WRITE);
    else
        connection_close(connection);
    return false;
}

static bool goes_on(const struct exchange *exchange)
{
    return exchange->response.stream && exchange->request.method != METHOD_HEAD;
}

bool connection_write(struct connection *connection)
{
    const struct iovec *output = connection->exchange->output;
    if (!connection_send(connection))
        return false;
    if (output[0].iov_len + output[1].iov_len > 0)
        return true;
    if (!goes_on(&connection->exchange->exchange))
        return connection_end_answer(connection);
    connection_begin_stream(connection);
    return true;
}

bool connection_linger(struct connection *connection)
{
    char unread[LINGER_SIZE];
    ssize_t got = connection->readable ? recv(connection->fd, unread, sizeof unread, 0) : -1;
    if (got > 0)
        return true;
    bool gone = connection->readable && (got == 0 || errno != EAGAIN);
    connection->readable = false;
    if (gone)
        connection_close(connection);
    return false;
}

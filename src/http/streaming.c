/* Answers that go on: what the stream gives is sent as fast as the client reads, a piece at a time. */
#include "http/connection.h"
#include "http/loop.h"
#include <errno.h>
#include <string.h>

enum { UNREAD_SIZE = 1024, STREAMS_A_TURN = 4 };

void connection_begin_stream(struct connection *connection)
{
    deadline_clear(&connection->deadline);
    connection->state = CONNECTION_STREAMING;
    connection->quiet = connection->over = false;
    connection->rest = NULL; /* the one before went with its exchange */
}

/* What a client says meanwhile is nothing to us. False: it has left, and the connection is closed. */
static bool has_left(struct connection *connection)
{
    char unread[UNREAD_SIZE];
    ssize_t got = recv(connection->fd, unread, sizeof unread, 0);
    connection->readable = got == sizeof unread || (got < 0 && errno == EINTR);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

/* The next piece becomes the exchange's output, which is empty. */
static void take_piece(struct connection *connection)
{
    struct loop *loop = connection->loop;
    const struct stream *stream = connection->exchange->exchange.response.stream;
    bool quiet = connection->quiet;
    connection->quiet = false;
    connection->over |= loop->draining;
    if (connection->over)
        return;
    size_t length = stream->next(stream->reader, quiet, loop->piece, sizeof loop->piece, &connection->over);
    connection->exchange->output[0] = (struct iovec){ loop->piece, length };
    if (length > 0)
        deadline_clear(&connection->deadline);
}

/* The loop's piece is the next stream's too: what the client did not take moves to memory of its own. */
static void keep_rest(struct connection *connection)
{
    struct server_exchange *exchange = connection->exchange;
    struct iovec *output = &exchange->output[0];
    if (!connection->rest)
        connection->rest = arena_alloc(exchange->exchange.arena, STREAM_PIECE_MAX);
    memmove(connection->rest, output->iov_base, output->iov_len);
    output->iov_base = connection->rest;
}

bool connection_stream(struct connection *connection)
{
    struct iovec *output = &connection->exchange->output[0];
    if (connection->readable && has_left(connection)) {
        connection_close(connection);
        return false;
    }
    if (output->iov_len == 0)
        take_piece(connection);
    if (output->iov_len > 0) {
        bool sent = connection_send(connection), closed = connection->fd < 0;
        if (!closed && output->iov_len > 0)
            keep_rest(connection);
        return sent;
    }
    if (connection->over)
        return connection_end_answer(connection);
    connection_set_deadline(connection, DEADLINE_QUIET);
    return connection->readable;
}

/* Who is not seen sleeping here sees the flag before it sleeps. */
void loop_wake_streams(struct loop *loop)
{
    atomic_store(&loop->streams_woken, true);
    if (atomic_exchange(&loop->sleeping, false))
        loop_wake(loop);
}

bool loop_serve_streams(struct loop *loop)
{
    if (loop->stream_slot >= loop->slots_used && atomic_exchange(&loop->streams_woken, false))
        loop->stream_slot = 0;
    for (int served = 0; served < STREAMS_A_TURN && loop->stream_slot < loop->slots_used;
         loop->stream_slot++) {
        struct connection *connection = &loop->connections[loop->stream_slot];
        if (connection->fd >= 0 && connection->state == CONNECTION_STREAMING) {
            connection_event(connection, 0);
            served++;
        }
    }
    return loop->stream_slot < loop->slots_used || atomic_load(&loop->streams_woken);
}

/* What a client says: received, read, and handed to the handler or refused. */
#include "http/connection.h"
#include "http/loop.h"
#include <errno.h>

static struct server_exchange *begin_exchange(struct connection *connection)
{
    struct server_exchange *exchange = exchange_take(connection->loop);
    exchange->connection = connection_name(connection);
    exchange->exchange.request.begun_us = connection->loop->now_us;
    return connection->exchange = exchange;
}

/* Takes what has come. False: the client has gone, and the connection with it. */
static bool receive(struct connection *connection)
{
    struct parser *parser =
        &(connection->exchange ? connection->exchange : begin_exchange(connection))->parser;
    size_t room;
    char *at = parser_room(parser, &room);
    ssize_t got = recv(connection->fd, at, room, 0);
    if (got > 0) {
        parser->filled += (size_t)got;
        connection->readable = (size_t)got == room || connection->ended;
        return true;
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        connection->readable = errno == EINTR;
        if (parser->filled == 0)
            connection_drop_exchange(connection);
        return true;
    }
    connection_close(connection);
    return false;
}

static void fill_in_origin(struct connection *connection)
{
    struct exchange *exchange = &connection->exchange->exchange;
    exchange->request.peer = arena_copy(exchange->arena, text_from(connection->peer));
    exchange->request.peer_uid = connection->peer_uid;
    exchange->request.listener = connection->listener;
}

void connection_refuse(struct connection *connection, int status, const char *why)
{
    struct exchange *exchange = &connection->exchange->exchange;
    deadline_clear(&connection->deadline);
    loop_figure_add(&connection->loop->refused, 1);
    fill_in_origin(connection);
    connection->exchange->parser.stage = PARSER_REFUSED;
    connection_options(connection)->refuse(&exchange->response, status, why);
    exchange->response.status = status;
    exchange->response.close = true;
    connection_answer(connection);
}

/* True if the handler has answered already. */
static bool handle(struct connection *connection)
{
    struct loop *loop = connection->loop;
    struct server_exchange *exchange = connection->exchange;
    deadline_clear(&connection->deadline);
    fill_in_origin(connection);
    loop_figure_add(&loop->requests, 1);
    connection->state = CONNECTION_HANDLING;
    loop->busy++;
    loop->handling = exchange;
    connection_options(connection)->handle(&exchange->exchange, loop->state);
    loop->handling = NULL;
    if (!exchange->answered)
        return false;
    loop->busy--;
    connection_answer(connection);
    return true;
}

/* Only a client that waits for it is told to go on. The socket's buffer is empty, so it goes out whole. */
static bool tell_to_continue(struct connection *connection)
{
    static const char answer[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct parser *parser = &connection->exchange->parser;
    bool waits = parser->expects_continue && parser->body.length == 0 && parser->filled == parser->used;
    parser->expects_continue = false;
    if (!waits || send(connection->fd, answer, sizeof answer - 1, MSG_NOSIGNAL) == sizeof answer - 1)
        return true;
    connection_close(connection);
    return false;
}

bool connection_read(struct connection *connection)
{
    enum deadline_kind deadline = DEADLINE_IDLE;
    if (connection->exchange) {
        struct parser *parser = &connection->exchange->parser;
        switch (parser_advance(parser)) {
        case PARSER_READ: return handle(connection);
        case PARSER_REFUSED: connection_refuse(connection, parser->status, parser->why); return true;
        case PARSER_HEAD: deadline = DEADLINE_HEAD; break;
        case PARSER_BODY:
            if (!tell_to_continue(connection))
                return false;
            deadline = DEADLINE_BODY;
        }
    }
    connection_set_deadline(connection, deadline);
    return connection->readable && receive(connection);
}

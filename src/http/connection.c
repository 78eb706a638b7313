/*
 * Epoll tells once when bytes come and once when there is room again (edge-triggered), so that nothing has to
 * be told to it while requests pass; `readable` remembers the first.
 */
#include "http/connection.h"
#include "base/clock.h"
#include "http/loop.h"
#include <stddef.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { TURN_STEPS_MAX = 64 }; /* then the others have their turn */

uint64_t connection_name(const struct connection *connection)
{
    return (uint64_t)connection->generation << 32 | connection->slot;
}

const struct server_options *connection_options(const struct connection *connection)
{
    return &connection->loop->server->options;
}

void connection_set_deadline(struct connection *connection, enum deadline_kind kind)
{
    int64_t now_us = connection->loop->now_us;
    if (connection->deadline.kind == kind)
        return;
    if (kind == DEADLINE_IDLE) /* what the loop has done since it looked is not the client's time */
        now_us = clock_monotonic_us();
    deadline_set(&connection->loop->deadlines, &connection->deadline, kind, now_us);
}

void connection_drop_exchange(struct connection *connection)
{
    exchange_give(connection->exchange);
    connection->exchange = NULL;
}

/* An exchange that is being handled stays; its answer will find nobody. */
void connection_close(struct connection *connection)
{
    deadline_clear(&connection->deadline);
    deadline_clear(&connection->turn);
    close(connection->fd);
    if (connection->state == CONNECTION_WRITING || connection->state == CONNECTION_STREAMING)
        exchange_end(connection->exchange, connection->state == CONNECTION_STREAMING);
    if (connection->exchange && connection->state != CONNECTION_HANDLING)
        connection_drop_exchange(connection);
    loop_give_connection(connection);
}

static bool wait_for_handler(struct connection *connection)
{
    (void)connection;
    return false;
}

static bool (*const steps[])(struct connection *) = {
    [CONNECTION_READING] = connection_read,     [CONNECTION_HANDLING] = wait_for_handler,
    [CONNECTION_WRITING] = connection_write,    [CONNECTION_STREAMING] = connection_stream,
    [CONNECTION_LINGERING] = connection_linger,
};

static void run(struct connection *connection)
{
    for (int i = 0; i < TURN_STEPS_MAX; i++)
        if (!steps[connection->state](connection))
            return;
    deadline_set(&connection->loop->deadlines, &connection->turn, DEADLINE_TURN, connection->loop->now_us);
}

void connection_event(struct connection *connection, uint32_t events)
{
    connection->ended |= (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    connection->readable |= connection->ended || (events & EPOLLIN);
    if (connection->state == CONNECTION_HANDLING && (events & (EPOLLHUP | EPOLLERR)))
        connection_close(connection);
    else
        run(connection);
}

void connection_finished(struct connection *connection)
{
    connection_answer(connection);
    run(connection);
}

/* What came while others had their turn is still answered. */
static void end_idleness(struct connection *connection)
{
    char byte;
    connection->readable = recv(connection->fd, &byte, sizeof byte, MSG_PEEK) > 0;
    if (connection->readable)
        run(connection);
    else
        connection_close(connection);
}

static void cut_off(struct connection *connection)
{
    connection_refuse(connection, 408, "the request did not come in time");
    run(connection);
}

static void end_quiet(struct connection *connection)
{
    connection->quiet = true;
    run(connection);
}

void connection_expired(struct deadline *deadline)
{
    enum deadline_kind kind = deadline->kind;
    size_t place =
        kind == DEADLINE_TURN ? offsetof(struct connection, turn) : offsetof(struct connection, deadline);
    struct connection *connection = (struct connection *)(void *)((char *)deadline - place);
    static void (*const ends[DEADLINE_COUNT])(struct connection *) = {
        [DEADLINE_TURN] = run,
        [DEADLINE_IDLE] = end_idleness,
        [DEADLINE_HEAD] = cut_off,
        [DEADLINE_BODY] = cut_off,
        [DEADLINE_WRITE] = connection_close,
        [DEADLINE_LINGER] = connection_close,
        [DEADLINE_QUIET] = end_quiet,
    };
    deadline_clear(deadline);
    ends[kind](connection);
}

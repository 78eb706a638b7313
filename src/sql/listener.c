#include "sql/listener.h"
#include "base/clock.h"
#include "base/memory.h"
#include "sql/postgres.h"
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { ASK_EVERY_MS = 150, ANSWER_WITHIN_MS = 1000, PAUSE_MIN_MS = 50, PAUSE_MAX_MS = 2000 };

struct listener {
    struct listener_options options;
    char *url;
    int ending; /* an eventfd, readable once the listener is to end */
    pthread_t thread;
};

struct session {
    PGconn *connection;
    bool asked;       /* an answer is owed */
    int64_t until_us; /* when to ask next, or when to give the server up */
};

static void finish(PGconn **connection)
{
    PQfinish(*connection);
}

static int64_t in_ms(int64_t ms)
{
    return clock_monotonic_us() + ms * 1000;
}

static int ms_until(int64_t us)
{
    int64_t left = us - clock_monotonic_us();
    return left > 0 ? (int)(left / 1000) + 1 : 0;
}

/* Waits for the socket (-1: none) or the time. True: the listener is to end. */
static bool wait(const struct listener *listener, int socket, int timeout_ms)
{
    struct pollfd files[] = { { .fd = listener->ending, .events = POLLIN },
                              { .fd = socket, .events = POLLIN } };
    return poll(files, 2, timeout_ms) > 0 && files[0].revents != 0;
}

static bool tell(const struct listener *listener, PGconn *connection)
{
    bool followed = true;
    for (PGnotify *notify; followed && (notify = PQnotifies(connection)); PQfreemem(notify))
        followed = listener->options.told(listener->options.context, text_from(notify->extra));
    return followed;
}

static bool ask(struct session *session)
{
    session->asked = true;
    session->until_us = in_ms(ANSWER_WITHIN_MS);
    return PQsendQuery(session->connection, "");
}

static bool read_answer(const struct listener *listener, struct session *session)
{
    bool good = true;
    for (PGresult *answer; (answer = PQgetResult(session->connection)); PQclear(answer))
        good = good && PQresultStatus(answer) == PGRES_EMPTY_QUERY;
    if (!good)
        return false;
    session->asked = false;
    session->until_us = in_ms(ASK_EVERY_MS);
    listener->options.heard(listener->options.context);
    return true;
}

/* False: the connection is of no more use. */
static bool attend(const struct listener *listener, struct session *session)
{
    if (!PQconsumeInput(session->connection) || !tell(listener, session->connection))
        return false;
    if (session->asked && !PQisBusy(session->connection))
        return read_answer(listener, session);
    if (clock_monotonic_us() < session->until_us)
        return true;
    return !session->asked && ask(session);
}

static bool listen_on(PGconn *connection)
{
    PGresult *answer = PQexec(connection, "LISTEN nidia");
    bool listens = PQresultStatus(answer) == PGRES_COMMAND_OK;
    PQclear(answer);
    return listens;
}

/* Returns when the connection is lost or the listener is to end. False: there was none, or none of use. */
static bool serve(const struct listener *listener)
{
    [[gnu::cleanup(finish)]] PGconn *connection = NULL;
    struct error error = {};
    if (!postgres_session_open(listener->url, &connection, &error) || !listen_on(connection)
        || !listener->options.connected(listener->options.context))
        return false;
    struct session session = { .connection = connection };
    while (attend(listener, &session) && !wait(listener, PQsocket(connection), ms_until(session.until_us)))
        ;
    return true;
}

static void *work(void *argument)
{
    struct listener *listener = argument;
    pthread_setname_np(pthread_self(), "listener");
    int pause_ms = PAUSE_MIN_MS;
    do {
        bool served = serve(listener);
        pause_ms = served ? PAUSE_MIN_MS : pause_ms < PAUSE_MAX_MS / 2 ? pause_ms * 2 : PAUSE_MAX_MS;
    } while (!wait(listener, -1, pause_ms));
    return NULL;
}

struct listener *listener_create(const struct listener_options *options)
{
    struct listener *listener = memory_new(struct listener);
    listener->options = *options;
    listener->url = memory_require(strdup(options->url));
    listener->ending = eventfd(0, EFD_CLOEXEC);
    if (listener->ending < 0 || pthread_create(&listener->thread, NULL, work, listener) != 0)
        abort();
    return listener;
}

void listener_destroy(struct listener *listener)
{
    if (!listener)
        return;
    eventfd_write(listener->ending, 1);
    pthread_join(listener->thread, NULL);
    close(listener->ending);
    free(listener->url);
    free(listener);
}

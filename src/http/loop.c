#include "http/loop.h"
#include "base/clock.h"
#include "base/cores.h"
#include "base/metrics.h"
#include "http/connection.h"
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { EVENTS_MAX = 256, DRAIN_IDLE_MS = 200 };

/* Of generation 0, and no listeners. */
static const uint64_t WAKE_NAME = UINT32_MAX, GUEST_NAME = UINT32_MAX - 1;

static _Thread_local struct loop *current_loop;

void loop_figure_add(_Atomic int64_t *figure, int64_t more)
{
    atomic_store_explicit(figure, atomic_load_explicit(figure, memory_order_relaxed) + more,
                          memory_order_relaxed);
}

struct connection *loop_connection(struct loop *loop, uint64_t name)
{
    struct connection *connection = &loop->connections[(uint32_t)name];
    return connection->fd >= 0 && connection->generation == name >> 32 ? connection : NULL;
}

struct connection *loop_take_connection(struct loop *loop)
{
    if (atomic_fetch_add(&loop->server->connections, 1) >= loop->server->options.connections_max) {
        atomic_fetch_sub(&loop->server->connections, 1);
        return NULL;
    }
    struct connection *connection = loop->free_connection;
    if (connection)
        loop->free_connection = connection->next_free;
    else
        connection = &loop->connections[loop->slots_used++];
    uint32_t slot = (uint32_t)(connection - loop->connections), generation = connection->generation + 1;
    *connection =
        (struct connection){ .loop = loop, .slot = slot, .generation = generation ? generation : 1 };
    loop->open++;
    metric_add(METRIC_connections, 1);
    return connection;
}

void loop_give_connection(struct connection *connection)
{
    struct loop *loop = connection->loop;
    connection->fd = -1;
    connection->exchange = NULL;
    connection->next_free = loop->free_connection;
    loop->free_connection = connection;
    loop->open--;
    metric_add(METRIC_connections, -1);
    atomic_fetch_sub(&loop->server->connections, 1);
}

void loop_wake(struct loop *loop)
{
    (void)!write(loop->wake, &(uint64_t){ 1 }, sizeof(uint64_t)); /* fails only when it is full: awake */
}

/*
 * From any thread. The mutex is held while the loop is woken: once the loop has taken the exchange, nobody
 * touches the loop on its behalf any more, and it may end.
 */
void loop_post(struct loop *loop, struct server_exchange *exchange)
{
    if (current_loop == loop && loop->handling == exchange) {
        exchange->answered = true;
        return;
    }
    pthread_mutex_lock(&loop->mutex);
    exchange->next = NULL;
    *loop->last_finished = exchange;
    loop->last_finished = &exchange->next;
    if (atomic_exchange(&loop->sleeping, false))
        loop_wake(loop);
    pthread_mutex_unlock(&loop->mutex);
}

/* NULL: nothing was finished; who finishes from now on wakes the loop. */
static struct server_exchange *take_finished(struct loop *loop)
{
    pthread_mutex_lock(&loop->mutex);
    struct server_exchange *first = loop->finished;
    loop->finished = NULL;
    loop->last_finished = &loop->finished;
    atomic_store(&loop->sleeping, first == NULL);
    pthread_mutex_unlock(&loop->mutex);
    return first;
}

static void answer(struct loop *loop, struct server_exchange *exchange)
{
    struct connection *connection = loop_connection(loop, exchange->connection);
    loop->busy--;
    if (connection) {
        connection_finished(connection);
        return;
    }
    exchange_end(exchange, false);
    exchange_give(exchange);
}

static void stop_listening(struct loop *loop)
{
    deadline_clear(&loop->listen_end);
    deadline_clear(&loop->accept_rest);
    for (int i = 0; i < LISTENERS_MAX; i++)
        if (loop->listeners[i] >= 0 && !loop->server->endpoints[i].kept)
            loop_accept(loop, i, INT_MAX);
    loop_close_listeners(loop);
}

static void expire(struct loop *loop)
{
    for (struct deadline *deadline; (deadline = deadlines_expired(&loop->deadlines, loop->now_us));)
        if (deadline == &loop->accept_rest)
            loop_accept_again(loop);
        else if (deadline == &loop->listen_end)
            stop_listening(loop);
        else
            connection_expired(deadline);
}

/*
 * Who is connecting is accepted; who is idle, or becomes so, is waited for a moment: it may be sending just
 * now. Where others keep the socket, those who come meanwhile are served too, instead of being left waiting.
 */
static void begin_draining(struct loop *loop)
{
    loop->draining = true;
    loop->now_us = clock_monotonic_us(); /* the turn may have taken long */
    loop->deadlines.duration_us[DEADLINE_IDLE] = DRAIN_IDLE_MS * INT64_C(1000);
    atomic_store(&loop->streams_woken, true);
    if (loop->server->endpoints[0].kept)
        loop->deadlines.duration_us[DEADLINE_LISTEN] = DRAIN_IDLE_MS * INT64_C(1000);
    loop_hide_listeners(loop);
    deadline_set(&loop->deadlines, &loop->listen_end, DEADLINE_LISTEN, loop->now_us);
}

static void tell_drained(struct loop *loop)
{
    pthread_mutex_lock(&loop->server->mutex);
    loop->drained = true;
    loop->server->loops_drained++;
    pthread_cond_signal(&loop->server->drained);
    pthread_mutex_unlock(&loop->server->mutex);
}

static void close_all(struct loop *loop)
{
    loop_close_listeners(loop);
    for (uint32_t i = 0; i < loop->slots_used; i++)
        if (loop->connections[i].fd >= 0)
            connection_close(&loop->connections[i]);
}

/* False: the server stops, and no handler has an exchange of this loop. */
static bool obey(struct loop *loop)
{
    if (atomic_load(&loop->server->draining) && !loop->draining)
        begin_draining(loop);
    if (loop->draining && !loop->listening && !loop->drained && loop->open + loop->busy == 0)
        tell_drained(loop);
    if (!atomic_load(&loop->server->stopping))
        return true;
    close_all(loop);
    return loop->busy > 0;
}

static void dispatch(struct loop *loop, const struct epoll_event *event)
{
    uint64_t name = event->data.u64;
    if (name < LISTENERS_MAX) {
        loop_accept(loop, (int)name, ACCEPTED_MAX);
    } else if (name == GUEST_NAME) {
        loop->guest_ready(loop->state);
    } else if (name != WAKE_NAME) {
        struct connection *connection = loop_connection(loop, name);
        if (connection)
            connection_event(connection, event->events);
    }
}

static void wait_and_dispatch(struct loop *loop, int wait_ms)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(loop->epoll, events, EVENTS_MAX, wait_ms);
    atomic_store_explicit(&loop->sleeping, false, memory_order_relaxed);
    loop->now_us = clock_monotonic_us();
    date_line_refresh(&loop->date, loop->now_us);
    for (int i = 0; i < count; i++)
        dispatch(loop, &events[i]);
}

/* Of two times to wait; -1 is endless. */
static int sooner(int a_ms, int b_ms)
{
    return (unsigned)a_ms < (unsigned)b_ms ? a_ms : b_ms;
}

void *loop_run(void *argument)
{
    struct loop *loop = argument;
    const struct server_options *options = &loop->server->options;
    pthread_setname_np(pthread_self(), "http");
    current_loop = loop;
    /* Where one core is kept busy by others, as by hashing, the system would let the loops share the rest. */
    if (options->loops == cores_count())
        cores_keep_to((int)(loop - loop->server->loops));
    if (options->loop_begin)
        loop->state = options->loop_begin(options->context);
    int turn_ms = -1;
    while (obey(loop)) {
        struct server_exchange *finished = take_finished(loop);
        bool at_once = loop_serve_streams(loop) || finished;
        int wait_ms = at_once ? 0 : sooner(deadlines_wait_ms(&loop->deadlines, loop->now_us), turn_ms);
        for (struct server_exchange *next; finished; finished = next) {
            next = finished->next;
            answer(loop, finished);
        }
        wait_and_dispatch(loop, wait_ms);
        expire(loop);
        if (options->loop_turned)
            turn_ms = options->loop_turned(loop->state);
        if (!atomic_load_explicit(&loop->turned, memory_order_relaxed))
            atomic_store(&loop->turned, true);
    }
    if (options->loop_end)
        options->loop_end(loop->state);
    return NULL;
}

static bool watch(struct loop *loop, int fd, uint32_t events, uint64_t name)
{
    struct epoll_event event = { .events = events, .data.u64 = name };
    return fd < 0 || epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool server_watch(int fd, void (*ready)(void *loop_state))
{
    current_loop->guest_ready = ready;
    return watch(current_loop, fd, EPOLLIN, GUEST_NAME);
}

bool loop_open(struct loop *loop, const int durations_ms[static DEADLINE_COUNT])
{
    deadlines_begin(&loop->deadlines, durations_ms);
    pthread_mutex_init(&loop->mutex, NULL);
    loop->last_finished = &loop->finished;
    loop->listening = true;
    loop->now_us = clock_monotonic_us();
    loop->connections =
        calloc(CONNECTIONS_MAX, sizeof *loop->connections); /* pages are touched as slots are */
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!loop->connections || loop->epoll < 0 || loop->wake < 0
        || !watch(loop, loop->wake, EPOLLIN | EPOLLET, WAKE_NAME))
        return false;
    for (uint32_t i = 0; i < LISTENERS_MAX; i++)
        if (!watch(loop, loop->listeners[i], EPOLLIN, i))
            return false;
    return true;
}

void loop_close(struct loop *loop)
{
    loop_close_listeners(loop);
    exchange_free_spare(loop);
    free(loop->connections);
    if (loop->epoll >= 0)
        close(loop->epoll);
    if (loop->wake >= 0)
        close(loop->wake);
    pthread_mutex_destroy(&loop->mutex);
}

#include "base/clock.h"
#include "base/condition.h"
#include "http/connection.h"
#include "http/inherit.h"
#include "http/loop.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LINGER_MS = 2000, ACCEPT_REST_MS = 100, LISTEN_END_MS = 50 };

static int or_default(int given_ms, int default_ms)
{
    return given_ms > 0 ? given_ms : default_ms;
}

static bool has_inherited(const struct server *server, int listener)
{
    const struct inherited *inherited = server->options.inherited;
    return inherited && inherited[listener].count > 0;
}

/* One loop's sockets. The first loop finds out the port; Unix sockets are its alone. */
static bool listen_for(struct server *server, struct loop *loop, struct error *error)
{
    bool first = loop == server->loops, shared = server->options.loops > 1;
    for (int i = 0; i < server->options.listener_count; i++) {
        struct endpoint *endpoint = &server->endpoints[i];
        if (endpoint_path(endpoint) && !first)
            continue;
        if (has_inherited(server, i)) {
            int which = (int)(loop - server->loops);
            if (!inherited_adopt(&server->options.inherited[i], which, endpoint, &loop->listeners[i], error))
                return false;
            continue;
        }
        if (first && shared && !endpoint_path(endpoint) && !endpoint_is_free(endpoint, error))
            return false;
        if (!endpoint_listen(endpoint, shared, &loop->listeners[i], error))
            return false;
    }
    return true;
}

static bool open_loop(struct server *server, struct loop *loop, struct error *error)
{
    const struct server_options *options = &server->options;
    const int durations_ms[DEADLINE_COUNT] = {
        [DEADLINE_IDLE] = or_default(options->idle_deadline_ms, 75'000),
        [DEADLINE_HEAD] = or_default(options->head_deadline_ms, 10'000),
        [DEADLINE_BODY] = or_default(options->body_deadline_ms, 30'000),
        [DEADLINE_WRITE] = or_default(options->write_deadline_ms, 30'000),
        [DEADLINE_QUIET] = or_default(options->quiet_ms, 15'000),
        [DEADLINE_LINGER] = LINGER_MS,
        [DEADLINE_ACCEPT] = ACCEPT_REST_MS,
        [DEADLINE_LISTEN] = LISTEN_END_MS,
    };
    return listen_for(server, loop, error)
        && (loop_open(loop, durations_ms)
            || fail(error, ERROR_internal, "a loop: %s", strerrordesc_np(errno)));
}

static struct server *create(const struct server_options *options)
{
    struct server *server = calloc(1, sizeof *server + (size_t)options->loops * sizeof *server->loops);
    if (!server)
        return NULL;
    server->options = *options;
    if (options->connections_max <= 0 || options->connections_max > CONNECTIONS_MAX)
        server->options.connections_max = CONNECTIONS_MAX;
    condition_init(&server->drained);
    pthread_mutex_init(&server->mutex, NULL);
    for (int i = 0; i < options->loops; i++) {
        struct loop *loop = &server->loops[i];
        *loop = (struct loop){ .server = server, .epoll = -1, .wake = -1 };
        memset(loop->listeners, -1, sizeof loop->listeners);
    }
    return server;
}

/* Its first `running` loops have threads. */
static void destroy(struct server *server, int running)
{
    atomic_store(&server->stopping, true);
    for (int i = 0; i < running; i++)
        loop_wake(&server->loops[i]);
    for (int i = 0; i < running; i++)
        pthread_join(server->loops[i].thread, NULL);
    for (int i = 0; i < server->options.loops; i++)
        loop_close(&server->loops[i]);
    pthread_cond_destroy(&server->drained);
    pthread_mutex_destroy(&server->mutex);
    free(server);
}

static bool open_all(struct server *server, struct error *error)
{
    for (int i = 0; i < server->options.listener_count; i++)
        if (!endpoint_resolve(&server->endpoints[i], server->options.addresses[i], error))
            return false;
    for (int i = 0; i < server->options.loops; i++)
        if (!open_loop(server, &server->loops[i], error))
            return false;
    return true;
}

bool server_start(struct server **server, const struct server_options *options, struct error *error)
{
    assert(options->handle && options->refuse && options->loops > 0
           && options->listener_count <= LISTENERS_MAX);
    struct server *created = create(options);
    if (!created)
        return fail(error, ERROR_internal, "out of memory");
    if (!open_all(created, error)) {
        destroy(created, 0);
        return false;
    }
    for (int i = 0; i < options->loops; i++) {
        int fault = pthread_create(&created->loops[i].thread, NULL, loop_run, &created->loops[i]);
        if (fault != 0) {
            destroy(created, i);
            return fail(error, ERROR_internal, "a thread: %s", strerrordesc_np(fault));
        }
    }
    *server = created;
    return true;
}

int server_port(const struct server *server, int listener)
{
    return endpoint_port(&server->endpoints[listener]);
}

void server_wake_streams(struct server *server)
{
    for (int i = 0; i < server->options.loops; i++)
        loop_wake_streams(&server->loops[i]);
}

bool server_drain(struct server *server, int timeout_ms)
{
    int64_t until_us = clock_monotonic_us() + timeout_ms * INT64_C(1'000);
    atomic_store(&server->draining, true);
    for (int i = 0; i < server->options.loops; i++)
        loop_wake(&server->loops[i]);
    pthread_mutex_lock(&server->mutex);
    while (server->loops_drained < server->options.loops
           && condition_wait_until(&server->drained, &server->mutex, until_us))
        ;
    bool drained = server->loops_drained == server->options.loops;
    pthread_mutex_unlock(&server->mutex);
    return drained;
}

void server_stop(struct server *server)
{
    if (server)
        destroy(server, server->options.loops);
}

bool server_turns(struct server *server)
{
    bool all = true;
    for (int i = 0; i < server->options.loops; i++) {
        all = atomic_exchange(&server->loops[i].turned, false) && all;
        loop_wake(&server->loops[i]);
    }
    return all;
}

static int64_t figure(const _Atomic int64_t *figure)
{
    return atomic_load_explicit(figure, memory_order_relaxed);
}

struct server_figures server_figures(struct server *server)
{
    struct server_figures sum = { .connections = atomic_load(&server->connections) };
    for (int i = 0; i < server->options.loops; i++) {
        const struct loop *loop = &server->loops[i];
        sum.accepted += figure(&loop->accepted);
        sum.refused += figure(&loop->refused);
        sum.requests += figure(&loop->requests);
    }
    return sum;
}

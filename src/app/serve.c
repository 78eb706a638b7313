/* Serving: the listeners, the loops, and an orderly end. */
#include "app/parts.h"
#include "base/log.h"
#include "sql/database.h"
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { DRAIN_MS = 20'000, LOOPS_MAX = 8 };

static int loop_count(const struct app *app)
{
    int asked = option_integer(app->options, OPTION_loops);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return asked > 0 ? asked : cores < LOOPS_MAX ? (int)cores : LOOPS_MAX;
}

static int add_listener(struct app *app, const char **addresses, int count, const char *address,
                        enum listener_kind kind)
{
    if (!*address)
        return count;
    addresses[count] = address;
    app->gate.listeners[count] = kind;
    return count + 1;
}

static void say_where(const struct app *app, struct server *server, const struct server_options *options)
{
    static const char *const kinds[LISTENER_KIND_COUNT] = { "public", "internal", "socket" };
    for (int i = 0; i < options->listener_count; i++)
        LOG(LOG_INFO, "listening", { "listener", value_string(kinds[app->gate.listeners[i]]) },
            { "address", value_string(options->addresses[i]) },
            { "port", value_integer(server_port(server, i)) });
}

static void finished(struct exchange *exchange, bool delivered, void *context)
{
    gate_finished(exchange, delivered, &((struct app *)context)->gate);
}

/* A loop's log lines are written together, each time before it waits. */
static void *begin_loop(void *app)
{
    log_keep();
    return seat_begin_bare(app);
}

static void *begin_loop_on_sqlite(void *app)
{
    log_keep();
    return seat_begin(app);
}

static void loop_turned(void *seat)
{
    gate_turned(seat);
    log_flush();
}

static void end_loop(void *seat)
{
    log_flush();
    seat_end(seat);
}

/* Waits for SIGTERM or SIGINT, which every thread of the program has blocked. */
static void wait_for_end(void)
{
    sigset_t ends;
    int got;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigwait(&ends, &got);
    LOG(LOG_INFO, "draining", { "signal", value_string(got == SIGTERM ? "SIGTERM" : "SIGINT") });
}

bool app_serve(struct app *app, struct error *error)
{
    bool is_sqlite = database_engine(app->site.database) == ENGINE_SQLITE;
    const char *addresses[LISTENER_KIND_COUNT] = {};
    int count = add_listener(app, addresses, 0, option_string(app->options, OPTION_listen), LISTENER_PUBLIC);
    count =
        add_listener(app, addresses, count, option_string(app->options, OPTION_internal), LISTENER_INTERNAL);
    struct text socket = arena_format(app->arena, "unix:%s", folder_path(app, "nidia.sock"));
    count = add_listener(app, addresses, count, socket.data, LISTENER_SOCKET);

    const struct server_options options = {
        .addresses = addresses,
        .listener_count = count,
        .loops = loop_count(app),
        .loop_begin = is_sqlite ? begin_loop_on_sqlite : begin_loop,
        .loop_turned = loop_turned,
        .loop_end = end_loop,
        .handle = gate_handle,
        .refuse = gate_refuse,
        .finished = finished,
        .context = app,
    };
    struct server *server;
    if (!server_start(&server, &options, error))
        return false;
    say_where(app, server, &options);
    wait_for_end();
    bool drained = server_drain(server, DRAIN_MS);
    server_stop(server);
    LOG(LOG_INFO, "stopped", { "drained", value_boolean(drained) });
    return true;
}

#include "app/serve.h"
#include "api/flight.h"
#include "base/cores.h"
#include "base/log.h"
#include "sql/database.h"
#include <sys/resource.h>
#include <unistd.h>

enum { DRAIN_MS = 20'000, LOOPS_MAX = 8, FILES_WANTED = CONNECTIONS_MAX + 1'000 };

static int loop_count(const struct app *app)
{
    int asked = option_integer(app->options, OPTION_loops);
    int cores = cores_count();
    return asked > 0 ? asked : cores < LOOPS_MAX ? cores : LOOPS_MAX;
}

static void add_listener(struct app *app, const char **addresses, const char *address,
                         enum listener_kind kind)
{
    if (!*address)
        return;
    addresses[app->listener_count] = address;
    app->gate.listeners[app->listener_count++] = kind;
}

static void say_where(const struct app *app, struct server *server, const struct server_options *options)
{
    for (int i = 0; i < options->listener_count; i++)
        LOG(LOG_INFO, "listening",
            { "listener", value_string(inherited_socket_names[app->gate.listeners[i]]) },
            { "address", value_string(options->addresses[i]) },
            { "port", value_integer(server_port(server, i)) });
}

static void finished(struct exchange *exchange, bool delivered, void *context)
{
    gate_finished(exchange, delivered, &((struct app *)context)->gate);
}

/* A loop's log lines are written together. */
static void *begin_loop(void *context)
{
    struct app *app = context;
    struct seat *seat = seat_begin_bare(app);
    log_keep();
    seat->flight = flight_create(&app->gate);
    return seat;
}

static void *begin_loop_on_sqlite(void *app)
{
    log_keep();
    return seat_begin(app);
}

static int loop_turned(void *seat)
{
    struct flight *flight = ((struct seat *)seat)->flight;
    if (flight)
        flight_depart(flight);
    return log_settle();
}

static void end_loop(void *seat)
{
    log_keep_no_more();
    seat_end(seat);
}

/* By the server's index, while the heritage goes by kind. */
static void sort_inherited(const struct app *app, const struct inheritance *heritage,
                           struct inherited inherited[static LISTENER_KIND_COUNT])
{
    for (int i = 0; i < app->listener_count; i++)
        inherited[i] = heritage->sockets[app->gate.listeners[i]];
}

/* Each connection is an open file: as many as the system allows without being asked for more. */
static void allow_connections(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= FILES_WANTED)
        return;
    files.rlim_cur = files.rlim_max < FILES_WANTED ? files.rlim_max : FILES_WANTED;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0)
        LOG(LOG_WARNING, "the limit of open files stays as it is",
            { "files", value_integer((int64_t)files.rlim_max) });
}

bool serve_begin(struct app *app, struct inheritance *heritage, struct server **server, struct error *error)
{
    bool is_sqlite = database_engine(app->site.database) == ENGINE_SQLITE;
    const char *addresses[LISTENER_KIND_COUNT] = {};
    struct inherited inherited[LISTENER_KIND_COUNT] = {};
    add_listener(app, addresses, option_string(app->options, OPTION_listen), LISTENER_PUBLIC);
    add_listener(app, addresses, option_string(app->options, OPTION_internal), LISTENER_INTERNAL);
    struct text socket = arena_format(app->arena, "unix:%s", folder_path(app, "nidia.sock"));
    add_listener(app, addresses, socket.data, LISTENER_SOCKET);
    sort_inherited(app, heritage, inherited);
    /* A socket that no loop accepts from would keep its clients waiting for ever. */
    int asked = loop_count(app), given = heritage->sockets[LISTENER_PUBLIC].count;
    app->loops = asked > given ? asked : given;

    const struct server_options options = {
        .addresses = addresses,
        .inherited = inherited,
        .listener_count = app->listener_count,
        .loops = app->loops,
        .loop_begin = is_sqlite ? begin_loop_on_sqlite : begin_loop,
        .loop_turned = loop_turned,
        .loop_end = end_loop,
        .handle = gate_handle,
        .refuse = gate_refuse,
        .finished = finished,
        .context = app,
    };
    allow_connections();
    if (!server_start(server, &options, error))
        return false;
    inheritance_close_sockets(heritage); /* the loops have copies */
    feed_attach(app->feed, *server);
    say_where(app, *server, &options);
    return true;
}

void serve_end(struct app *app, struct server *server)
{
    bool drained = server_drain(server, DRAIN_MS);
    feed_attach(app->feed, NULL);
    server_stop(server);
    LOG(LOG_INFO, "stopped", { "drained", value_boolean(drained) });
}

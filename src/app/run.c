/* One process's turn at serving: taken from a predecessor or begun, and ended or handed to a successor. */
#include "app/attend.h"
#include "app/notify.h"
#include "app/serve.h"
#include "base/log.h"
#include "record/migrate.h"
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, SUCCESSOR_OPENS_MS = 60'000 };

struct turn {
    const struct options *options;
    void (*announce)(struct text announced);
    const char *program;
    struct inheritance heritage;
    struct successor successor;
    bool must_follow; /* another process works on the same SQLite database until it is told to go on */
};

static void tell_predecessor(const struct turn *turn, char word)
{
    (void)!send(turn->heritage.line, &word, 1, MSG_NOSIGNAL);
}

/* All that can be found out while another process works on the database: options, keys, schema. */
static bool check(const struct options *options, struct arena *arena, struct error *error)
{
    struct app *app;
    struct db *db;
    struct migration plan;
    if (!app_open(&app, options, APP_LOOKS, NULL, error))
        return false;
    bool good = app_connect_owner(app, &db, error);
    if (good) {
        good = migrate_plan(db, arena, &plan, error)
            && (plan.refused.length == 0
                || fail(error, ERROR_conflict, "the migration would lose data: nidia migrate --dry-run"));
        db_close(db);
    }
    app_close(app);
    return good;
}

/* A predecessor that ends without a word has left the lock and the sockets all the same. */
static bool take_over(struct turn *turn, struct arena *arena, struct error *error)
{
    char word;
    if (!check(turn->options, arena, error))
        return false;
    tell_predecessor(turn, SUCCESSOR_READY);
    (void)!recv(turn->heritage.line, &word, 1, 0);
    return true;
}

static void say_that_it_serves(struct turn *turn)
{
    if (turn->heritage.line < 0)
        return;
    if (!turn->must_follow)
        tell_predecessor(turn, SUCCESSOR_READY);
    tell_predecessor(turn, SUCCESSOR_SERVING);
    close(turn->heritage.line);
    turn->heritage.line = -1;
}

static bool open_and_announce(struct turn *turn, struct app **app, struct arena *arena, struct error *error)
{
    struct buffer announced = { .arena = arena };
    int lock = turn->heritage.lock;
    turn->heritage.lock = -1;
    if (!app_open_holding(app, turn->options, APP_SERVES, lock, &announced, error))
        return false;
    (*app)->program = turn->program;
    if (announced.length > 0)
        turn->announce(announced.text);
    return true;
}

/* *handed_over: the successor waits for the end of this process's work. */
static bool serve(struct turn *turn, bool *handed_over, struct arena *arena, struct error *error)
{
    struct app *app;
    struct server *server;
    if (!open_and_announce(turn, &app, arena, error))
        return false;
    bool served = serve_begin(app, &turn->heritage, &server, error);
    if (served) {
        say_that_it_serves(turn);
        *handed_over = attend(app, server, &turn->successor);
        if (*handed_over)
            server_share_sockets(server);
        serve_end(app, server);
    }
    app_close(app);
    return served;
}

/* False: it failed, and what it was given is this process's again. */
static bool let_go_on(struct turn *turn)
{
    struct successor *successor = &turn->successor;
    successor_go_on(successor);
    if (successor_hear(successor, SUCCESSOR_OPENS_MS) == SUCCESSOR_SERVING && successor_lives(successor)) {
        successor_pass_on_signals(successor);
        successor_close(successor);
        LOG(LOG_INFO, "handed_over");
        return true;
    }
    successor_fail(successor);
    close(successor->line);
    turn->heritage = successor->heritage;
    LOG(LOG_ERROR, "handover_failed", { "error", value_string("the successor could not serve") });
    return false;
}

bool app_run(const struct options *options, void (*announce)(struct text announced), struct error *error)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    char program[PATH_SIZE] = "";
    (void)!readlink("/proc/self/exe", program, sizeof program - 1);
    struct turn turn = { .options = options, .announce = announce, .program = program };
    turn.successor.arena = arena;
    if (!inheritance_read(&turn.heritage, arena, error))
        return false;
    turn.must_follow = turn.heritage.line >= 0 && !*option_string(options, OPTION_database);
    if (turn.must_follow && !take_over(&turn, arena, error))
        return false;
    bool handed_over;
    do {
        handed_over = false;
        if (!serve(&turn, &handed_over, arena, error))
            return false;
    } while (handed_over && !let_go_on(&turn));
    return true;
}

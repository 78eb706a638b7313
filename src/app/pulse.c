#include "app/pulse.h"
#include "base/pool.h"
#include "record/transact.h"

struct pulse {
    struct task task; /* first: the pool gives it back */
    struct app *app;
    struct server *server;
    atomic_bool asked; /* a worker has the task */
    bool loops_turned;
};

static bool touch(struct work *work, void *data)
{
    (void)data;
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error, "SELECT 1", NO_PARAMETERS);
}

/* On a worker. An error is an answer too. */
static void ask(struct task *task, void *thread_state)
{
    struct pulse *pulse = (struct pulse *)task;
    struct seat *seat = thread_state;
    struct site *site = &pulse->app->site;
    struct error ignored = {};
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    if (seat->db || database_connect(site->database, &seat->db, &ignored)) {
        struct work work = work_of_system(site, arena, seat->db, site->now(site));
        (void)!db_transact(&work, touch, NULL);
    }
    atomic_store(&pulse->asked, false);
}

struct pulse *pulse_create(struct app *app, struct server *server)
{
    struct pulse *pulse = arena_new(app->arena, struct pulse);
    pulse->task.run = ask;
    pulse->app = app;
    pulse->server = server;
    return pulse;
}

bool pulse_felt(struct pulse *pulse)
{
    /* A loop that has turned once need not wait for the database. */
    pulse->loops_turned |= server_turns(pulse->server);
    if (!pulse->loops_turned || atomic_load(&pulse->asked))
        return false;
    pulse->loops_turned = false;
    atomic_store(&pulse->asked, true);
    bool given = pool_submit(pulse->app->gate.workers, &pulse->task);
    if (!given)
        atomic_store(&pulse->asked, false); /* the queue is full: whether it moves is seen the next time */
    return given;
}

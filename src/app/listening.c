/* Changes on other nodes: what PostgreSQL's LISTEN tells goes to the watchers, as if it had happened here. */
#include "app/beside.h"
#include "app/parts.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "directory/directory_load.h"
#include "events/sequencer.h"
#include "hosting/database_hosts.h"
#include "identity/revocation.h"
#include "jobs/runner.h"
#include "model/model.h"
#include "record/subject.h"
#include "settings/settings.h"
#include "sql/database.h"
#include "sql/listener.h"
#include "usage/usage.h"
#include <stdlib.h>

struct listening {
    struct listener *listener;
    struct app *app;
    struct db *db; /* the listener's thread's; NULL until it could be made */
    struct arena *arena;
};

/* A unit of work of the system's in the listener's thread; false while the database is away. */
static bool begin_work(struct listening *listening, struct work *work)
{
    struct error ignored = {};
    struct site *site = &listening->app->site;
    arena_reset(listening->arena);
    if (!listening->db && !database_connect(site->database, &listening->db, &ignored)) {
        listening->db = NULL;
        return false;
    }
    *work = work_of_system(site, listening->arena, listening->db, site->now(site));
    return true;
}

bool app_load_beside_tenants(struct work *work, void *)
{
    return revocations_load(work) && directory_load_hosts(work);
}

bool app_load_memory(struct app *app, struct work *work,
                     bool (*beside_tenants)(struct work *work, void *data), int64_t *position)
{
    struct beside others;
    subject_cache_forget_all(work->site->subjects);
    if (!sequencer_run(work, position) || !settings_load(work) || !hosts_load(work))
        return false;
    beside_begin(&others, app, beside_tenants);
    return beside_end(&others, directory_load(work), &work->error);
}

static void know(struct app *app, int64_t position)
{
    if (app->feed)
        feed_know(app->feed, position);
}

/* What was told while nobody listened is lost: all that is held in memory is read again. */
static bool connected(void *context)
{
    struct listening *listening = context;
    struct work work;
    int64_t position;
    bool loaded = begin_work(listening, &work)
               && app_load_memory(listening->app, &work, app_load_beside_tenants, &position);
    if (loaded)
        know(listening->app, position);
    else
        LOG(LOG_WARNING, "what is held in memory could not be read again", {});
    job_runner_wake(&listening->app->site);
    return loaded;
}

/* All that was announced before is known by now. Nodes of earlier versions announce no position. */
static void numbered(struct app *app, struct text announced)
{
    int64_t position;
    if (text_to_integer(announced, &position))
        know(app, position);
    if (app->feed)
        feed_wake(&app->site);
}

/* Of a row, or of what tenants consumed. */
static bool follow(struct listening *listening, const struct table *table, struct text words)
{
    struct work work;
    bool followed = begin_work(listening, &work)
                 && (table ? site_row_changed(&work, table, words) : usage_heard(&work, words));
    if (!followed)
        revocations_doubt(listening->app->site.revocations); /* it may have been the end of a session */
    return followed;
}

/* "tenants:ID": a row of a table that is held in memory changed; "jobs:": there is work; "usage:NODE:ID,ID":
 * what tenants consumed; "events:POSITION": events are numbered. */
static bool told(void *context, struct text payload)
{
    struct listening *listening = context;
    struct text id = payload, name = text_cut(&id, ':');
    const struct table *table = table_named(name);
    if (table == &jobs_table)
        job_runner_wake(&listening->app->site);
    else if (table == &events_table)
        numbered(listening->app, id);
    else if (table || text_is(name, "usage"))
        return follow(listening, table, id);
    return true;
}

static void heard(void *context)
{
    struct listening *listening = context;
    atomic_store_explicit(&listening->app->site.heard_us, clock_monotonic_us(), memory_order_relaxed);
}

void listening_begin(struct app *app)
{
    if (database_engine(app->site.database) == ENGINE_SQLITE)
        return;
    struct listening *listening = memory_new(struct listening);
    *listening = (struct listening){ .app = app, .arena = arena_create() };
    app->listening = listening;
    listening->listener = listener_create(&(struct listener_options){
        .url = option_string(app->options, OPTION_database),
        .context = listening,
        .connected = connected,
        .told = told,
        .heard = heard,
    });
}

void listening_end(struct app *app)
{
    struct listening *listening = app->listening;
    if (!listening)
        return;
    listener_destroy(listening->listener);
    db_close(listening->db);
    arena_destroy(listening->arena);
    free(listening);
    app->listening = NULL;
}

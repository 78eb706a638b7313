/* Opening and closing the app, in order: folder, database, keys, schema, memory, threads. */
#include "api/call.h"
#include "api/figures.h"
#include "api/openapi.h"
#include "api/remembered.h"
#include "app/parts.h"
#include "base/clock.h"
#include "base/cores.h"
#include "base/log.h"
#include "base/memory.h"
#include "directory/directory.h"
#include "hosting/database_hosts.h"
#include "hosting/hosting.h"
#include "identity/breach_list.h"
#include "identity/identity.h"
#include "jobs/runner.h"
#include "model/model.h"
#include "record/subject.h"
#include "record/transact.h"
#include "settings/settings.h"
#include "sql/database.h"
#include "sso/published.h"
#include "tenancy/tenancy.h"
#include "usage/usage.h"
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    WORKERS_ON_POSTGRES = 16,
    WORKER_QUEUE_MAX = 4096,
    SLOW_QUEUE_MAX = 128,
    SLOW_FOR_EACH_HASHING = 2,
    /* Yields to requests; but nobody waits long for a hash because others keep all cores busy. Where a thread
     * could not come back from it, it gets a tenth of such a core. */
    HASHING_NICE = 19,
    HASHING_NICE_FOR_GOOD = 10,
    HASHING_PATIENCE_MS = 3000,
    REMOTE_THREADS = 4,
    REMOTE_QUEUE_MAX = 64,
};

static int64_t real_now(struct site *site)
{
    (void)site;
    return clock_now_ms();
}

/* Does the ledger exist already? Then secrets may be sealed in it, and a fresh key ring would open none of
 * them. */
static bool is_first_start(struct app *app, struct db *db)
{
    struct result result;
    struct error error = {};
    return !db_run(db, app->arena, &result, &error, "SELECT id FROM users LIMIT 1", NO_PARAMETERS)
        || result.row_count == 0;
}

/* The key ring, and the database brought to the model by whoever works on it. */
static bool open_schema(struct app *app, struct error *error)
{
    struct db *owner;
    if (!app_connect_owner(app, &owner, error))
        return false;
    size_t steps = 0;
    bool works = app->use == APP_SERVES || app->use == APP_COMMANDS;
    bool opened = folder_open_keyring(app, app->use != APP_LOOKS && is_first_start(app, owner), error)
               && hosting_create(&app->site.hosting, app->options, app->site.keyring, error)
               && (!works || app_migrate(app, owner, &steps, error));
    db_close(owner);
    if (opened && steps > 0)
        LOG(LOG_INFO, "migrated", { "steps", value_integer((int64_t)steps) });
    return opened;
}

static void make_memory(struct app *app)
{
    struct site *site = &app->site;
    site->options = app->options;
    site->now = real_now;
    site->watchers = app_watchers;
    site->settings = settings_create();
    site->directory = directory_create();
    site->usage = usage_create();
    site->revocations = revocations_create();
    site->known_tokens = known_tokens_create();
    site->published = published_create();
    site->subjects = subject_cache_create();
}

static void make_gate(struct app *app)
{
    app->routes = routes_create(app_routes, app_services);
    app->gate = (struct gate){
        .site = &app->site,
        .routes = app->routes,
        .listeners = { LISTENER_PUBLIC, LISTENER_INTERNAL, LISTENER_SOCKET },
        .quotas = quotas_create(),
        .running_keys = running_keys_create(),
        .remembered = remembered_create(),
        .figures = figures_create(app->routes),
        .openapi = openapi_create(app->routes),
    };
}

/* One core is always left to the others. */
static int hashing_threads(void)
{
    int cores = cores_count();
    return cores > 2 ? cores - 1 : 1;
}

static void make_pools(struct app *app)
{
    bool is_sqlite = database_engine(app->site.database) == ENGINE_SQLITE;
    int workers = option_integer(app->options, OPTION_workers);
    struct pool_options options = {
        .name = "worker",
        .threads = workers > 0 ? workers
                 : is_sqlite   ? cores_count()
                               : WORKERS_ON_POSTGRES,
        .queue_max = WORKER_QUEUE_MAX,
        .thread_begin = seat_begin_bare,
        .thread_end = seat_end,
        .context = app,
    };
    app->gate.workers = pool_create(&options);
    options.name = "remote";
    options.threads = REMOTE_THREADS;
    options.queue_max = REMOTE_QUEUE_MAX;
    app->gate.remote = pool_create(&options);
    /* Who waits for a hash holds no other thread up, and what he writes before and after it is not niced: it
     * may hold locks that others want. */
    options.name = "slow";
    options.threads = SLOW_FOR_EACH_HASHING * hashing_threads();
    options.queue_max = SLOW_QUEUE_MAX;
    app->gate.slow = pool_create(&options);
    app->site.hashing = pool_create(&(struct pool_options){
        .name = "hashing",
        .threads = hashing_threads(),
        .queue_max = SLOW_QUEUE_MAX,
        .nice = HASHING_NICE,
        .nice_for_good = HASHING_NICE_FOR_GOOD,
        .patience_ms = HASHING_PATIENCE_MS,
    });
}

/* What a new installation holds, and what every start reads. */
struct filling {
    struct seed *seed;
    struct buffer *announced;
};

static bool fill(struct work *work, void *data)
{
    struct filling *filling = data;
    return settings_seed(work) && hosts_seed(work) && seed_defaults(work, filling->seed, filling->announced);
}

static bool load_beside_tenants(struct work *work, void *data)
{
    return app_load_beside_tenants(work, data) && keys_tell_lost(work);
}

static bool load(struct app *app, struct buffer *announced, struct error *error)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct db *db;
    if (!database_connect(app->site.database, &db, error))
        return false;
    struct work work = work_of_system(&app->site, arena, db, clock_now_ms());
    struct filling filling = { .announced = announced };
    bool held; /* a list that cannot be read is told now, not to the first who chooses a password */
    bool loaded =
        breach_list_look(option_string(app->options, OPTION_breached_passwords), TEXT(""), &held, &work.error)
        && seed_prepare(&work, identity_services, &filling.seed) && db_transact(&work, fill, &filling)
        && app_load_memory(app, &work, load_beside_tenants, &app->position);
    if (!loaded)
        *error = work.error;
    db_close(db);
    malloc_trim(0);
    return loaded;
}

/* One list of all parts' programs, as the runner takes it. */
static const struct job_program *const *job_programs(struct app *app)
{
    const struct job_program **all = NULL;
    size_t count = 0, capacity = 0;
    for (const struct job_program *const *const *list = app_job_programs; *list; list++)
        for (const struct job_program *const *program = *list; *program; program++) {
            all = arena_extend(app->arena, all, sizeof(const void *), count, &capacity);
            all[count++] = *program;
        }
    all = arena_extend(app->arena, all, sizeof(const void *), count, &capacity);
    all[count] = NULL;
    return all;
}

static bool start_threads(struct app *app, struct error *error)
{
    const struct feed_options feed = { .site = &app->site,
                                       .position = app->position,
                                       .may_stay = app_may_stay };
    if (app->use == APP_SERVES && !feed_create(&app->feed, &feed, error))
        return false;
    listening_begin(app);
    writing_usage_begin(app);
    const struct job_runner_options options = {
        .site = &app->site,
        .programs = job_programs(app),
        .periodics = app_periodics,
        .alone = database_engine(app->site.database) == ENGINE_SQLITE, /* it holds DATA/lock */
    };
    return job_runner_create(&app->runner, &options, error);
}

bool app_open(struct app **app, const struct options *options, enum app_use use, struct buffer *announced,
              struct error *error)
{
    return app_open_holding(app, options, use, -1, announced, error);
}

bool app_open_holding(struct app **out, const struct options *options, enum app_use use, int lock,
                      struct buffer *announced, struct error *error)
{
    struct app *app = memory_new(struct app);
    *app = (struct app){ .arena = arena_create(), .options = options, .use = use, .lock = lock };
    make_memory(app);
    *out = app;
    const struct database_options database = app_database(app);
    bool opened = folder_open(app, error) && open_schema(app, error)
               && (use == APP_MIGRATES || database_open(&app->site.database, &database, error));
    if (opened && (use == APP_SERVES || use == APP_COMMANDS)) {
        make_gate(app);
        make_pools(app);
        opened = load(app, announced, error) && start_threads(app, error);
    }
    if (opened)
        return true;
    app_close(app);
    *out = NULL;
    return false;
}

void app_close(struct app *app)
{
    if (!app)
        return;
    job_runner_destroy(app->runner);
    writing_usage_end(app);
    listening_end(app);
    feed_end(app->feed);
    pool_destroy(app->gate.workers);
    pool_destroy(app->gate.remote);
    pool_destroy(app->gate.slow);
    pool_destroy(app->site.hashing);
    if (app->site.database)
        database_close(app->site.database);
    feed_destroy(app->feed);
    openapi_destroy(app->gate.openapi);
    figures_destroy(app->gate.figures);
    running_keys_destroy(app->gate.running_keys);
    remembered_destroy(app->gate.remembered);
    quotas_destroy(app->gate.quotas);
    routes_destroy(app->routes);
    subject_cache_destroy(app->site.subjects);
    published_destroy(app->site.published);
    known_tokens_destroy(app->site.known_tokens);
    revocations_destroy(app->site.revocations);
    usage_destroy(app->site.usage);
    directory_destroy(app->site.directory);
    settings_destroy(app->site.settings);
    hosting_destroy(app->site.hosting);
    if (app->site.keyring)
        keyring_close(app->site.keyring);
    folder_close(app);
    arena_destroy(app->arena);
    free(app);
}

struct text app_openapi(struct arena *arena)
{
    struct routes *routes = routes_create(app_routes, app_services);
    struct text document = openapi_document(routes, arena);
    routes_destroy(routes);
    return document;
}

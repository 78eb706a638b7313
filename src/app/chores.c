/* What commands ask of the app beyond the API. */
#include "app/parts.h"
#include "base/clock.h"
#include "identity/identity.h"
#include "model/model.h"
#include "sql/database.h"
#include "tenancy/doctor.h"
#include "tenancy/tenancy.h"

enum { LOOK_AGAIN_MS = 20 };

bool chore_run(struct app *app, bool (*piece)(struct work *work, void *data), void *data, struct error *error)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct db *db;
    if (!database_connect(app->site.database, &db, error))
        return false;
    struct work work = work_of_system(&app->site, arena, db, app->site.now(&app->site));
    bool done = piece(&work, data);
    if (!done)
        *error = work.error;
    db_close(db);
    return done;
}

static bool count_open_jobs(struct work *work, int64_t *open)
{
    struct result result;
    if (!db_run(
            work->db, work->arena, &result, &work->error,
            "SELECT count(*) FROM jobs WHERE kind = 'provision_tenant' AND status IN ('queued', 'running')",
            NO_PARAMETERS))
        return false;
    *open = cell_integer(result.cells[0]);
    return true;
}

/* Other nodes may run the jobs too, so it is their rows that tell when all is done. */
static bool wait_for_databases(struct work *work)
{
    int64_t open = 1;
    while (open > 0) {
        if (!count_open_jobs(work, &open))
            return false;
        clock_sleep_ms(LOOK_AGAIN_MS);
    }
    return true;
}

struct demo {
    int count;
    size_t *made;
};

static bool make_demo(struct work *work, void *data)
{
    struct demo *demo = data;
    return seed_demo(work, identity_services, demo->count, demo->made) && wait_for_databases(work);
}

bool app_seed_demo(struct app *app, int count, size_t *made, struct error *error)
{
    return chore_run(app, make_demo, &(struct demo){ count, made }, error);
}

struct look {
    struct app *app;
    bool as_json;
    struct buffer *findings;
    size_t *count;
};

static bool look(struct work *work, void *data)
{
    struct look *look = data;
    [[gnu::cleanup(db_cleanup)]] struct db *owner = NULL;
    return app_connect_owner(look->app, &owner, &work->error)
        && doctor_look(work, owner, look->as_json, look->findings, look->count);
}

bool app_doctor(struct app *app, bool as_json, struct buffer *findings, size_t *count, struct error *error)
{
    return chore_run(app, look, &(struct look){ app, as_json, findings, count }, error);
}

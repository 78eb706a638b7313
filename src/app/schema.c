/* The schema of the control plane's database: brought to the model by the role that owns it. */
#include "app/parts.h"
#include "record/grant.h"
#include "record/migrate.h"
#include "sql/driver.h"

struct database_options app_database(struct app *app)
{
    const char *url = option_string(app->options, OPTION_database);
    return *url ? (struct database_options){ .url = url }
                : (struct database_options){ .path = folder_path(app, "superadmin.db") };
}

bool app_connect_owner(struct app *app, struct db **db, struct error *error)
{
    struct database_options database = app_database(app);
    const char *owner = option_string(app->options, OPTION_owner_url);
    return database.path ? sqlite_connect(db, database.path, SQLITE_WRITES, error)
                         : postgres_connect(db, *owner ? owner : database.url, error);
}

/* The role that serves, asked of the database itself: its URL may leave it to the environment. */
static bool find_serving_role(struct app *app, struct arena *arena, struct text *role, struct error *error)
{
    struct db *db;
    struct result result;
    if (!postgres_connect(&db, option_string(app->options, OPTION_database), error))
        return false;
    bool found = db_run(db, arena, &result, error, "SELECT CAST(current_user AS text)", NO_PARAMETERS);
    if (found)
        *role = cell_text(result.cells[0]);
    db_close(db);
    return found;
}

/* Where the tables have an owner of their own, the serving role is given what it needs, and no more. */
static bool grant(struct app *app, struct db *owner, struct arena *arena, struct error *error)
{
    struct text role;
    if (!*option_string(app->options, OPTION_owner_url) || !*option_string(app->options, OPTION_database))
        return true;
    return find_serving_role(app, arena, &role, error) && schema_grant(owner, arena, role, error);
}

/* What it takes to compare the whole model with the database does not stay as long as the app. */
bool app_migrate(struct app *app, struct db *owner, size_t *steps, struct error *error)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    return migrate_run(owner, arena, steps, error) && grant(app, owner, arena, error);
}

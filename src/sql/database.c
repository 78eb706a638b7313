#include "sql/database.h"
#include "base/memory.h"
#include "sql/driver.h"
#include "sql/lane.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct database {
    enum engine engine;
    char *place;       /* path or URL */
    struct lane *lane; /* of SQLite */
};

static bool open_place(struct database *database, struct error *error)
{
    struct db *db;
    if (database->engine == ENGINE_POSTGRES) {
        if (!postgres_connect(&db, database->place, error))
            return false;
        db_close(db);
        return true;
    }
    if (!sqlite_connect(&db, database->place, SQLITE_WRITES, error))
        return false;
    database->lane = lane_create(db);
    return true;
}

bool database_open(struct database **database, const struct database_options *options, struct error *error)
{
    struct database *made = memory_new(struct database);
    made->engine = options->url ? ENGINE_POSTGRES : ENGINE_SQLITE;
    made->place = memory_require(strdup(options->url ? options->url : options->path));
    if (!open_place(made, error)) {
        database_close(made);
        return false;
    }
    *database = made;
    return true;
}

void database_close(struct database *database)
{
    if (!database)
        return;
    if (database->lane)
        lane_destroy(database->lane);
    free(database->place);
    free(database);
}

enum engine database_engine(const struct database *database)
{
    return database->engine;
}

bool database_connect(struct database *database, struct db **db, struct error *error)
{
    return database->engine == ENGINE_POSTGRES ? postgres_connect(db, database->place, error)
                                               : sqlite_connect(db, database->place, SQLITE_READS, error);
}

bool database_submit(struct database *database, struct write *write)
{
    assert(database->lane);
    return lane_submit(database->lane, write);
}

uint64_t database_version(struct database *database)
{
    return database->lane ? lane_version(database->lane) : 0;
}

void database_raise_version(struct database *database)
{
    assert(database->lane);
    lane_raise_version(database->lane);
}

size_t database_queue_depth(struct database *database)
{
    return database->lane ? lane_depth(database->lane) : 0;
}

void database_settle(struct database *database)
{
    assert(database->lane);
    lane_settle(database->lane);
}

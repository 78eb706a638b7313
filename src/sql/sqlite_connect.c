/* How a SQLite file is opened: what it promises on disk, and what SQL may not do to it. */
#include "base/memory.h"
#include "sql/sqlite.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUSY_TIMEOUT_MS = 5000 };

/* Memory statistics cost a lock in every allocation, shared by all threads. */
static void configure_library(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static const struct {
    int option, value;
} guards[] = {
    { SQLITE_DBCONFIG_DEFENSIVE, 1 },
    { SQLITE_DBCONFIG_ENABLE_FKEY, 1 },
    { SQLITE_DBCONFIG_DQS_DML, 0 },
    { SQLITE_DBCONFIG_DQS_DDL, 0 }, /* "x" is a name, never a string */
    /* The schema stays trusted: SQLite 3.40 counts json_valid, which CHECKs want, as unsafe in one that is
       not. */
};

static const char settings[] = "PRAGMA journal_mode = WAL;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA temp_store = MEMORY;" /* savepoints journal there */
                               "PRAGMA cell_size_check = ON;"
                               "PRAGMA cache_size = -2000;"
                               "PRAGMA journal_size_limit = 67108864;";

static bool configure(struct sqlite *sqlite, struct error *error)
{
    sqlite3_busy_timeout(sqlite->handle, BUSY_TIMEOUT_MS);
    for (size_t i = 0; i < sizeof guards / sizeof *guards; i++)
        if (sqlite3_db_config(sqlite->handle, guards[i].option, guards[i].value, NULL) != SQLITE_OK)
            return sqlite_fail(sqlite, error);
    sqlite3_limit(sqlite->handle, SQLITE_LIMIT_ATTACHED, 0);
    if (sqlite3_exec(sqlite->handle, settings, NULL, NULL, NULL) != SQLITE_OK)
        return sqlite_fail(sqlite, error);
    return sqlite->use != SQLITE_READS
        || sqlite3_exec(sqlite->handle, "PRAGMA query_only = ON", NULL, NULL, NULL) == SQLITE_OK
        || sqlite_fail(sqlite, error);
}

/*
 * Makes the file with its mode before SQLite would make it with another. It never opens a file that exists:
 * closing it again would drop the locks that other connections of this process hold on it.
 */
static bool create_file(const char *path, struct error *error)
{
    int file = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0)
        close(file);
    else if (errno == ENOSPC || errno == EDQUOT)
        return fail(error, ERROR_storage_full, "%s: %s", path, strerror(errno));
    else if (errno != EEXIST)
        return fail(error, ERROR_database_unavailable, "%s: %s", path, strerror(errno));
    return true;
}

bool sqlite_connect(struct db **db, const char *path, enum sqlite_use use, struct error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure_library);
    if (use == SQLITE_WRITES && !create_file(path, error))
        return false;

    struct sqlite *sqlite = memory_new(struct sqlite);
    sqlite->db.driver = &sqlite_driver;
    sqlite->use = use;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    bool opened = sqlite3_open_v2(use == SQLITE_IN_MEMORY ? ":memory:" : path, &sqlite->handle, flags, NULL)
                       == SQLITE_OK
                    ? configure(sqlite, error)
                    : sqlite_fail(sqlite, error);
    if (!opened) {
        db_close(&sqlite->db);
        return false;
    }
    *db = &sqlite->db;
    return true;
}

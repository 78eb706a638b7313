/* What the parts of the SQLite driver share. */
#pragma once
#include "sql/driver.h"
#include "sql/statement.h"
#include <sqlite3.h>

struct sqlite {
    struct db db;
    sqlite3 *handle;
    enum sqlite_use use;
    bool begun; /* by db_begin: what is written must then be part of it */
    struct statement_cache statements;
};

extern const struct driver sqlite_driver;

static inline sqlite3 *sqlite_handle(struct db *db)
{
    return ((struct sqlite *)db)->handle;
}

/* Says why the handle's last call failed, in the words of error.h and db_fault. Returns false. */
bool sqlite_fail(struct sqlite *sqlite, struct error *error);

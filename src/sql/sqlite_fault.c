/* What SQLite's result codes and messages mean to the rest of the program. */
#include "sql/sqlite.h"
#include <errno.h>
#include <stdio.h>

static const struct {
    int code;
    enum error_code means;
} codes[] = {
    { SQLITE_FULL, ERROR_storage_full },
    { SQLITE_BUSY, ERROR_database_unavailable },
    { SQLITE_LOCKED, ERROR_database_unavailable },
    { SQLITE_IOERR, ERROR_database_unavailable },
    { SQLITE_CANTOPEN, ERROR_database_unavailable },
    { SQLITE_PROTOCOL, ERROR_database_unavailable },
    { SQLITE_NOMEM, ERROR_database_unavailable },
    { SQLITE_CORRUPT, ERROR_database_unavailable },
    { SQLITE_NOTADB, ERROR_database_unavailable },
};

/* By the message: a foreign key that RESTRICTs has the code of a trigger. */
static const struct {
    struct text message;
    enum db_failure failure;
} constraints[] = {
    { TEXT_CONSTANT("UNIQUE constraint failed"), DB_FAILURE_UNIQUE },
    { TEXT_CONSTANT("CHECK constraint failed"), DB_FAILURE_CHECK },
    { TEXT_CONSTANT("FOREIGN KEY constraint failed"), DB_FAILURE_REFERENCE },
};

/* "UNIQUE constraint failed: tenants.slug" names columns, or "index 'tenants_slug_unique'" where it is over
 * an expression. */
static void note_where(struct db_fault *fault, struct text rest)
{
    if (text_starts(rest, TEXT(": ")))
        rest = text_slice(rest, 2, rest.length);
    if (text_starts(rest, TEXT("index '")) && text_ends(rest, TEXT("'")))
        rest = text_slice(rest, sizeof "index '" - 1, rest.length - 1);
    snprintf(fault->where, sizeof fault->where, "%.*s", TEXT_ARG(rest));
}

static enum db_failure constraint_failure(struct sqlite *sqlite, struct text message)
{
    for (size_t i = 0; i < sizeof constraints / sizeof *constraints; i++)
        if (text_starts(message, constraints[i].message)) {
            note_where(&sqlite->db.fault, text_slice(message, constraints[i].message.length, message.length));
            return constraints[i].failure;
        }
    return DB_FAILURE_OTHER;
}

static enum error_code meaning(sqlite3 *handle, int code)
{
    int system_error = sqlite3_system_errno(handle);
    if (code == SQLITE_IOERR && (system_error == ENOSPC || system_error == EDQUOT))
        return ERROR_storage_full;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].code == code)
            return codes[i].means;
    return ERROR_internal;
}

bool sqlite_fail(struct sqlite *sqlite, struct error *error)
{
    int code = sqlite3_errcode(sqlite->handle) & 0xff;
    const char *message = sqlite3_errmsg(sqlite->handle);
    enum db_failure failure =
        code == SQLITE_CONSTRAINT ? constraint_failure(sqlite, text_from(message)) : DB_FAILURE_OTHER;
    return db_fail(&sqlite->db, error, meaning(sqlite->handle, code), failure, message);
}

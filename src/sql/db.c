#include "sql/db.h"
#include "sql/driver.h"
#include <assert.h>

void db_forget_failure(struct db *db)
{
    db->fault.failure = DB_FAILURE_NONE;
    db->fault.where[0] = '\0';
    db->code = ERROR_none;
    db->may_retry = false;
}

bool db_fail(struct db *db, struct error *error, enum error_code code, enum db_failure failure,
             const char *about)
{
    db->code = code;
    db->fault.failure = failure;
    return fail(error, code, "%s", about);
}

/* PostgreSQL cannot store U+0000, and half of SQLite's functions stop at it. */
static bool parameters_fit(struct db *db, struct error *error, const struct value *parameters, size_t count)
{
    assert(count <= SQL_PARAMETERS_MAX);
    for (size_t i = 0; i < count; i++)
        if (parameters[i].kind == VALUE_TEXT
            && text_find_byte(parameters[i].text, '\0') < parameters[i].text.length)
            return db_fail(db, error, ERROR_internal, DB_FAILURE_OTHER, "U+0000 in a parameter");
    return true;
}

bool db_run(struct db *db, struct arena *arena, struct result *result, struct error *error, const char *sql,
            const struct value *parameters, size_t parameter_count)
{
    db_forget_failure(db);
    return parameters_fit(db, error, parameters, parameter_count)
        && db->driver->run(db, arena, result, error, sql, parameters, parameter_count);
}

/* What does not fit is left behind, and never good. */
bool db_flight_begin(struct db *db, struct db_read *const *reads, size_t count)
{
    struct db_read *fitting[READS_MAX];
    struct error ignored = {};
    size_t fitting_count = 0;
    assert(count <= READS_MAX);
    db_forget_failure(db);
    for (size_t i = 0; i < count; i++)
        if (parameters_fit(db, &ignored, reads[i]->parameters, reads[i]->parameter_count))
            fitting[fitting_count++] = reads[i];
    return db->driver->flight_begin(db, fitting, fitting_count);
}

bool db_flight_land(struct db *db)
{
    return db->driver->flight_land(db);
}

int db_socket(const struct db *db)
{
    return db->driver->socket(db);
}

bool db_later(struct db *db, struct arena *arena, struct error *error, const char *sql,
              const struct value *parameters, size_t parameter_count)
{
    db_forget_failure(db);
    return parameters_fit(db, error, parameters, parameter_count)
        && db->driver->later(db, arena, error, sql, parameters, parameter_count);
}

bool db_run_script(struct db *db, struct error *error, const char *sql)
{
    db_forget_failure(db);
    return db->driver->run_script(db, error, sql);
}

bool db_begin(struct db *db, struct error *error)
{
    db_forget_failure(db);
    return db->driver->begin(db, error);
}

bool db_commit(struct db *db, struct error *error)
{
    db_forget_failure(db);
    return db->driver->commit(db, error);
}

/* Keeps what is known of the failure that led here. */
void db_rollback(struct db *db)
{
    db->driver->rollback(db);
}

void db_close(struct db *db)
{
    if (db)
        db->driver->close(db);
}

void db_cleanup(struct db **db)
{
    db_close(*db);
}

bool db_lock(struct db *db, struct arena *arena, struct error *error, struct text name)
{
    db_forget_failure(db);
    return db->driver->lock(db, arena, error, name);
}

bool db_notify(struct db *db, struct arena *arena, struct error *error, struct text payload)
{
    db_forget_failure(db);
    return db->driver->notify(db, arena, error, payload);
}

enum engine db_engine(const struct db *db)
{
    return db->driver->engine;
}

const struct db_fault *db_fault(const struct db *db)
{
    return &db->fault;
}

bool db_may_retry(const struct db *db)
{
    return db->may_retry;
}

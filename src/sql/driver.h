/* What an engine's driver gives to db.c; and how connections are made. Included by sql/ and tests alone. */
#pragma once
#include "sql/db.h"

struct driver {
    enum engine engine;
    bool (*run)(struct db *db, struct arena *arena, struct result *result, struct error *error,
                const char *sql, const struct value *parameters, size_t parameter_count);
    /* Of PostgreSQL alone. */
    bool (*flight_begin)(struct db *db, struct db_read *const *reads, size_t count);
    bool (*flight_land)(struct db *db);
    int (*socket)(const struct db *db);
    bool (*later)(struct db *db, struct arena *arena, struct error *error, const char *sql,
                  const struct value *parameters, size_t parameter_count);
    bool (*run_script)(struct db *db, struct error *error, const char *sql);
    bool (*begin)(struct db *db, struct error *error);
    bool (*commit)(struct db *db, struct error *error);
    void (*rollback)(struct db *db);
    void (*close)(struct db *db);
    bool (*lock)(struct db *db, struct arena *arena, struct error *error, struct text name);
    bool (*notify)(struct db *db, struct arena *arena, struct error *error, struct text payload);
};

/* The head of every driver's own struct. */
struct db {
    const struct driver *driver;
    struct db_fault fault;
    enum error_code code; /* of the last failure, ERROR_none after a success */
    bool may_retry;
};

void db_forget_failure(struct db *db);
/* Notes why the last statement failed, for the caller and for whoever asks db_fault. Returns false. */
bool db_fail(struct db *db, struct error *error, enum error_code code, enum db_failure failure,
             const char *about);

enum sqlite_use { SQLITE_READS, SQLITE_WRITES, SQLITE_IN_MEMORY };

/*
 * Opens (and, for writing, creates with mode 0600) a SQLite file: WAL, synchronous=FULL, foreign_keys=ON,
 * busy_timeout 5 s, temp_store=MEMORY; for reading, query_only. In memory: an empty database of nobody
 * else's, and no path.
 */
[[nodiscard]] bool sqlite_connect(struct db **db, const char *path, enum sqlite_use use, struct error *error);

int64_t sqlite_written(const struct db *db);     /* rows that this connection inserted, changed or removed */
bool sqlite_in_transaction(const struct db *db); /* false also after SQLite gave a transaction up by itself */

/* `url` is libpq's: postgres://user:password@host:port/database?options. Reconnects by itself between
 * transactions. */
[[nodiscard]] bool postgres_connect(struct db **db, const char *url, struct error *error);

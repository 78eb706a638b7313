/*
 * The database as the process sees it: where it is, how to get a connection, and on SQLite the one lane that
 * writes.
 *
 * The lane takes what is queued (at most LANE_BATCH_MAX writes or LANE_BATCH_MS), runs each in a savepoint of
 * one transaction, commits once, then tells each its outcome: an answer is given only after the commit is on
 * disk.
 */
#pragma once
#include "sql/db.h"

struct database;

struct database_options {
    const char *path; /* of a SQLite file; or */
    const char *url;  /* of a PostgreSQL database */
};

enum { LANE_BATCH_MAX = 64, LANE_BATCH_MS = 2, LANE_QUEUE_MAX = 4096 };

/* SQLite: opens the file for writing and starts the lane. PostgreSQL: checks that it answers. */
[[nodiscard]] bool database_open(struct database **database, const struct database_options *options,
                                 struct error *error);
void database_close(struct database *database); /* runs what is queued first */

enum engine database_engine(const struct database *database);

/* A connection for one thread: read-only on SQLite. Close it with db_close. */
[[nodiscard]] bool database_connect(struct database *database, struct db **db, struct error *error);

/* One write in the lane. */
struct write {
    /* In the lane's thread, inside a savepoint; false undoes all that it wrote, and nobody else's. */
    bool (*run)(struct write *write, struct db *db);
    /* After the commit (or its failure), in the lane's thread: quick, never blocking. `lost` is NULL or why
     * the batch failed. */
    void (*done)(struct write *write, const struct error *lost);
    struct write *next; /* the lane's */
    bool kept;          /* the lane's: what `run` returned */
};

/* SQLite only. False: the queue is full (`overloaded`) or closing. */
[[nodiscard]] bool database_submit(struct database *database, struct write *write);
size_t database_queue_depth(struct database *database);

/* Rises with each commit of the lane that wrote something, before its writers are answered: who reads it,
 * then the database, sees at least that much. On PostgreSQL, where others write too, always 0. */
uint64_t database_version(struct database *database);
/* SQLite only: it rises once more, since what is held in memory beside the database has followed. */
void database_raise_version(struct database *database);

/* SQLite only: until the writers of all that can be read by now were answered, and what follows from it in
 * memory was done there. Not in the lane's thread. */
void database_settle(struct database *database);

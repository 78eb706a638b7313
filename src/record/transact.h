/* The one door for writing. */
#pragma once
#include "record/work.h"

/*
 * Runs `function` in a transaction and returns after the commit: on SQLite in the lane, on PostgreSQL on
 * work->db. Inside a transaction it just calls it. It may be run again (40001, 40P01, a connection lost
 * before COMMIT: three times), with the error and the effects cleared: it must not keep what a first run
 * computed outside the database. Blocks: never called by a loop; never open during bcrypt, a file, DNS or the
 * network.
 */
[[nodiscard]] bool db_transact(struct work *work, bool (*function)(struct work *work, void *data),
                               void *data);

/*
 * On SQLite: queues it in the lane and returns; `done` is called in the lane's thread after commit and
 * effects, and must not block. False, with `overloaded`, where the lane's queue is full: then `done` is not
 * called.
 */
[[nodiscard]] bool db_transact_later(struct work *work, bool (*function)(struct work *work, void *data),
                                     void (*done)(struct work *work, bool kept, void *data), void *data);

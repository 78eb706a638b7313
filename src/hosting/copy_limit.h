/* Statements that end with the time of whoever waits for a copy: they may wait for locks, or have much to
 * read. */
#pragma once
#include "hosting/copy_watch.h"
#include "sql/db.h"

/* In milliseconds, as the setting statement_timeout takes it: at least one, since 0 would be no limit. */
struct text copy_time_left(struct arena *arena, int64_t until_us);
/* For those that follow on this connection, where the watch has an end; on PostgreSQL, without a round trip
 * in a transaction. */
[[nodiscard]] bool copy_limit(const struct copy_watch *watch, struct arena *arena, struct db *db,
                              struct error *error);

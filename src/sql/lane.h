/* The one thread that writes to a SQLite file. */
#pragma once
#include "sql/database.h"

struct lane;

struct lane *lane_create(struct db *db); /* takes the connection over */
[[nodiscard]] bool lane_submit(struct lane *lane, struct write *write);
size_t lane_depth(struct lane *lane);
uint64_t lane_version(struct lane *lane); /* see database_version */
void lane_raise_version(struct lane *lane);
void lane_settle(struct lane *lane);  /* see database_settle */
void lane_destroy(struct lane *lane); /* runs what is queued, then closes the connection */

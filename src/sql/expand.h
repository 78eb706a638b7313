/* The few words in which SQLite and PostgreSQL differ, written in braces and replaced when a statement is
 * prepared. */
#pragma once
#include "sql/db.h"

const char *sql_expand(struct arena *arena, enum engine engine, const char *sql);

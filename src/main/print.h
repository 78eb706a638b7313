/* Replies for people: a list as a table of some columns, a record as lines. With --json: as they came. */
#pragma once
#include "main/command.h"

void print_rows(const struct invocation *invocation, const struct reply *reply, const char *const *columns);
void print_record(const struct invocation *invocation, const struct reply *reply, const char *const *columns);

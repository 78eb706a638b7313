/* Replies for people: a list as a table of some columns, a record as lines. With --json: as they came. */
#pragma once
#include "main/command.h"

void print_rows(const struct invocation *invocation, const struct reply *reply, const char *const *columns);
void print_record(const struct invocation *invocation, const struct reply *reply, const char *const *columns);

/* What GET, or POST with this body, gives, printed so; the exit code. */
int print_got(struct invocation *invocation, struct text target, const char *const *columns);
int print_made(struct invocation *invocation, struct text target, struct buffer *body,
               const char *const *columns);

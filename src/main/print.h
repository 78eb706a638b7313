/* Replies for people: a list as a table of 16 columns at most, a record as lines. With --json: as they came.
 */
#pragma once
#include "main/command.h"

void print_rows(const struct invocation *invocation, const struct reply *reply, const char *const *columns);
void print_record(const struct invocation *invocation, const struct reply *reply, const char *const *columns);

/* All rows of the list there, as one table or one document; with --json no columns are needed. */
[[nodiscard]] bool print_all(struct invocation *invocation, struct text target, const char *const *columns,
                             size_t *count);
/* The same; the exit code. */
int print_list(struct invocation *invocation, struct text target, const char *const *columns);
/* What POST with this body gives, printed as a record; the exit code. */
int print_made(struct invocation *invocation, struct text target, struct buffer *body,
               const char *const *columns);

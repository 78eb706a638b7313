/* A list of the API, page after page, however long it is. */
#pragma once
#include "main/command.h"

/* `target` without limit and cursor. `take` is given the rows of each page, which are gone when it returns.
 * False: a page could not be had, and why has been said. */
[[nodiscard]] bool pages_read(struct invocation *invocation, struct text target,
                              void (*take)(void *context, const struct json *rows), void *context);

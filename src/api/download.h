/* Files as answers: read while the client takes them, never as a whole in memory. */
#pragma once
#include "api/route.h"

/* `name` is what the client is to call it. `conflict` where it is not on this machine, or not of that size.
 */
[[nodiscard]] bool answer_file(struct call *call, const char *path, int64_t size, struct text name);

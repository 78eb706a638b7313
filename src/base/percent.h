/* Percent-encoding (RFC 3986 §2.1) of paths and query strings. */
#pragma once
#include "base/buffer.h"

/* False where an escape is cut or not hexadecimal, or the result is not UTF-8 or holds U+0000.
 * `plus_is_space`: in a query. */
[[nodiscard]] bool percent_decode(struct arena *arena, struct text encoded, bool plus_is_space,
                                  struct text *decoded);

/* Everything but RFC 3986's unreserved characters is escaped. */
void percent_encode(struct buffer *out, struct text text);

/* Whose an API key is, and what it may, as it and its maker stand now. */
#pragma once
#include "identity/known_token.h"

/* False without an error: there is no such key, or it is void. */
[[nodiscard]] bool key_holder_read(struct work *work, const unsigned char digest[static SHA256_SIZE],
                                   struct holder *holder);

/* Codes of authenticator apps (TOTP, RFC 6238): six digits, SHA-1, a new one each thirty seconds. */
#pragma once
#include "base/arena.h"

enum { SEED_SIZE = 20, CODE_DIGITS = 6, STEP_SECONDS = 30 };

/* Is it the code of now, or of the step before or after it? Then *step is its own. */
[[nodiscard]] bool one_time_code_matches(struct text seed, struct text code, int64_t now_ms, int64_t *step);

struct text base32_encode(struct arena *arena, struct text data); /* RFC 4648 §6, no padding */

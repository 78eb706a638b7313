/* Recovery codes: ten, shown once, kept as hashes, each good once. */
#pragma once
#include "identity/second_factor.h"

enum { RECOVERY_CODES = 10 };

[[nodiscard]] bool recovery_codes_are_enrolled(struct work *work, struct text user_id, bool *enrolled);
[[nodiscard]] bool recovery_code_verify(struct work *work, const struct second_factor_attempt *attempt,
                                        bool *good);
[[nodiscard]] bool recovery_codes_forget(struct work *work, struct text user_id);

/* In a transaction: ten new ones in place of all that were left, as a JSON array. */
[[nodiscard]] bool recovery_codes_make(struct work *work, struct text user_id, struct text *codes);
[[nodiscard]] bool recovery_codes_count(struct work *work, struct text user_id, int64_t *count);

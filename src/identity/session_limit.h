/* How many sessions a person has at once: with one too many the oldest ends. */
#pragma once
#include "record/work.h"

/* In a transaction that has locked the person's row, after the newest session began. What others do in the
 * person's name does not count, and neither does what is over. */
[[nodiscard]] bool session_limit_keep(struct work *work, struct text user_id, struct text newest_id);

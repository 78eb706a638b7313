/* How a session began at an identity provider, kept for its end. */
#pragma once
#include "sso/exchange.h"

/* In a transaction, with the session that began. `sso_attempt_void`: one has begun with this attempt before.
 */
[[nodiscard]] bool ending_note(struct work *work, const struct provider *provider,
                               const struct attempt *attempt, const struct said *said,
                               struct text session_id);

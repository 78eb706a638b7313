/* How a session began at an identity provider, kept for its end. */
#pragma once
#include "sso/exchange.h"

/* In a transaction: the row of what the session will begin with. `sso_attempt_void`: one began with this
 * attempt before. */
[[nodiscard]] bool ending_note(struct work *work, const struct provider *provider,
                               const struct attempt *attempt, const struct said *said, struct text *id);

/* Which of a provider's sessions; an empty text: whatever it is. */
struct ended_there {
    struct text provider_id, session, subject;
};
/* In a transaction: they are over here too. */
[[nodiscard]] bool ending_spread(struct work *work, const struct ended_there *ended, const char *reason);

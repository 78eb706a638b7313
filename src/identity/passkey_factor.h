/* Passkeys as a second factor: the line that they are in second_factor_methods, and their removal. */
#pragma once
#include "identity/second_factor_change.h"

[[nodiscard]] bool passkeys_are_enrolled(struct work *work, struct text user_id, bool *enrolled);
[[nodiscard]] bool passkey_verify(struct work *work, const struct second_factor_attempt *attempt, bool *good);
[[nodiscard]] bool passkeys_forget(struct work *work, struct text user_id);
/* What a browser is to be asked for the ticket. */
[[nodiscard]] bool passkey_ask(struct work *work, const struct second_factor_ticket *ticket,
                               struct text *question);

/* In a transaction: one of the actor's own is removed. `not_found` where it is another's. */
[[nodiscard]] bool passkey_remove_own(struct work *work, struct text id, struct factor_change *change);
/* Stands in for the generic removal: an administrator does not trust it. */
[[nodiscard]] bool passkey_remove(struct work *work, const struct value *before);

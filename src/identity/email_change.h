/*
 * A person's change of e-mail: asked for with the password, confirmed at both addresses, and stopped from
 * either. Until then nothing changes; then the sessions end, and every link that was mailed before is void.
 */
#pragma once
#include "model/model.h"
#include "record/work.h"

struct email_wish {
    const struct user *user;
    struct text email, current_password;
};

/* On a slow pool: costs a bcrypt; opens its own transactions. Mails a link to each address. */
[[nodiscard]] bool email_change_ask(struct work *work, const struct email_wish *order);

/* In a transaction, by a mailed token: verifies an address, or confirms a change at one of both. */
[[nodiscard]] bool email_confirm(struct work *work, struct text token, struct value *state);
/* In a transaction, by the token that either address got: the change is not made. */
[[nodiscard]] bool email_change_stop(struct work *work, struct text token);

/* In a transaction: tells the address that was the user's that it is no more; of both rows the id is the
 * same. */
[[nodiscard]] bool email_change_tell(struct work *work, const struct user *before, struct text new_email);

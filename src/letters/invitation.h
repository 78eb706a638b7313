/* Invitations: whoever has no password yet chooses it by a link that is mailed. */
#pragma once
#include "model/model.h"
#include "record/work.h"

/* In a transaction: mails a link. `wrong_state` where the person has a password already. */
[[nodiscard]] bool invitation_send(struct work *work, const struct user *user);

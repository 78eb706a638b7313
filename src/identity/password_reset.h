/* A forgotten password: a link by mail, and a new password by that link. Invitations end here too. */
#pragma once
#include "model/model.h"
#include "record/work.h"

/* In a transaction: mails a link to the person who has this e-mail. What is written and how long it takes is
 * the same where nobody has it; over the limit nothing is written, and nothing is said. */
[[nodiscard]] bool password_reset_ask(struct work *work, struct text email);

/* In a transaction: an administrator has the same mailed to this person; `shown`: the link is not mailed but
 * given to the operator who asks. `wrong_state` of who is not active. */
struct reset_link {
    struct text url; /* empty: it was mailed */
    int64_t expires_ms;
};
[[nodiscard]] bool password_reset_offer(struct work *work, const struct user *user, bool shown,
                                        struct reset_link *link);

struct password_reset {
    struct text token, password;
};

/* On a slow pool: costs a bcrypt; opens its own transaction. The sessions of the person end. */
[[nodiscard]] bool password_reset(struct work *work, const struct password_reset *reset);

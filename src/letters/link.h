/* Links that prove a mailbox: good once, for a while, for one epoch of their user. Kept as a hash. */
#pragma once
#include "model/model.h"
#include "record/work.h"

/* Whose it is; an empty id: nobody's, and good for nothing. */
struct link_holder {
    struct text user_id;
    int64_t epoch;
};

/* In a transaction: a link below the public URL, which is nowhere else. */
[[nodiscard]] bool link_add(struct work *work, enum mail_kind purpose, const struct link_holder *holder,
                            int64_t life_ms, struct text *url);

/* Whose password may be chosen with this token, which stays good? `link_void` at /token where there is none.
 */
[[nodiscard]] bool link_find(struct work *work, struct text token, struct user *user);
/* In a transaction: the same, and of all who try at once one alone has it. Locks the user. */
[[nodiscard]] bool link_spend(struct work *work, struct text token, struct user *user);

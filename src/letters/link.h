/* Links that prove a mailbox: good once, for a while, for one epoch of their user. Kept as a hash. */
#pragma once
#include "model/model.h"
#include "record/work.h"

/* What may be done with a link; no link is good for anything else than it was mailed for. */
enum link_use { LINK_CHOOSES_PASSWORD, LINK_CONFIRMS_EMAIL, LINK_USE_COUNT };

/* Whose it is; an empty id: nobody's, and good for nothing. */
struct link_holder {
    struct text user_id;
    int64_t epoch;
    bool is_shown; /* the link is not mailed, and proves no mailbox */
};

/* In a transaction: a link below the public URL, which is nowhere else. */
[[nodiscard]] bool link_add(struct work *work, enum mail_kind purpose, const struct link_holder *holder,
                            int64_t life_ms, struct text *url);
/* In a transaction: those of this purpose that the user still has are good for nothing. */
[[nodiscard]] bool link_void(struct work *work, enum mail_kind purpose, struct text user_id);

struct opened_link {
    struct user user;
    struct value purpose; /* a mail_kind */
    bool proves_mailbox;
};

/* Whose is this token, which stays good? `link_void` at /token where there is none. */
[[nodiscard]] bool link_find(struct work *work, enum link_use use, struct text token,
                             struct opened_link *link);
/* In a transaction: the same, and of all who try at once one alone has it. Locks the user. */
[[nodiscard]] bool link_spend(struct work *work, enum link_use use, struct text token,
                              struct opened_link *link);

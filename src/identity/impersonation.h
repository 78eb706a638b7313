/*
 * A member of staff in the place of a tenant's administrator: for a reason, for a while, seen by the tenant.
 *
 * It is a session of the administrator's with an impersonator; what is out of its reach says record/reach.h.
 */
#pragma once
#include "identity/session.h"

struct impersonation_begin {
    const struct user *user; /* a tenant's administrator; `wrong_state` where it is none, or may not enter */
    struct text reason;
    int64_t minutes; /* at most as many as the setting says */
};

/* In a transaction, by a person of the staff. The administrator is told by mail. */
[[nodiscard]] bool impersonation_begin(struct work *work, const struct impersonation_begin *begin,
                                       struct grant *grant);
/* In a transaction: ends its session; one that is over stays as it is. */
[[nodiscard]] bool impersonation_end(struct work *work, const struct impersonation *impersonation);

/* That of the actor's own session. */
[[nodiscard]] bool impersonation_find_own(struct work *work, struct impersonation *impersonation);

/* In a transaction: notes the end of those whose column is this id, whose sessions have just been ended. */
enum impersonation_key { IMPERSONATION_OF_SESSION, IMPERSONATION_OF_PERSON /* either of the two */ };
[[nodiscard]] bool impersonations_note_end(struct work *work, enum impersonation_key key, struct text id,
                                           const char *reason);

/* Who acts in the session's user's name, and whether that one still may. */
[[nodiscard]] bool impersonation_find_actor(struct work *work, const struct user_session *session,
                                            struct user *impersonator, bool *may);

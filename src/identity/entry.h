/*
 * From a person who was recognised to a session: at once, or by way of a ticket where a second factor is
 * still to come.
 *
 * Every way in ends here (a password, an identity provider, a passkey), so that none goes past the second
 * factor.
 */
#pragma once
#include "identity/second_factor.h"
#include "identity/session.h"

/* Who was recognised, and by what. */
struct arrival {
    struct user *user;  /* as the transaction found it; left as it is then */
    unsigned amr;       /* with AMR_TWO_FACTORS no other factor is asked for */
    struct text device; /* the name of a known device, which has a throttle of its own; empty: none */
    struct text otp;    /* a second factor's code that came along; empty: none */
    struct text provider_sign_in_id; /* how it came about at an identity provider; empty: it did not */
    struct value recognised_at;      /* by that provider; null: it does not tell; absent: here and now */
    struct text session_id;          /* of the session that the new one takes the place of; empty: none */
};

/* What came of it. */
struct entry {
    bool refused;                 /* and what was written is to be kept even so */
    struct text ticket, methods;  /* a second factor is still to come: no session yet */
    struct text passkey_question; /* for the browser, where a passkey is among the methods; else empty */
    int64_t ticket_expires_in_seconds;
    struct grant grant; /* else */
};

static inline bool entry_is_challenged(const struct entry *entry)
{
    return entry->ticket.length > 0;
}

/* In a transaction. On success with a session, work->actor is the one who signed in. */
[[nodiscard]] bool entry_begin(struct work *work, const struct arrival *arrival, struct entry *entry);

/* The second factor of whom entry_begin gave a ticket. */
struct second_factor_given {
    enum second_factor_kind kind;
    struct text ticket, code, credential;
};
/* In a transaction. Refused: the answer is `second_factor_refused`. */
[[nodiscard]] bool entry_complete(struct work *work, const struct second_factor_given *given,
                                  struct entry *entry);

/* In a transaction: a person who was recognised by all that is needed has a session. */
[[nodiscard]] bool entry_finish(struct work *work, const struct arrival *arrival, struct grant *grant);

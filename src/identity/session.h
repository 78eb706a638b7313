/* Sessions: a sign-in that lasts. Refresh tokens rotate, access tokens are signed for ten minutes. */
#pragma once
#include "model/model.h"
#include "record/service.h"

/* What a sign-in or a refresh gives. */
struct grant {
    struct text access_token, refresh_token, session_id;
    int64_t expires_in_seconds; /* of the access token */
    int64_t refresh_expires_ms; /* when the session is over whatever happens */
    struct user user;
    struct user impersonator; /* of a session in which somebody acts in the user's name */
};

/* In a transaction: a new session of the user, who was recognised; `amr`: by what, identity/amr.h; `at`:
 * when, null where nobody knows. For who asks whether a second factor is needed: identity/entry.h. */
[[nodiscard]] bool session_begin(struct work *work, const struct user *user, struct text amr, struct value at,
                                 struct grant *grant);

/* In a transaction: a session in which the impersonator acts in the user's name, until then whatever happens.
 */
[[nodiscard]] bool session_begin_acting(struct work *work, const struct user *user,
                                        const struct user *impersonator, int64_t until_ms,
                                        struct grant *grant);

/*
 * In a transaction: the next refresh token of the session; to the previous token, for thirty seconds, the
 * same one again, so that a retry or a second tab is harmless. Any older token ends the session. *refused:
 * the answer is `invalid_token`, and what was written is to be kept even so.
 */
[[nodiscard]] bool session_refresh(struct work *work, struct text refresh_token, struct grant *grant,
                                   bool *refused);

/* In a transaction: what a session has to do with an identity provider is the other's from now on. */
[[nodiscard]] bool session_hand_over(struct work *work, struct text from_id, struct text to_id);

/* In a transaction; one that is over stays as it is. Who ended it and why is audited. */
[[nodiscard]] bool session_end(struct work *work, const struct user_session *session, const char *reason);
/* In a transaction: all sessions of the user and all their access tokens. */
[[nodiscard]] bool sessions_end_all(struct work *work, struct text user_id, const char *reason);
/* The same where it is all that is done, and so what is audited. */
[[nodiscard]] bool sessions_end_on_demand(struct work *work, struct text user_id, struct text tenant_id,
                                          const char *reason);

/* The actor's own sessions that live, latest first, at most SESSIONS_SHOWN_MAX. */
enum { SESSIONS_SHOWN_MAX = 100 };
struct page;
struct query;
[[nodiscard]] bool sessions_list_own(struct work *work, struct query *query, struct page *page);
/* One of them by id; `not_found` where it is another's. */
[[nodiscard]] bool sessions_find_own(struct work *work, struct text id, struct user_session *session);

/* May this person be signed in at all: active, not removed, of a tenant that is not shut out? Locks are
 * apart. */
[[nodiscard]] bool person_may_enter(struct work *work, const struct user *user, bool *may);

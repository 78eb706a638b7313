/*
 * How long sessions last, by the settings as they are now: a limit that is made shorter holds for the
 * sessions that live, too; one that is made longer holds for those that begin, and idleness for those that
 * are used again.
 */
#pragma once
#include "model/model.h"
#include "record/work.h"

/* Of a session that begins now; of one that is used now. */
int64_t session_first_end(const struct work *work);
int64_t session_idle_end(const struct work *work);

/* When it is over whatever happens. */
int64_t session_last_end(const struct work *work, const struct user_session *session);
bool session_is_over(const struct work *work, const struct user_session *session);
/* Of an access token that is signed now: it does not outlive its session. */
int64_t session_access_end(const struct work *work, const struct user_session *session);

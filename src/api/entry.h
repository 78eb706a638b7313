/* What a sign-in gives, whatever the way in: tokens, or the ticket for the second factor. */
#pragma once
#include "api/route.h"
#include "identity/entry.h"
#include "identity/second_factor_change.h"

/* As tokens; the refresh token in a cookie where that is wanted (cookie_mode). */
bool answer_grant(struct call *call, const struct grant *grant, bool in_cookie);
/* The same, or 202 with the ticket; a session that is new makes its device known. For routes with `.defers`.
 */
bool answer_entry(struct call *call, const struct entry *entry, bool in_cookie);
/* The tokens of the session that goes on, with recovery codes where there are new ones. */
bool answer_factor_change(struct call *call, const struct factor_change *change, bool in_cookie);

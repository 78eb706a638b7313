/*
 * Refresh tokens: a session's id, 256 random bits, and a code that tells ours from a stranger's.
 *
 * With the id in it any token that a session ever had is recognised, however old, so that its use ends the
 * session; with the code nobody who merely knows an id can end a session so.
 */
#pragma once
#include "record/work.h"

struct text refresh_token_make(struct work *work, struct text session_id);
/* False for what we never gave out. */
[[nodiscard]] bool refresh_token_read(struct work *work, struct text token, struct text *session_id);
struct text refresh_token_hash(struct work *work, struct text token);

/* The successor, so that only who has the token that it succeeds can open it. */
struct text refresh_token_seal(struct work *work, struct text successor, struct text predecessor,
                               struct text session_id);
[[nodiscard]] bool refresh_token_unseal(struct work *work, struct text sealed, struct text predecessor,
                                        struct text session_id, struct text *successor);

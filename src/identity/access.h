/*
 * Who a request's credential belongs to: access tokens and API keys, verified once and then remembered by
 * SHA-256.
 *
 * The gate asks memory first, in the loop; only what memory cannot decide goes to a thread with a database.
 */
#pragma once
#include "record/work.h"

enum access {
    ACCESS_GRANTED, /* work->actor is filled in; its texts lie in the arena */
    ACCESS_REFUSED, /* work->error says why: `invalid_token`, `database_unavailable` */
    ACCESS_ASK,     /* memory does not know: call again with `asking` where work->db can be read */
};

/*
 * `credential` is what follows "Bearer ": a token, or "nk_…". Not asking: touches no database and takes no
 * lock that waits. `of_memory`: what is asked for is answered from memory; for that a key that this process
 * has verified stays good, until its own end, while the database is away and nobody can be asked: the
 * product's servers go on.
 */
enum access access_identify(struct work *work, struct text credential, bool of_memory, bool asking);

/* Who was admitted a while ago and is still there: may he stay? From memory alone: ASK says that it cannot be
 * trusted just now. */
enum access access_again(struct site *site, const struct actor *actor);

struct known_tokens;
struct known_tokens *known_tokens_create(void);
void known_tokens_destroy(struct known_tokens *known);

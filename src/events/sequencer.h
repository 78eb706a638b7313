/*
 * Gives events their positions, contiguous and after the commit, since PostgreSQL commits out of order.
 *
 * Any node may number: it holds a lock of that name for the length of its transaction, so there is nothing
 * that a dead node would have to be relieved of. Who reads by position never finds one missing that comes
 * later.
 *
 * Each piece is announced as "events:POSITION". A node hears in the order of commits what was announced, and
 * what a change announces is committed with it, before it can be numbered: so who hears of a position has
 * heard before of every change up to it.
 */
#pragma once
#include "record/work.h"

/* Numbers what waits, piece by piece, and announces each. *last: the highest position there is. */
[[nodiscard]] bool sequencer_run(struct work *work, int64_t *last);
/* PostgreSQL only: announces once more, for who has not heard of it. */
[[nodiscard]] bool sequencer_announce(struct work *work, int64_t last);

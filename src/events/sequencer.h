/*
 * Gives events their positions, contiguous and after the commit, since PostgreSQL commits out of order.
 *
 * Any node may number: it holds a lock of that name for the length of its transaction, so there is nothing
 * that a dead node would have to be relieved of. Who reads by position never finds one missing that comes
 * later.
 */
#pragma once
#include "record/work.h"

/* Numbers what waits, piece by piece, and tells the other nodes once each. *last: the highest position there
 * is; on SQLite what its change has to change in memory is changed, so that nobody hears of one and is then
 * answered as before it. */
[[nodiscard]] bool sequencer_run(struct work *work, int64_t *last);

/* What the files of a move share: its row. */
#pragma once
#include "copies/move.h"

[[nodiscard]] bool move_find_row(struct work *work, struct text id, struct tenant_move *row);
/* Of move->row: the tenant, and both places as it may use them. */
[[nodiscard]] bool move_find_places(struct work *work, struct move *move);
[[nodiscard]] bool move_change(struct work *work, struct tenant_move *row, const struct tenant_move *changes);

/* In a transaction: somebody else may hold the rows, and the tenant waits no longer than `until_us` of the
 * monotonic clock; 0: nobody waits. */
[[nodiscard]] bool move_limit(struct work *work, int64_t until_us);

struct move_changing {
    struct tenant_move *row;
    struct tenant_move changes;
    int64_t until_us;
};
/* A transaction of its own: db_transact(work, move_change_row, &changing). */
[[nodiscard]] bool move_change_row(struct work *work, void *changing);

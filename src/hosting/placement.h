/* Which host a new database goes to: one that is active and healthy, in the region that is wished for, with
 * room, by the policy of the settings. */
#pragma once
#include "record/work.h"

struct placement {
    struct value host_id, host, port; /* as the tenant's row has them */
};

/* In a transaction: chooses the host and counts the database in one statement, so that any number of nodes
 * together never exceed a capacity. `no_host_has_room` where there is none. */
[[nodiscard]] bool placement_take(struct work *work, struct value region, struct placement *placement);
/* The same on a host of this name or id, which must take databases. */
[[nodiscard]] bool placement_take_on(struct work *work, struct text host, struct placement *placement);
/* In a transaction: the database is gone from there. */
[[nodiscard]] bool placement_give_back(struct work *work, struct value host_id);

/* Periodic work, shared out among the nodes through the table `schedules`. */
#pragma once
#include "queue/periodic.h"

/* Adds the schedules that are missing, due at once, and brings the others' intervals up to date. */
[[nodiscard]] bool schedule_seed(struct work *work, const struct periodic *const *lists);

/*
 * Runs one that is due, if any: of all nodes that try, one gets it. What it fails with stands in its row;
 * false is the database's failure. Those of each node are none of its business.
 */
[[nodiscard]] bool schedule_run_due(struct work *work, const struct periodic *const *lists, bool *ran);

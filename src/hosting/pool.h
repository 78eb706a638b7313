/*
 * Databases made and migrated ahead, so that a new tenant waits for none: as many on each host as its row
 * says (`pool_size`), under opaque names, ready for the schema as it is now.
 *
 * A row is written before its database is begun, and goes with it: killed at any point, the next round
 * finishes it or takes it away.
 */
#pragma once
#include "hosting/placement.h"
#include "model/model.h"

/* In a transaction: takes one that is ready away from the pool for the tenant, in one statement; it is on its
 * host's count already. Leaves its place, and its password sealed for the tenant, in `changes`. */
[[nodiscard]] bool pool_claim(struct work *work, const struct tenant *tenant, struct tenant *changes,
                              bool *claimed);

/* Outside of any transaction: brings the pools of all hosts to what they should be, a part of it each time.
 */
[[nodiscard]] bool pools_fill(struct work *work);

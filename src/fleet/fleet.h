/* The fleet: the databases of all tenants, brought to one schema. */
#pragma once
#include "model/model.h"
#include "queue/queue.h"
#include "record/service.h"

extern const struct service fleet_services[];                /* of fleet_migrations; ended by {} */
extern const struct job_program *const fleet_job_programs[]; /* ended by NULL */

/* By the ledger, against the files as they are in their folder now: asks no tenant's database, and changes
 * nothing. */
[[nodiscard]] bool fleet_state_tell(struct work *work, struct fleet_state *state);

/* In a transaction: its databases that are worked on just now come to their end, and no other begins. */
[[nodiscard]] bool fleet_migration_halt(struct work *work, struct text id, struct fleet_migration *after);
/* With the files as they are now, and a fresh budget; those that failed come first. Not in a transaction. */
[[nodiscard]] bool fleet_migration_resume(struct work *work, struct text id, struct fleet_migration *after);

/* In a transaction: asks for a job that compares databases with the files, of one tenant or (an empty slug)
 * of all; it leaves what it finds in the ledger. */
[[nodiscard]] bool fleet_find_drift(struct work *work, struct text slug, struct text *job_id);

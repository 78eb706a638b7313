/* What the parts of a migration share: its row, and the job that works on it. */
#pragma once
#include "model/model.h"
#include "queue/queue.h"
#include "record/work.h"

extern const struct job_program migrate_fleet_program, find_drift_program;

/* In a transaction: nobody else changes it before its end. */
[[nodiscard]] bool fleet_migration_find(struct work *work, struct text id, struct fleet_migration *migration);
/* The migration that a job works on. */
struct text fleet_migration_of(struct arena *arena, const struct job *job);
/* How many tenants it has brought to its target, by the ledger. */
[[nodiscard]] bool fleet_migration_count_done(struct work *work, const struct fleet_migration *migration,
                                              int64_t *done);
/* It was not only halted since a run knew it so, but resumed too: another run goes on with it. */
bool fleet_migration_was_resumed(const struct fleet_migration *known, const struct fleet_migration *now);
/* In a transaction: who failed is to be tried again, before all others. */
[[nodiscard]] bool fleet_migration_forgive(struct work *work, struct text id);

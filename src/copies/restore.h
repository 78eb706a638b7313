/* Restoring a backup: a move to a new database, filled from the backup's file. */
#pragma once
#include "model/model.h"
#include "queue/queue.h"

extern const struct job_program restore_backup_program;

/* In a transaction: the row of tenant_moves and its job, whose id is left. */
[[nodiscard]] bool restore_ask(struct work *work, struct text tenant_id,
                               const struct backup_restoration *order, struct text *job_id);

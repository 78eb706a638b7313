/*
 * Copies of tenants' databases: backed up, exported, restored and moved to another host, each as a job that
 * goes on where a kill stopped it.
 */
#pragma once
#include "model/model.h"
#include "queue/periodic.h"
#include "queue/queue.h"

extern const struct job_program back_up_tenant_program, restore_backup_program, move_tenant_program;
extern const struct job_program *const copies_job_programs[]; /* ended by NULL */
extern const struct periodic copies_periodics[];

/* By the setting backup_every_hours: asks for those that are due. */
[[nodiscard]] bool copies_back_up_due(struct work *work);

/*
 * In a transaction: a row of tenant_backups and the job that fills it, whose id is left. `wrong_state` where
 * the tenant has no database; `conflict` while such a job is open.
 */
[[nodiscard]] bool copies_back_up(struct work *work, struct text tenant_id, enum backup_kind kind,
                                  struct text *job_id);

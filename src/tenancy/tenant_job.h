/* What the jobs of tenancy share: a tenant's row, and what is done by it at the tenant's host. */
#pragma once
#include "hosting/hosting.h"
#include "queue/queue.h"

/* Locked inside a transaction. */
[[nodiscard]] bool tenant_job_find(struct work *work, struct text tenant_id, struct tenant *tenant);
[[nodiscard]] bool tenant_job_change(struct work *work, const struct tenant *tenant,
                                     const struct tenant *changes);
/* In a transaction, with the id of the job's tenant (a struct text). */
[[nodiscard]] bool tenant_job_on_row(struct work *work, const struct job *job,
                                     bool (*function)(struct work *work, void *tenant_id));
[[nodiscard]] bool tenant_job_at_host(struct work *work, struct text tenant_id,
                                      bool (*function)(struct hosting_call *call,
                                                       const struct tenant_place *place));
/* The database and its role, and what they took of their host. */
[[nodiscard]] bool tenant_job_drop_database(struct work *work, const struct job *job);

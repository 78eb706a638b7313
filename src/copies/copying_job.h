/* What the jobs of this folder share. */
#pragma once
#include "hosting/copying.h"
#include "hosting/place.h"
#include "queue/queue.h"

/* A member of the job's parameters; empty: it is not there. */
struct text job_parameter(struct work *work, const struct job *job, const char *name);

/* The tenant, whose database must be there: `wrong_state` otherwise. Locked inside a transaction. */
[[nodiscard]] bool find_copied_tenant(struct work *work, struct text tenant_id, struct tenant *tenant);
/* Inside a transaction: `conflict` while the tenant has an open job of this kind. */
[[nodiscard]] bool refuse_second_job(struct work *work, enum job_kind kind, struct text tenant_id);

/* One tenant of a migration: held, its database brought to the schema, the outcome in the ledger. */
#pragma once
#include "hosting/tenant_schema.h"
#include "model/model.h"
#include "record/work.h"

enum { FLEET_LEASE_MS = 30'000 };

enum attempt_end {
    ATTEMPT_done,
    ATTEMPT_failed, /* the ledger says why */
    ATTEMPT_busy,   /* somebody works on it or its database, or it cannot be reached: later */
    ATTEMPT_held,   /* a run that was halted is not done with it: later, however long that takes */
    ATTEMPT_gone,   /* it was deleted meanwhile */
    ATTEMPT_broken, /* the control plane's own database: nothing more can be done */
};

struct attempt {
    const struct fleet_migration *migration; /* as the run knows it */
    struct text job_id, tenant_id;
    const struct tenant_schema *schema;
    bool is_last; /* who is busy now has failed */
};

/* On the thread's own connection; work->error says why, unless it is done or gone. */
enum attempt_end attempt_run(struct work *work, const struct attempt *attempt);

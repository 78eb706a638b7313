/* A world with a place for the tenants' databases, a directory, plans, and a runner of their jobs. */
#pragma once
#include "directory/directory_load.h"
#include "hosting/database_hosts.h"
#include "hosting/hosting.h"
#include "jobs/run.h"
#include "tenancy/tenancy.h"
#include "world.h"

struct tenancy_world {
    struct world *world;
    const struct watcher *watchers[3];
    struct job_claimer node;
    struct text keys; /* its ring, by which a server's databases are told from those of other tests */
};

void tenancy_begin(struct tenancy_world *tenancy, struct world *world);
/* In a world that another process has begun, with its keys. */
void tenancy_open(struct tenancy_world *tenancy, struct world *world, struct text keys);
/* Drops the databases of all tenants too. */
void tenancy_end(struct tenancy_world *tenancy);

/* Through the service, in a transaction. The cells hold what the test cares for; the rest is filled in. */
bool tenancy_try_create(struct world *world, const char *slug, struct tenant *tenant);
void tenancy_create(struct world *world, const char *slug, struct tenant *tenant);
bool tenancy_try_act(struct world *world, struct text tenant_id, enum life_action action,
                     struct tenant *after);

/* Runs what is due; returns how many jobs that were. */
int tenancy_run_jobs(struct tenancy_world *tenancy);
void tenancy_find(struct world *world, struct text tenant_id, struct tenant *tenant);

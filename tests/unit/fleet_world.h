/* A world of tenants with databases of a schema in a folder, which a test changes as an operator would. */
#pragma once
#include "fleet/fleet.h"
#include "hosting/place.h"
#include "tenancy_world.h"

enum { FLEET_MAX = 8 };

struct fleet_world {
    struct world *world;
    struct tenancy_world tenancy;
    char folder[64];
    const struct job_program *programs[16];
    struct tenant tenants[FLEET_MAX]; /* company-0 and so on, each with its database: 0001_a.sql */
    size_t count;
};

void fleet_begin(struct fleet_world *fleet, struct world *world, size_t count);
void fleet_end(struct fleet_world *fleet);
void fleet_write(struct fleet_world *fleet, const char *name, const char *sql);

/* Through the service, as the API does: members that are absent get their defaults. */
bool fleet_try_begin(struct fleet_world *fleet, struct fleet_migration *migration);
bool fleet_resume(struct fleet_world *fleet, struct fleet_migration *migration);
/* Runs the jobs, and reads the migration anew. */
void fleet_run(struct fleet_world *fleet, struct fleet_migration *migration);
/* Begun, and run to its end. */
void fleet_migrate(struct fleet_world *fleet, struct fleet_migration *migration);

/* A connection to the database of a tenant, as its owner. */
struct db *fleet_enter(struct fleet_world *fleet, size_t tenant);
void fleet_sql(struct fleet_world *fleet, size_t tenant, const char *sql);
/* Has it run exactly the files of the folder as they were last read? */
bool fleet_verifies(struct fleet_world *fleet, size_t tenant);
/* How many of them. */
size_t fleet_count_verified(struct fleet_world *fleet);
/* Does the text say so? */
bool fleet_is_about(struct value text, const char *part);
struct schema_entry fleet_entry(struct fleet_world *fleet, size_t tenant);

/*
 * What a tenant may use: its plan's modules and its own, less what is switched off; the flags that are on for
 * it.
 */
#pragma once
#include "features/catalog.h"

/* Of the tenant's row and its plan's. */
struct tenant_features {
    struct text id, slug, plan_id;
    struct text plan_modules, own_modules; /* JSON arrays: enabled_modules */
};

/* JSON arrays of names. */
struct effective {
    struct text modules, submodules /* "MODULE.NAME" */, flags;
};

/* The latest that was computed without assignments of a tenant's own: most are as the one before. */
struct effective_latest {
    struct tenant_features of;
    struct effective is;
};

/* `assignments`: of this tenant or of many. The arena must outlive `latest`, which begins as {}. */
void effective_compute(const struct catalog *catalog, const struct assignments *assignments,
                       const struct tenant_features *tenant, struct arena *arena,
                       struct effective_latest *latest, struct effective *effective);

/*
 * In which hundredth a tenant falls, 0 to 99: of SHA-256 over "FLAG:TENANT-ID", so that it is the same on
 * every node and at any time, and another for each flag. The flag is on where that is below its percentage: a
 * rising percentage takes it from nobody.
 */
int flag_bucket(struct arena *arena, struct text flag, struct text tenant_id);

/*
 * What a tenant may use: its plan's modules and its own, less what is switched off; its plan's features; the
 * flags that are on for it.
 */
#pragma once
#include "features/catalog.h"

/* What the tenant has of its own. */
struct tenant_features {
    struct text id, slug, plan_id;
    struct text modules; /* a JSON array: enabled_modules */
    struct text lines;
};

/* JSON arrays of names. */
struct effective {
    struct text modules, submodules /* "MODULE.NAME" */, features, flags;
};

void effective_compute(const struct catalog *catalog, const struct tenant_features *tenant,
                       struct arena *arena, struct effective *effective);

/*
 * In which hundredth a tenant falls, 0 to 99: of SHA-256 over "FLAG:TENANT-ID", so that it is the same on
 * every node and at any time, and another for each flag. The flag is on where that is below its percentage: a
 * rising percentage takes it from nobody.
 */
int flag_bucket(struct arena *arena, struct text flag, struct text tenant_id);

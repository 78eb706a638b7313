/* Where the tenants stand between the first and the last file of a schema, told by the ledger alone. */
#pragma once
#include "base/buffer.h"
#include "hosting/tenant_schema.h"
#include "model/model.h"
#include "record/work.h"

/* Tenants t that have a database of their own, beside their entry s in the ledger. */
#define FLEET_TABLES                                                                                         \
    " FROM tenants t LEFT JOIN tenant_schemas s ON s.tenant_id = t.id"                                       \
    " WHERE t.provisioning_status = 'completed' AND t.deleted_at IS NULL "

/* All tenants that have run the same files. */
struct standing {
    struct value version, fingerprint; /* null: not known before they are asked */
    int64_t tenants, failed;
    size_t run;           /* so many files of the schema */
    struct text conflict; /* what they have run is not the schema's beginning; empty: it is */
};

struct standings {
    struct standing *list;
    size_t count;
    int64_t tenants, up_to_date, failed;
};

[[nodiscard]] bool standings_read(struct work *work, const struct tenant_schema *schema,
                                  struct standings *standings);
/* `conflict` naming the file, where a tenant has run what the schema does not begin with. */
[[nodiscard]] bool standings_check(struct work *work, const struct standings *standings);

/* The control plane's ledger of the tenants' schemas, the table tenant_schemas: what is known without asking
 * their databases. */
#pragma once
#include "hosting/tenant_schema.h"
#include "record/work.h"

/* How bringing a tenant's database to a schema ended. */
struct schema_outcome {
    struct text tenant_id;
    const struct tenant_schema *schema;
    bool counted;    /* the database was asked how much it has run: */
    size_t count;    /* so many files of the schema */
    struct text why; /* it is not all of them; empty: it is */
    int64_t duration_ms;
    struct text migration_id; /* empty: of no migration of the fleet */
};

/* In a transaction. Ends the lease on the tenant, if there is one. */
[[nodiscard]] bool schema_ledger_note(struct work *work, const struct schema_outcome *outcome);

/* Outside of any transaction: the tenant's database has been found to have run all of the schema. */
[[nodiscard]] bool schema_ledger_note_whole(struct work *work, struct text tenant_id,
                                            const struct tenant_schema *schema);

struct schema_lease {
    struct text tenant_id, migration_id;
    struct text job_id; /* whose it is */
    int64_t until;
};

enum lease_end {
    LEASE_taken,
    LEASE_held,  /* by another job of a migration */
    LEASE_in_use /* a job of the tenant runs */
};

/*
 * In a transaction: for so long no job of the tenant runs, and nobody else has such a lease. Whoever has it
 * already, or had it until he let go for a while, has it longer.
 */
[[nodiscard]] bool schema_ledger_lease(struct work *work, const struct schema_lease *lease,
                                       enum lease_end *end);
/* For a while: the job comes again, and still knows when it came first. */
[[nodiscard]] bool schema_ledger_let_go(struct work *work, struct text tenant_id);
/* In a transaction: the job does not come again to whom it let go for a while. */
[[nodiscard]] bool schema_ledger_leave(struct work *work, struct text job_id);

/*
 * Brings the control plane's database to the model: EXECUTION.md "Migration".
 *
 * The ledger `schema_objects` holds each object's definition text; what differs from the model is the plan.
 * What would lose data (a column or table that is gone and holds something, a rule that rows break) is
 * refused. Two nodes at once: one waits. Killed at any point: the next run goes on. A program that finds the
 * database brought to a newer model than its own leaves it alone: columns it does not know are not in its
 * way.
 */
#pragma once
#include "record/ddl.h"

struct migration_step {
    struct text what; /* "add column tenants.industry" */
    struct text sql;
    const struct table *fill; /* after sql: the rows' `search` is folded anew */
    struct text ledger;       /* statements that note it, in the same transaction */
    bool outside_transaction; /* CREATE INDEX CONCURRENTLY */
};

struct migration {
    bool fresh; /* nothing was ever made here: all steps are one transaction */
    bool older; /* a newer program has been here: it is left as it is, and there are no steps */
    struct migration_step *steps;
    size_t count;
    struct text refused; /* empty, or what would lose data: one a line */
};

/* Only reads. */
[[nodiscard]] bool migrate_plan(struct db *db, struct arena *arena, struct migration *plan,
                                struct error *error);
/* Plans and runs under the lock; leaves in *steps_run how many it took (0: up to date). */
[[nodiscard]] bool migrate_run(struct db *db, struct arena *arena, size_t *steps_run, struct error *error);

/* The same for another model, a list of tables ended by NULL. */
[[nodiscard]] bool migrate_plan_for(struct db *db, struct arena *arena, const struct table *const *tables,
                                    struct migration *plan, struct error *error);
[[nodiscard]] bool migrate_run_for(struct db *db, struct arena *arena, const struct table *const *tables,
                                   size_t *steps_run, struct error *error);

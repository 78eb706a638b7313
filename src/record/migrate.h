/*
 * Brings the control plane's database to the model: EXECUTION.md "Migration".
 *
 * The ledger `schema_objects` holds each object's definition text; what differs from the model is the plan.
 * What would lose data (a column or table that is gone and holds something) is refused. Two nodes at once:
 * one waits. Killed at any point: the next run goes on.
 */
#pragma once
#include "record/ddl.h"

struct step {
    struct text what; /* "add column tenants.industry" */
    struct text sql;
    bool outside_transaction; /* CREATE INDEX CONCURRENTLY */
};

struct plan {
    struct step *steps;
    size_t count;
    struct text refused; /* empty, or what would lose data: one a line */
};

[[nodiscard]] bool migrate_plan(struct db *db, struct arena *arena, struct plan *plan, struct error *error);
/* Plans and runs under the lock; leaves in *steps_run how many it took (0: up to date). */
[[nodiscard]] bool migrate_run(struct db *db, struct arena *arena, size_t *steps_run, struct error *error);

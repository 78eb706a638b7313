#include "hosting/schema_ledger.h"
#include "model/model.h"
#include "queue/queue.h"
#include "record/store.h"
#include "record/transact.h"

static bool find(struct work *work, struct text tenant_id, struct schema_entry *entry, bool *found)
{
    *found =
        store_find_by(work, &tenant_schemas_table, "tenant_id", value_text(tenant_id), true, entry->cells);
    if (*found)
        return true;
    if (work->error.code != ERROR_not_found)
        return false;
    error_clear(&work->error);
    return true;
}

static void tell_place(struct schema_entry *changes, const struct tenant_schema_file *last, int64_t now)
{
    changes->version = value_integer(last->version);
    changes->name = value_text(last->name);
    changes->checksum = value_text(last->checksum);
    changes->fingerprint = value_text(last->fingerprint);
    changes->applied_at = value_time(now);
}

bool schema_ledger_note(struct work *work, const struct schema_outcome *outcome)
{
    struct schema_entry entry = {}, changes = {
        .tenant_id = value_text(outcome->tenant_id),
        .status = outcome->why.length > 0 ? choice_value(schema_status, failed)
                                          : choice_value(schema_status, migrated),
        .duration_ms = value_integer(outcome->duration_ms),
        .error = value_text_or_null(outcome->why),
        .fleet_migration_id = value_text_or_null(outcome->migration_id),
        .lease_until = value_null(),
        .leased_at = value_null(),
        .leased_by = value_null(),
        .lease_job_id = value_null(),
    };
    bool found;
    if (!find(work, outcome->tenant_id, &entry, &found))
        return false;
    if (outcome->counted && outcome->count > 0)
        tell_place(&changes, &outcome->schema->files[outcome->count - 1], work->now);
    if (!found)
        return store_create(work, &tenant_schemas_table, changes.cells);
    if (value_equal(entry.fingerprint, changes.fingerprint))
        changes.applied_at = entry.applied_at;
    return store_update(work, &tenant_schemas_table, entry.cells, changes.cells, entry.cells);
}

static bool note(struct work *work, void *outcome)
{
    return schema_ledger_note(work, outcome);
}

bool schema_ledger_note_whole(struct work *work, struct text tenant_id, const struct tenant_schema *schema)
{
    struct schema_outcome outcome = {
        .tenant_id = tenant_id, .schema = schema, .counted = true, .count = schema->count
    };
    return db_transact(work, note, &outcome);
}

static bool make_entry(struct work *work, struct text tenant_id)
{
    struct schema_entry entry = {};
    bool found;
    if (!find(work, tenant_id, &entry, &found))
        return false;
    entry.tenant_id = value_text(tenant_id);
    return found || store_create(work, &tenant_schemas_table, entry.cells);
}

bool schema_ledger_lease(struct work *work, const struct schema_lease *lease, enum lease_end *end)
{
    static const char take[] =
        "UPDATE tenant_schemas SET lease_until = $2, leased_by = $4, lease_job_id = $5, "
        "leased_at = CASE WHEN lease_job_id = $5 THEN coalesce(leased_at, $3) ELSE $3 END "
        "WHERE tenant_id = $1 AND (lease_until IS NULL OR lease_until <= $3 OR lease_job_id = $5)";
    struct result result;
    bool runs;
    *end = LEASE_in_use;
    if (!job_lock_claims(work) || !job_runs(work, lease->tenant_id, &runs))
        return false;
    if (runs)
        return true;
    if (!make_entry(work, lease->tenant_id)
        || !db_run(work->db, work->arena, &result, &work->error, take,
                   PARAMETERS(value_text(lease->tenant_id), value_time(lease->until), value_time(work->now),
                              value_text(lease->migration_id), value_text(lease->job_id))))
        return false;
    *end = result.changed > 0 ? LEASE_taken : LEASE_held;
    return true;
}

bool schema_ledger_let_go(struct work *work, struct text tenant_id)
{
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error,
                  "UPDATE tenant_schemas SET lease_until = NULL WHERE tenant_id = $1",
                  PARAMETERS(value_text(tenant_id)));
}

bool schema_ledger_leave(struct work *work, struct text job_id)
{
    static const char sql[] = "UPDATE tenant_schemas SET lease_until = NULL, leased_at = NULL, "
                              "leased_by = NULL, lease_job_id = NULL WHERE lease_job_id = $1";
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error, sql, PARAMETERS(value_text(job_id)));
}

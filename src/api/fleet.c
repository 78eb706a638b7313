/* The databases of all tenants: where they stand, and the migrations that bring them to the schema. */
#include "fleet/fleet.h"
#include "api/route.h"
#include "record/store.h"

static bool tell_state(struct call *call)
{
    struct fleet_state state;
    return fleet_state_tell(&call->work, &state) && answer_shape(call, &fleet_states_table, state.cells);
}

/* Nobody behind: there is no job. */
static bool link_job(struct call *call)
{
    struct work *work = &call->work;
    struct result result;
    if (!db_run(
            work->db, work->arena, &result, &work->error,
            "SELECT id FROM jobs WHERE kind = 'migrate_fleet' AND status IN ('queued', 'running') LIMIT 1",
            NO_PARAMETERS))
        return false;
    if (result.row_count > 0)
        response_header(call->response, TEXT("Link"),
                        arena_format(work->arena, "</api/v1/jobs/%.*s>; rel=\"job\"",
                                     TEXT_ARG(cell_text(result.cells[0]))));
    return true;
}

static bool begin(struct call *call)
{
    return record_create(call) && link_job(call);
}

static bool resume(struct call *call)
{
    struct fleet_migration after;
    return fleet_migration_resume(&call->work, call->parameters[0], &after) && link_job(call)
        && answer_row(call, &fleet_migrations_table, after.cells);
}

static bool halt(struct call *call)
{
    struct fleet_migration after;
    return fleet_migration_halt(&call->work, call->parameters[0], &after)
        && answer_row(call, &fleet_migrations_table, after.cells);
}

static bool find_drift(struct call *call)
{
    struct work *work = &call->work;
    struct text slug = cell_text(((const struct drift_search *)call->taken)->tenant), job_id;
    struct tenant tenant;
    struct job job;
    if ((slug.length > 0 && !store_find(work, &tenants_table, slug, tenant.cells))
        || !fleet_find_drift(work, slug, &job_id) || !store_find(work, &jobs_table, job_id, job.cells))
        return false;
    return answer_row(call, &jobs_table, job.cells);
}

const struct route fleet_routes[] = {
    { METHOD_GET, "/fleet", "get_fleet", COST_QUERY, SUPER_ADMIN | SUPPORT, .handle = tell_state,
      .gives = &fleet_states_table, .how = GIVES_ROW, .codes = { ERROR_conflict },
      .doc = "How far the tenants' databases are from the schema, and what a migration would run: by the "
             "ledger, without asking them." },
    { METHOD_POST, "/fleet_migrations", "create_fleet_migration", COST_WRITE, SUPER_ADMIN, .handle = begin,
      .gives = &fleet_migrations_table, .how = GIVES_ROW, .status = 201, .table = &fleet_migrations_table,
      .action = CREATE, .codes = { ERROR_invalid_body, ERROR_conflict },
      .doc = "Bring every tenant's database to the schema as its folder is now. The job that does it is in "
             "Link; one at a time." },
    { METHOD_POST, "/fleet_migrations/{id}/resume", "resume_fleet_migration", COST_SLOW, SUPER_ADMIN,
      .handle = resume, .gives = &fleet_migrations_table, .how = GIVES_ROW, .status = 202,
      .no_idempotency = true, .codes = { ERROR_not_found, ERROR_wrong_state, ERROR_conflict },
      .doc = "Go on with a migration that was halted, with the files as they are now; those that failed come "
             "first." },
    { METHOD_POST, "/fleet_migrations/{id}/halt", "halt_fleet_migration", COST_WRITE, SUPER_ADMIN,
      .handle = halt, .gives = &fleet_migrations_table, .how = GIVES_ROW,
      .codes = { ERROR_not_found, ERROR_wrong_state },
      .doc = "Begin with no other tenant; those that are under way come to their end." },
    { METHOD_POST, "/fleet/drift", "find_drift", COST_WRITE, SUPER_ADMIN, .handle = find_drift,
      .takes = &drift_searches_table, .body_optional = true, .gives = &jobs_table, .how = GIVES_ROW,
      .status = 202, .codes = { ERROR_not_found, ERROR_invalid_body, ERROR_conflict },
      .doc = "Compare the tenants' databases with what their files make; what differs stands in "
             "tenant_schemas when the job is done." },
    {},
};

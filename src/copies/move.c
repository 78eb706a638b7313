#include "copies/move.h"
#include "copies/copying_job.h"
#include "copies/move_parts.h"
#include "hosting/copy_limit.h"
#include "hosting/placement.h"
#include "record/audit.h"
#include "record/store.h"
#include "record/transact.h"
#include "tenancy/programs.h"

static bool refuse_second_move(struct work *work, struct text tenant_id)
{
    static const char open[] = "SELECT id FROM tenant_moves WHERE tenant_id = $1 AND status = 'running'";
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, open, PARAMETERS(value_text(tenant_id))))
        return false;
    return result.row_count == 0
        || fail(&work->error, ERROR_conflict, "the move %.*s is under way", TEXT_ARG(result.cells[0].text));
}

/* The place that is used no more: of a move that was made the old one, of one that failed the new one. */
#define LEFT_AT                                                                                              \
    " AND ((completed_at IS NOT NULL AND from_host_id = $2 AND from_name = $3)"                              \
    " OR (completed_at IS NULL AND to_host_id = $2 AND to_name = $3))"

/* What an earlier move left in this place is written over, and nobody drops it beside us. */
static bool take_over_leftover(struct work *work, const struct tenant_move *row)
{
    static const char take[] = "UPDATE tenant_moves SET status = 'dropped' WHERE tenant_id = $1 "
                               "AND status IN ('completed', 'failed')" LEFT_AT " RETURNING id";
    static const char dropping[] =
        "SELECT id FROM tenant_moves WHERE tenant_id = $1 AND status = 'dropping'" LEFT_AT;
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, dropping,
                PARAMETERS(row->tenant_id, row->to_host_id, row->to_name)))
        return false;
    if (result.row_count > 0)
        return fail(&work->error, ERROR_conflict, "what the move %.*s left there is being dropped",
                    TEXT_ARG(result.cells[0].text));
    if (!db_run(work->db, work->arena, &result, &work->error, take,
                PARAMETERS(row->tenant_id, row->to_host_id, row->to_name)))
        return false;
    for (size_t i = 0; i < result.row_count; i++)
        if (!placement_give_back(work, row->to_host_id))
            return false;
    return true;
}

static bool add_job(struct work *work, const struct tenant_move *row, const struct job_program *program,
                    struct text *job_id)
{
    struct job_request request = {
        .program = program,
        .tenant_id = row->tenant_id.text,
        .run_at = work->now,
        .parameters = arena_format(work->arena, "{\"move_id\":\"%.*s\"}", TEXT_ARG(row->id.text)),
    };
    return job_enqueue(work, &request, job_id);
}

bool move_ask(struct work *work, struct text tenant_id, const struct move_request *request,
              const struct job_program *program, struct text *job_id)
{
    struct tenant tenant;
    struct placement placement;
    if (!find_copied_tenant(work, tenant_id, &tenant) || !refuse_second_move(work, tenant_id))
        return false;
    struct text host = request->host.length > 0 ? request->host : cell_text(tenant.database_host_id);
    if (!placement_take_on(work, host, &placement))
        return false;
    struct tenant_move row = {
        .tenant_id = tenant.id,
        .kind = request->kind,
        .method = request->method,
        .backup_id = request->backup_id,
        .read_only_allowed_s = request->read_only_allowed_s,
        .from_host_id = tenant.database_host_id,
        .from_name = tenant.db_name,
        .to_host_id = placement.host_id,
        .to_name = request->to_name.length > 0 ? value_text(request->to_name) : tenant.db_name,
        .requested_by = value_text_or_null(work->actor.user_id),
    };
    if (value_equal(row.from_host_id, row.to_host_id) && value_equal(row.from_name, row.to_name))
        return fail_at(&work->error, "/host", ERROR_rule_broken, "the database is there already");
    const struct audit_entry entry = {
        .action = request->kind.text.data,
        .entity_type = "tenants",
        .entity_id = tenant.id.text,
        .tenant_id = tenant.id.text,
        .outcome = "success",
    };
    return take_over_leftover(work, &row) && store_create(work, &tenant_moves_table, row.cells)
        && audit_event(work, &entry) && add_job(work, &row, program, job_id);
}

bool move_is_switched(const struct move *move)
{
    return value_is_set(move->row.completed_at);
}

bool move_find_row(struct work *work, struct text id, struct tenant_move *row)
{
    return store_find_by(work, &tenant_moves_table, "id", value_text(id), work->transacting, row->cells);
}

/* Its days of grace are over, if not more. */
static bool is_to_go(const struct tenant *tenant, int64_t now)
{
    return value_is_set(tenant->deletes_at) && tenant->deletes_at.integer <= now;
}

bool move_find_places(struct work *work, struct move *move)
{
    if (!store_find_by(work, &tenants_table, "id", move->row.tenant_id, work->transacting, move->tenant.cells)
        || !place_of_tenant(work, &move->tenant, &move->to))
        return false;
    move->from = move->to;
    move->from.host_id = cell_text(move->row.from_host_id);
    move->from.name = move->row.from_name.text;
    move->to.host_id = cell_text(move->row.to_host_id);
    move->to.name = move->row.to_name.text;
    /* The new place is dropped with a move that failed. Made a dead one's, nobody would ever drop it. */
    return move_is_switched(move) || !is_to_go(&move->tenant, work->now)
        || fail(&work->error, ERROR_gone_meanwhile, "the tenant");
}

bool move_find(struct work *work, const struct job *job, struct move *move)
{
    return move_find_by_id(work, job_parameter(work, job, "move_id"), move);
}

bool move_find_by_id(struct work *work, struct text id, struct move *move)
{
    return move_find_row(work, id, &move->row) && move_find_places(work, move);
}

bool move_change(struct work *work, struct tenant_move *row, const struct tenant_move *changes)
{
    return store_update(work, &tenant_moves_table, row->cells, changes->cells, row->cells);
}

bool move_limit(struct work *work, int64_t until_us)
{
    if (until_us == 0 || db_engine(work->db) == ENGINE_SQLITE)
        return true;
    struct value left = value_text(copy_time_left(work->arena, until_us));
    struct result ignored;
    return db_run(work->db, work->arena, &ignored, &work->error,
                  "SELECT set_config('statement_timeout', $1, true)", PARAMETERS(left));
}

/* The row's revision is ours alone while its job is, so it is read again only where it is run again. */
bool move_change_row(struct work *work, void *data)
{
    const struct move_changing *changing = data;
    return move_limit(work, changing->until_us) && move_find_row(work, changing->row->id.text, changing->row)
        && move_change(work, changing->row, &changing->changes);
}

bool move_set_method(struct work *work, struct move *move, enum tenant_move_method method)
{
    struct move_changing changing = {
        .row = &move->row,
        .changes = { .method = value_text(tenant_move_method_choices.texts[method]) },
    };
    return db_transact(work, move_change_row, &changing);
}

bool move_record_failure(struct work *work, const struct job *job, struct text why, bool for_good)
{
    struct tenant_move row;
    struct text ignored;
    struct tenant_move changes = { .error = value_text(why) };
    if (!move_find_row(work, job_parameter(work, job, "move_id"), &row))
        return false;
    if (value_is_set(row.completed_at) || !for_good)
        return move_change(work, &row, &changes);
    changes.status = choice_value(tenant_move_status, failed);
    changes.drops_at = value_time(work->now);
    /* Whatever the last attempt left shut is opened as the tenant may. */
    return move_change(work, &row, &changes)
        && job_enqueue(work,
                       &(struct job_request){ &sync_tenant_access_program, row.tenant_id.text, work->now },
                       &ignored);
}

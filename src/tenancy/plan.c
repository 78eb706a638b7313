#include "tenancy/plan.h"
#include "hosting/hosting.h"
#include "record/site.h"
#include "record/store.h"
#include "record/transact.h"
#include "tenancy/programs.h"
#include "json/json.h"

/* All tenants of a plan follow its change, TENANTS_PER_SECOND of them: other jobs have their turn between. */
enum { ATTEMPTS_MAX = 10, PIECE_ROWS = 100, TENANTS_PER_SECOND = 20 };

static const char before_all[] = "00000000-0000-0000-0000-000000000000";

/* ---- Asked for ---- */

/* Ids with a space between. */
static struct text plans_of(struct work *work, struct value parameters)
{
    struct json json = {};
    struct error ignored = {};
    return json_read(cell_text(parameters), work->arena, &json, &ignored) ? json_member_text(&json, "plans")
                                                                          : TEXT("");
}

/* One job for all plans that changed since it was last done. Who changes another at the same time waits for
 * the lock, and so finds this one in it. */
static bool ask(struct work *work, struct text plan_id)
{
    struct job open;
    struct text plans = {}, ignored;
    bool found;
    if (!db_lock(work->db, work->arena, &work->error, TEXT("plans that changed"))
        || !job_find_open(work, job_kind_sync_plan_access, TEXT(""), &open, &found))
        return false;
    if (found)
        plans = plans_of(work, open.parameters);
    if (!text_contains(plans, plan_id))
        plans = arena_format(work->arena, "%.*s%s%.*s", TEXT_ARG(plans), plans.length > 0 ? " " : "",
                             TEXT_ARG(plan_id));
    const struct job_request request = {
        .program = &sync_plan_access_program,
        .run_at = work->now,
        .parameters = arena_format(work->arena, "{\"plans\":\"%.*s\"}", TEXT_ARG(plans)),
    };
    return job_enqueue(work, &request, &ignored);
}

bool plan_update(struct work *work, const struct value *before, struct value *changes, struct value *after)
{
    const struct plan *old = (const struct plan *)before, *new = (const struct plan *)after;
    if (!store_update(work, &plans_table, before, changes, after))
        return false;
    bool same_roles = value_equal(old->db_connection_pool_size, new->db_connection_pool_size)
                   && value_equal(old->db_statement_timeout_s, new->db_statement_timeout_s);
    return same_roles || hosting_engine(work->site->hosting) == ENGINE_SQLITE || ask(work, new->id.text);
}

/* ---- Done ---- */

struct piece {
    struct text plan_id, after, last; /* ids of tenants: the one before, the last one of it */
    int64_t run_at;
    size_t count;
};

static bool ask_of_tenant(struct work *work, struct text tenant_id, int64_t run_at)
{
    const struct job_request request = {
        .program = &sync_tenant_access_program,
        .tenant_id = tenant_id,
        .run_at = run_at,
        .keeps_sooner = true, /* a suspension is not put off */
    };
    struct text ignored;
    return job_enqueue(work, &request, &ignored);
}

static bool ask_of_piece(struct work *work, void *data)
{
    static const char next[] = "SELECT id FROM tenants WHERE plan_id = $1 AND deleted_at IS NULL AND "
                               "(db_connection_pool_size IS NULL OR db_statement_timeout_s IS NULL) AND id > "
                               "$2 ORDER BY id LIMIT $3";
    struct piece *piece = data;
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, next,
                PARAMETERS(value_text(piece->plan_id), value_text(piece->after), value_integer(PIECE_ROWS))))
        return false;
    piece->count = result.row_count;
    for (size_t i = 0; i < result.row_count; i++) {
        piece->last = result.cells[i].text;
        if (!ask_of_tenant(work, piece->last, piece->run_at + (int64_t)i * 1'000 / TENANTS_PER_SECOND))
            return false;
    }
    return true;
}

static bool ask_of_plan(struct work *work, struct text plan_id, int64_t *run_at)
{
    struct piece piece = { .plan_id = plan_id, .last = text_from(before_all) };
    do {
        piece.after = piece.last;
        piece.run_at = *run_at;
        if (!db_transact(work, ask_of_piece, &piece))
            return false;
        *run_at += (int64_t)piece.count * 1'000 / TENANTS_PER_SECOND;
    } while (piece.count == PIECE_ROWS);
    return true;
}

static bool ask_of_all(struct work *work, const struct job *job)
{
    int64_t run_at = work->now;
    for (struct text rest = plans_of(work, job->parameters); rest.length > 0;)
        if (!ask_of_plan(work, text_cut(&rest, ' '), &run_at))
            return false;
    return true;
}

const struct job_program sync_plan_access_program = {
    .kind = job_kind_sync_plan_access,
    .attempts_max = ATTEMPTS_MAX,
    .actions = { { "tenants", ask_of_all } },
};

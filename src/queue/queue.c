#include "queue/queue.h"
#include "queue/steps.h"
#include "record/event.h"
#include "record/site.h"
#include "record/sql_text.h"
#include "record/store.h"
#include "record/transact.h"
#include <assert.h>

static void wake(struct work *work, void *data)
{
    (void)data;
    if (work->site->wake_jobs)
        work->site->wake_jobs(work->site);
}

/* Whoever asks for the same at the same time waits, so that there is one open job and not two. */
static bool lock_tenant(struct work *work, struct text tenant_id)
{
    struct text name = arena_format(work->arena, "jobs of %.*s", TEXT_ARG(tenant_id));
    return db_lock(work->db, work->arena, &work->error, name);
}

bool job_find_open(struct work *work, enum job_kind kind, struct text tenant_id, struct job *job, bool *found)
{
    struct sql_text sql;
    sql_begin(&sql, work->arena);
    sql_select(&sql, &jobs_table);
    sql_add(&sql, " WHERE status IN ('queued', 'running') AND kind = ");
    sql_bind(&sql, value_text(job_kind_choices.texts[kind]));
    sql_add(&sql, " AND tenant_id IS NOT DISTINCT FROM ");
    sql_bind(&sql, value_text_or_null(tenant_id));
    sql_add(&sql, " ORDER BY id LIMIT 1 {for update}");
    return sql_run_for_row(work, &sql, &jobs_table, job->cells, found);
}

static struct value parameters_of(const struct job_request *request)
{
    return value_text(request->parameters.length > 0 ? request->parameters : TEXT("{}"));
}

/*
 * A job that runs just now began with what was true before this transaction: it runs again from its first
 * step. It keeps its lease, so that nobody else begins before its runner has noticed and let it go.
 */
static bool ask_again(struct work *work, const struct job_request *request, const struct job *job)
{
    bool stays = request->keeps_sooner && job->run_at.integer < request->run_at;
    struct job after, changes = {
        .status = choice_value(job_status, queued),
        .attempts = value_integer(0),
        .attempts_max = value_integer(request->program->attempts_max),
        .error = value_null(),
        .parameters = parameters_of(request),
        .run_at = stays ? job->run_at : value_time(request->run_at),
    };
    if (is_choice(job->status, job_status, running)) {
        struct steps steps = steps_of(request->program);
        changes.steps = steps_write(work->arena, &steps);
    }
    return store_update(work, &jobs_table, job->cells, changes.cells, after.cells);
}

static bool ask(struct work *work, const struct job_request *request, struct job *job)
{
    struct steps steps = steps_of(request->program);
    *job = (struct job){
        .kind = value_text(job_kind_choices.texts[request->program->kind]),
        .tenant_id = value_text_or_null(request->tenant_id),
        .parameters = parameters_of(request),
        .steps = steps_write(work->arena, &steps),
        .attempts_max = value_integer(request->program->attempts_max),
        .run_at = value_time(request->run_at),
        .requested_by = value_text_or_null(work->actor.user_id),
    };
    return store_create(work, &jobs_table, job->cells);
}

bool job_enqueue(struct work *work, const struct job_request *request, struct text *job_id)
{
    assert(work->transacting);
    struct job job;
    bool found;
    if (!lock_tenant(work, request->tenant_id)
        || !job_find_open(work, request->program->kind, request->tenant_id, &job, &found))
        return false;
    if (found ? !ask_again(work, request, &job) : !ask(work, request, &job))
        return false;
    *job_id = job.id.text;
    work_after_commit(work, wake, NULL);
    return db_notify(work->db, work->arena, &work->error, TEXT("jobs:"));
}

bool job_lock_claims(struct work *work)
{
    return db_lock(work->db, work->arena, &work->error, TEXT("claiming jobs"));
}

bool job_runs(struct work *work, struct text tenant_id, bool *runs)
{
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error,
                "SELECT 1 FROM jobs WHERE tenant_id = $1 AND lease_until > $2 LIMIT 1",
                PARAMETERS(value_text(tenant_id), value_time(work->now))))
        return false;
    *runs = result.row_count > 0;
    return true;
}

struct note {
    const struct job *job;
    const struct job_progress *progress;
};

static bool write_progress(struct work *work, void *data)
{
    static const char sql[] =
        "UPDATE jobs SET progress_done = $2, progress_total = $3, progress_note = $4 WHERE id = $1";
    const struct note *note = data;
    const struct job_progress *progress = note->progress;
    struct result ignored;
    return db_run(work->db, work->arena, &ignored, &work->error, sql,
                  PARAMETERS(note->job->id, value_integer(progress->done), value_integer(progress->total),
                             value_text_or_null(progress->note)))
        && event_add(work, "job.updated", &jobs_table, note->job->cells);
}

bool job_note_progress(struct work *work, const struct job *job, const struct job_progress *progress)
{
    return db_transact(work, write_progress, &(struct note){ job, progress });
}

bool job_withdraw(struct work *work, enum job_kind kind, struct text tenant_id)
{
    assert(work->transacting);
    struct job job, after;
    bool found;
    if (!lock_tenant(work, tenant_id) || !job_find_open(work, kind, tenant_id, &job, &found))
        return false;
    struct job changes = {
        .status = choice_value(job_status, rolled_back),
        .finished_at = value_time(work->now),
    };
    return !found || store_update(work, &jobs_table, job.cells, changes.cells, after.cells);
}

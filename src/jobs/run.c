#include "jobs/run.h"
#include "jobs/claim.h"
#include "queue/steps.h"
#include "record/site.h"
#include "record/store.h"
#include "record/transact.h"
#include <stdio.h>

/* What a transaction is to write of a job: at most once, whichever run of the function is the one that is
 * kept. */
struct progress {
    struct claimed *claimed;
    struct job changes, after;
    bool failed, for_good;
    struct text why;
};

static bool write_progress(struct work *work, void *data)
{
    struct progress *progress = data;
    const struct claimed *claimed = progress->claimed;
    if (!store_update(work, &jobs_table, claimed->job.cells, progress->changes.cells, progress->after.cells))
        return false;
    if (progress->failed)
        work_count(work, METRIC_jobs_failed_total);
    else if (is_choice(progress->after.status, job_status, completed))
        work_count(work, METRIC_jobs_completed_total);
    return !progress->failed || !claimed->program->failed
        || claimed->program->failed(work, &claimed->job, progress->why, progress->for_good);
}

/* False: the job is not ours any more, or the database failed. */
static bool keep(struct work *work, struct progress *progress)
{
    struct claimed *claimed = progress->claimed;
    work->now = work->site->now(work->site);
    progress->changes.steps = steps_write(work->arena, &claimed->steps);
    if (!db_transact(work, write_progress, progress))
        return false;
    claimed->job = progress->after;
    return true;
}

static void end(struct job *changes, struct value status, int64_t now)
{
    changes->status = status;
    changes->finished_at = value_time(now);
    changes->lease_until = changes->leased_by = value_null();
}

/* The step is done; the next begins in the same transaction. */
static bool keep_success(struct work *work, struct claimed *claimed, size_t at)
{
    struct progress progress = { .claimed = claimed };
    struct job_step *step = &claimed->steps.list[at];
    step->status = choice_value(step_status, completed);
    step->error = value_null();
    step->finished_at = value_time(work->now);
    size_t next = steps_next(&claimed->steps);
    if (next == claimed->steps.count) {
        end(&progress.changes, choice_value(job_status, completed), work->now);
        progress.changes.error = value_null();
    } else {
        claim_begin_step(&claimed->steps.list[next], work->now);
        progress.changes.lease_until = value_time(work->now + JOB_LEASE_MS);
    }
    return keep(work, &progress);
}

static int64_t back_off_ms(int64_t attempts)
{
    int64_t seconds = attempts < 10 ? INT64_C(1) << (attempts - 1) : JOB_BACK_OFF_MAX_SECONDS;
    return (seconds < JOB_BACK_OFF_MAX_SECONDS ? seconds : JOB_BACK_OFF_MAX_SECONDS) * 1'000;
}

/* What is gone does not come back. */
static bool is_final(const struct work *work, const struct job *job)
{
    return work->error.code == ERROR_gone_meanwhile || job->attempts.integer >= job->attempts_max.integer;
}

static bool keep_failure(struct work *work, struct claimed *claimed, size_t at)
{
    const struct job *job = &claimed->job;
    struct text why = work_why(work);
    struct progress progress = {
        .claimed = claimed,
        .changes.error = value_text(why),
        .failed = true,
        .for_good = is_final(work, job),
        .why = why,
    };
    struct job_step *step = &claimed->steps.list[at];
    step->status = choice_value(step_status, failed);
    step->error = value_text(why);
    step->finished_at = value_time(work->now);
    if (progress.for_good) {
        end(&progress.changes, choice_value(job_status, failed), work->now);
    } else {
        progress.changes.status = choice_value(job_status, queued);
        progress.changes.run_at = value_time(work->now + back_off_ms(job->attempts.integer));
        progress.changes.lease_until = progress.changes.leased_by = value_null();
    }
    return keep(work, &progress);
}

/* The process ends: another goes on with the next step at once, and this counts as no attempt. */
static bool give_back(struct work *work, struct claimed *claimed)
{
    struct progress progress = {
        .claimed = claimed,
        .changes = { .status = choice_value(job_status, queued),
                     .attempts = value_integer(claimed->job.attempts.integer - 1),
                     .lease_until = value_null(),
                     .leased_by = value_null() },
    };
    struct job_step *step = &claimed->steps.list[steps_next(&claimed->steps)];
    step->status = choice_value(step_status, pending);
    step->attempts = value_integer(step->attempts.integer - 1);
    step->started_at = value_null();
    return keep(work, &progress);
}

static bool is_stopping(const struct job_claimer *claimer)
{
    return claimer->holding && atomic_load(&claimer->holding->stopping);
}

static bool run_steps(struct work *work, const struct job_claimer *claimer, struct claimed *claimed)
{
    for (size_t at; (at = steps_next(&claimed->steps)) < claimed->steps.count;) {
        if (is_stopping(claimer))
            return give_back(work, claimed);
        error_clear(&work->error);
        work->now = work->site->now(work->site);
        if (!claimed->program->actions[at].run(work, &claimed->job))
            return is_stopping(claimer) ? give_back(work, claimed) : keep_failure(work, claimed, at);
        work->now = work->site->now(work->site);
        if (!keep_success(work, claimed, at))
            return false;
    }
    return true;
}

static void hold(const struct job_claimer *claimer, struct text job_id)
{
    if (!claimer->holding)
        return;
    pthread_mutex_lock(&claimer->holding->lock);
    snprintf(claimer->holding->job_id, sizeof claimer->holding->job_id, "%.*s", TEXT_ARG(job_id));
    pthread_mutex_unlock(&claimer->holding->lock);
}

static bool run_claimed(struct work *work, const struct job_claimer *claimer, struct claimed *claimed)
{
    hold(claimer, claimed->job.id.text);
    metric_add(METRIC_jobs_running, 1);
    bool done = claimed->is_over || run_steps(work, claimer, claimed);
    metric_add(METRIC_jobs_running, -1);
    hold(claimer, TEXT(""));
    /* Asked for anew, withdrawn, or taken over: whatever was done here is done again by its next run. */
    return done
        || (work->error.code == ERROR_changed_meanwhile && claim_let_go(work, claimer, claimed->job.id.text));
}

bool job_run_next(struct work *work, const struct job_claimer *claimer, bool *ran)
{
    struct claimed claimed;
    *ran = false;
    work->now = work->site->now(work->site);
    if (!claim_next(work, claimer, &claimed, ran))
        return false;
    return !*ran || run_claimed(work, claimer, &claimed);
}

/*
 * Jobs: rows of `jobs`, made inside the transaction of the change that asks for them and run after it.
 *
 * What a kind of job does is a program: steps, each repeatable, so that a crash at any point resumes at the
 * step that was not finished. Programs are constants of the folder whose business they are; app.c hands them
 * to the runner.
 *
 * Jobs of one tenant run one at a time, in the order of their `run_at`: what one does to a database, another
 * may undo.
 */
#pragma once
#include "model/model.h"
#include "record/work.h"

struct job_action {
    const char *name; /* as in job_steps.name */
    /* Outside of any transaction; writes through db_transact. May be run again after it succeeded. */
    bool (*run)(struct work *work, struct text tenant_id);
};

enum { JOB_ACTIONS_MAX = 12 };

struct job_program {
    enum job_kind kind;
    int attempts_max; /* of the whole: a step that fails ends the attempt; the next begins with that step */
    struct job_action actions[JOB_ACTIONS_MAX + 1]; /* ended by a NULL name */
    /* In the transaction that records a failed attempt; `for_good`: there will be no other. NULL: nothing. */
    bool (*failed)(struct work *work, struct text tenant_id, struct text why, bool for_good);
};

/*
 * Inside a transaction: adds the job, not to be run before `run_at`, wakes the runners after the commit, and
 * leaves its id. A tenant has at most one open job of a kind: if there is one, it is brought forward or put
 * off to `run_at`, with its attempts counted anew.
 */
[[nodiscard]] bool job_enqueue(struct work *work, const struct job_program *program, struct text tenant_id,
                               int64_t run_at, struct text *job_id);

/* Inside a transaction: the tenant's open job of this kind, if
 * any, will not be run (it becomes `rolled_back`). */
[[nodiscard]] bool job_withdraw(struct work *work, enum job_kind kind, struct text tenant_id);

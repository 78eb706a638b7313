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
    /* Outside of any transaction; writes through db_transact. May be run again after it succeeded, and after
     * it failed, unless with `gone_meanwhile`. */
    bool (*run)(struct work *work, const struct job *job);
};

enum { JOB_ACTIONS_MAX = 12 };

struct job_program {
    enum job_kind kind;
    int attempts_max; /* of the whole: a step that fails ends the attempt; the next begins with that step */
    struct job_action actions[JOB_ACTIONS_MAX + 1]; /* ended by a NULL name */
    /* In the transaction that records a failed attempt; `for_good`: there will be no other. NULL: nothing. */
    bool (*failed)(struct work *work, const struct job *job, struct text why, bool for_good);
};

struct job_request {
    const struct job_program *program;
    struct text tenant_id;  /* empty: of the installation as a whole */
    int64_t run_at;         /* not before this */
    struct text parameters; /* a JSON object for the steps; empty: {} */
    bool keeps_sooner;      /* an open one that is due sooner stays so */
};

/*
 * Inside a transaction: adds the job, wakes the runners after the commit, and leaves its id. A tenant has at
 * most one open job of a kind: if there is one, it is brought forward or put off to `run_at`, with these
 * parameters and its attempts counted anew. Who must not replace what is under way asks job_find_open first.
 */
[[nodiscard]] bool job_enqueue(struct work *work, const struct job_request *request, struct text *job_id);

/* Inside a transaction: the open job of this kind, of a tenant or (an empty id) of the installation. */
[[nodiscard]] bool job_find_open(struct work *work, enum job_kind kind, struct text tenant_id,
                                 struct job *job, bool *found);

/*
 * For work on a tenant that is no job of its own, but must not run beside one: inside a transaction, nobody
 * takes a job until it ends; does one of this tenant's run? Who goes on holds the tenant by its lease in
 * tenant_schemas.
 */
[[nodiscard]] bool job_lock_claims(struct work *work);
[[nodiscard]] bool job_runs(struct work *work, struct text tenant_id, bool *runs);

/* How far a step has come. */
struct job_progress {
    int64_t done, total;
    struct text note; /* what it has been waiting for; empty: for nothing in particular */
};

/* By a step: for whoever watches. */
[[nodiscard]] bool job_note_progress(struct work *work, const struct job *job,
                                     const struct job_progress *progress);

/* Inside a transaction: the tenant's open job of this kind, if
 * any, will not be run (it becomes `rolled_back`). */
[[nodiscard]] bool job_withdraw(struct work *work, enum job_kind kind, struct text tenant_id);

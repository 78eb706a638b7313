/* Taking jobs, holding them and letting them go. */
#pragma once
#include "jobs/run.h"
#include "queue/steps.h"

struct claimed {
    struct job job;
    const struct job_program *program;
    struct steps steps;
    bool is_over; /* its last attempt never ended, and there is none left */
};

/* In one transaction: takes the job that is due for longest and marks its step as begun. */
[[nodiscard]] bool claim_next(struct work *work, const struct job_claimer *claimer, struct claimed *claimed,
                              bool *found);
void claim_begin_step(struct job_step *step, int64_t now);
/* Ends all leases: for the only process there is, before it takes a job. */
[[nodiscard]] bool claim_end_leases(struct work *work);
/* Ends the claimer's own lease on a job that is no longer its to run; another's stays. */
[[nodiscard]] bool claim_let_go(struct work *work, const struct job_claimer *claimer, struct text job_id);

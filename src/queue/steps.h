/* The steps of a job as they stand in jobs.steps. */
#pragma once
#include "queue/queue.h"

struct steps {
    struct job_step list[JOB_ACTIONS_MAX];
    size_t count;
};

struct steps steps_of(const struct job_program *program); /* none of them run yet */
/* As stored; a step that the program knows and the row does not is pending. */
struct steps steps_read(struct arena *arena, const struct job_program *program, struct value stored);
struct value steps_write(struct arena *arena, const struct steps *steps);
size_t steps_next(const struct steps *steps); /* the first that is not completed; steps->count: none */

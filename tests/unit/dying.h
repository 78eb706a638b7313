/* A process that dies before or after one step of a job: this program of tests, started again. */
#pragma once
#include "tenancy_world.h"

/* Of the test: what the process that dies knows; ended by NULL. */
extern const struct job_program *const dying_programs[];

/* Lets it take what is due in the world. True if it died of the signal, at that step. */
bool dying_run(struct tenancy_world *tenancy, enum job_kind kind, int step, bool after);

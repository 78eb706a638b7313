/* The threads that run jobs and periodic work, for as long as the process serves. */
#pragma once
#include "queue/periodic.h"
#include "queue/queue.h"

struct job_runner;

struct job_runner_options {
    struct site *site;
    const struct job_program *const *programs; /* ended by NULL */
    const struct periodic *const *periodics;   /* lists ended by {}; the whole ended by NULL */
    int threads;                               /* 0: JOB_THREADS */
    bool alone; /* no other process works on this database: a lease that is left is a dead one's */
};

/* One for a migration of the fleet, one for what is under way of one that was halted, and one for all others.
 */
enum { JOB_THREADS = 3 };

/* Puts itself into the site (job_runner, wake_jobs). */
[[nodiscard]] bool job_runner_create(struct job_runner **runner, const struct job_runner_options *options,
                                     struct error *error);
/* Lets the steps that run come to their end, then joins the threads; NULL: nothing. */
void job_runner_destroy(struct job_runner *runner);
/* There may be work: from any thread, and where no runner is too. */
void job_runner_wake(struct site *site);

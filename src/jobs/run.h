/* One job, from its claim to its end or its next attempt, in the thread that asks. */
#pragma once
#include "base/random.h"
#include "queue/queue.h"
#include <pthread.h>
#include <stdatomic.h>

enum {
    JOB_LEASE_MS = 30'000, /* a node that is silent for longer has lost its jobs */
    JOB_BACK_OFF_MAX_SECONDS = 300,
};

/* What a thread runs just now, for those who extend its lease or ask it to stop meanwhile. */
struct job_holding {
    pthread_mutex_t lock;
    char job_id[UUID_LENGTH + 1]; /* empty: nothing */
    atomic_bool stopping;         /* after the step that runs, the job is given back */
};

struct job_claimer {
    struct text name;                          /* no other thread of any process ever has it */
    const struct job_program *const *programs; /* ended by NULL; other kinds are left to newer nodes */
    struct job_holding *holding;               /* NULL: nobody extends leases */
};

/*
 * Claims the job that is due for longest and runs it; *ran is false where there was none. False: the database
 * failed; the job is taken over when its lease ends.
 */
[[nodiscard]] bool job_run_next(struct work *work, const struct job_claimer *claimer, bool *ran);

/* Is there a job to claim? Reads only. */
[[nodiscard]] bool job_is_due(struct work *work, const struct job_claimer *claimer, bool *due);

/* Extends the lease of what is held; nothing held is no failure. */
[[nodiscard]] bool job_extend_lease(struct work *work, const struct job_claimer *claimer);

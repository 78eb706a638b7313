/* Writes into a job how far the copying of a database has come, each second at most. */
#pragma once
#include "hosting/copying.h"
#include "queue/queue.h"

struct job_watch {
    struct work *work;
    const struct job *job;
    int64_t told_us; /* monotonic */
};
/* The watch must live as long as the copying. */
struct copy_watch job_watch_begin(struct job_watch *watch, struct work *work, const struct job *job);

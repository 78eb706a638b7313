/*
 * Watches the copying of a database that moves: tells how far it has come, and gives it up where the tenant
 * is to be deleted. The job that does so waits for the move's to end.
 */
#pragma once
#include "tenancy/job_watch.h"

struct move_watch {
    struct job_watch job;
    struct copy_watch telling;
};
/* The watch must live as long as the copying. */
struct copy_watch move_watch_begin(struct move_watch *watch, struct work *work, const struct job *job);

/* Of a step that failed: says `gone_meanwhile` where the tenant is to be deleted; else why it failed stays.
 * Always false. */
bool move_fail(struct work *work, const struct job *job);

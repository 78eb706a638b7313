/*
 * A wave: tenants that are worked on at the same time, by threads of its own. Who is busy is tried again at
 * the end; who is still under way since before the migration was halted is waited for. It stops where there
 * are more failures than it may have, where somebody asks for it, or where the program ends: then what is
 * under way comes to its end, and no other begins.
 */
#pragma once
#include "fleet/tenant.h"
#include "model/model.h"
#include <pthread.h>
#include <stdatomic.h>

enum { FLEET_NOTE_MAX = 128 };

enum wave_stop { STOP_none, STOP_failures, STOP_asked, STOP_ending, STOP_broken };

/* A migration as it runs: what its waves share. */
struct run {
    struct work *work; /* the job's */
    const struct job *job;
    /* Its progress as it was told lastly; -1: never. */
    int64_t told;
    char told_note[FLEET_NOTE_MAX];
    int64_t others; /* tenants under way of jobs before this one */
    struct fleet_migration migration;
    const struct tenant_schema *schema;
    pthread_mutex_t lock;
    /* Under the lock: */
    int64_t done, failed, budget;
    char first_error[512];
    struct error broken;
    _Atomic(enum wave_stop) stop;
};

struct member {
    struct text tenant_id, slug;
};

/* False where the run has stopped. */
bool wave_run(struct run *run, const struct member *members, size_t count);

/* A new tenant whose database begins as a copy of another's. */
#pragma once
#include "model/model.h"
#include "queue/queue.h"

/*
 * In a transaction, through the service that makes every tenant: plan, limits and settings are the source's
 * unless given. `made` holds what is given, and on success the whole row; its job is left.
 */
[[nodiscard]] bool tenancy_clone(struct work *work, struct text source_id, struct tenant *made,
                                 struct text *job_id);

/* The step of provisioning that makes a clone's database: the source's as it is at one moment, verified. */
[[nodiscard]] bool clone_database(struct work *work, const struct job *job, const struct tenant *tenant);

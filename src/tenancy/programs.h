/* What is done to a tenant's database: the jobs of tenancy. */
#pragma once
#include "queue/queue.h"

extern const struct job_program provision_tenant_program, rollback_provisioning_program,
    sync_tenant_access_program, sync_plan_access_program, cancel_tenant_program, delete_tenant_program,
    keep_service_promise_program;

extern const struct job_program *const tenancy_job_programs[]; /* ended by NULL */

#include "copies/copies.h"

const struct job_program *const copies_job_programs[] = {
    &back_up_tenant_program,
    &restore_backup_program,
    &move_tenant_program,
    NULL,
};

/* Modules and flags: what may be defined, assigned and dated. Effective sets are found in effective.h. */
#pragma once
#include "queue/periodic.h"
#include "record/service.h"

extern const struct service definition_services[], assignment_services[]; /* ended by {} */
extern const struct periodic features_periodics[]; /* assignments begin and end with their days */

/* Tenants: made, given a database, taken through their life, told to the product's servers. */
#pragma once
#include "model/model.h"
#include "record/service.h"
#include "record/site.h"
#include "tenancy/clone.h"
#include "tenancy/doctor.h"
#include "tenancy/level.h"
#include "tenancy/life.h"
#include "tenancy/programs.h"
#include "tenancy/seed.h"

extern const struct service tenancy_services[]; /* of tenants and plans; ended by {} */

/* In a transaction, with its audit record. */
[[nodiscard]] bool tenancy_reveal_password(struct work *work, struct text tenant_id, struct text reason,
                                           struct text *password);

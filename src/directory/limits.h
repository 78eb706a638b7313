/* What a tenant may use, and how much of it: the plan's values, which can be overridden for a tenant. */
#pragma once
#include "model/model.h"

enum tenant_limit {
    LIMIT_users,
    LIMIT_storage_gb,
    LIMIT_monthly_emails,
    LIMIT_monthly_whatsapp,
    LIMIT_monthly_api_calls,
    LIMIT_COUNT
};

/* Where each limit stands: columns, counted from 1. */
struct limit {
    uint8_t of_plan, of_tenant, of_resolution, of_entitlement;
    uint8_t used_of_tenant, used_of_entitlement;
};
extern const struct limit tenant_limits[LIMIT_COUNT];

#include "directory/limits.h"

#define LIMIT(name)                                                                                          \
    [LIMIT_##name] = { .of_plan = ONE(plan, max_##name),                                                     \
                       .of_tenant = ONE(tenant, max_##name),                                                 \
                       .of_resolution = ONE(resolution, max_##name),                                         \
                       .of_entitlement = ONE(entitlement, max_##name),                                       \
                       .used_of_tenant = ONE(tenant, current_##name),                                        \
                       .used_of_entitlement = ONE(entitlement, current_##name) }

const struct limit tenant_limits[LIMIT_COUNT] = {
    LIMIT(users), LIMIT(storage_gb), LIMIT(monthly_emails), LIMIT(monthly_whatsapp), LIMIT(monthly_api_calls),
};

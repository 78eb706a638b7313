/* What a tenant may use, and how much of it: the plan's values, overridden for a tenant by hand. */
#pragma once
#include "model/table.h"

enum tenant_limit {
    LIMIT_users,
    LIMIT_storage_gb,
    LIMIT_monthly_emails,
    LIMIT_monthly_whatsapp,
    LIMIT_monthly_api_calls,
    LIMIT_COUNT
};

#include "usage/usage.h"
#include "usage/usage_parts.h"

const struct periodic usage_periodics[] = {
    { .name = "begin_months", .every_seconds = 600, .run = usage_begin_months },
    { .name = "measure_storage", .every_seconds = 3'600, .run = usage_measure_storage },
    { .name = "count_active_users", .every_seconds = 600, .run = usage_count_active },
    {},
};

#include "model/service_level.h"

/* clang-format off */
static const struct service_rules rules[service_level_count] = {
    [service_level_full]        = { true,  true,  true,  true,  true,  true,  ERROR_none },
    [service_level_warned]      = { true,  true,  true,  true,  true,  true,  ERROR_none },
    [service_level_read_only]   = { true,  false, true,  true,  false, false, ERROR_service_read_only },
    [service_level_export_only] = { true,  false, false, true,  false, false, ERROR_service_export_only },
    [service_level_off]         = { false, false, false, false, false, false, ERROR_service_off },
};
/* clang-format on */

enum service_level service_level_named(struct text level)
{
    enum service_level i = service_level_full;
    while (i < service_level_off && !text_equal(level, service_level_choices.texts[i]))
        i++;
    return i;
}

const struct service_rules *service_rules_of(enum service_level level)
{
    return &rules[level];
}

const struct service_rules *service_rules_of_data(const struct tenant *tenant)
{
    bool is_there = value_is_true(tenant->is_active) && value_is_set(tenant->service_level);
    return &rules[is_there ? service_level_named(tenant->service_level.text) : service_level_off];
}

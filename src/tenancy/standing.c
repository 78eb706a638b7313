#include "tenancy/standing.h"
#include "model/service_level.h"
#include "record/store.h"
#include "tenancy/life.h"
#include "tenancy/programs.h"

static bool is_shut(const struct tenant *tenant)
{
    return value_is_set(tenant->deletes_at) || value_is_set(tenant->deleted_at)
        || is_choice(tenant->plan_status, plan_status, suspended)
        || is_choice(tenant->plan_status, plan_status, cancelled);
}

static enum service_level level_of(const struct tenant *tenant)
{
    bool is_past_due = is_choice(tenant->plan_status, plan_status, past_due);
    enum service_level least = is_past_due ? service_level_warned : service_level_full;
    enum service_level chosen = value_is_set(tenant->chosen_service_level)
                                  ? service_level_named(tenant->chosen_service_level.text)
                                  : service_level_full;
    if (is_shut(tenant))
        return service_level_off;
    return chosen > least ? chosen : least;
}

static bool same_data_rules(const struct tenant *before, const struct tenant *after)
{
    const struct service_rules *old = service_rules_of_data(before), *new = service_rules_of_data(after);
    return old->reads_data == new->reads_data && old->writes_data == new->writes_data;
}

bool tenant_change(struct work *work, const struct tenant *before, struct tenant *changes,
                   struct tenant *after)
{
    struct tenant row = *before;
    struct text ignored;
    for (size_t i = 0; i < tenants_table.width; i++)
        if (changes->cells[i].kind != VALUE_ABSENT)
            row.cells[i] = changes->cells[i];
    changes->is_active = value_boolean(tenant_is_active(&row));
    changes->service_level = value_text(service_level_choices.texts[level_of(&row)]);
    if (is_choice(changes->service_level, service_level, off)
        && !is_choice(before->service_level, service_level, off))
        changes->lease_epoch = value_integer(before->lease_epoch.integer + 1);
    const struct job_request sync = { &sync_tenant_access_program, before->id.text, work->now };
    return store_update(work, &tenants_table, before->cells, changes->cells, after->cells)
        && (same_data_rules(before, after) || job_enqueue(work, &sync, &ignored));
}

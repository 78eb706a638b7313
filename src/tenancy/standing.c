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

static bool same_role(const struct tenant *before, const struct tenant *after)
{
    const struct service_rules *old = service_rules_of_data(before), *new = service_rules_of_data(after);
    return old->reads_data == new->reads_data
        && old->writes_data == new->writes_data &&value_equal(before->plan_id, after->plan_id)
        && value_equal(before->db_connection_pool_size, after->db_connection_pool_size)
        && value_equal(before->db_statement_timeout_s, after->db_statement_timeout_s);
}

bool tenant_role_follows(struct work *work, const struct tenant *before, const struct tenant *after)
{
    const struct job_request sync = { &sync_tenant_access_program, before->id.text, work->now };
    struct text ignored;
    return same_role(before, after) || job_enqueue(work, &sync, &ignored);
}

bool tenant_change(struct work *work, const struct tenant *before, struct tenant *changes,
                   struct tenant *after)
{
    struct tenant row = *before;
    for (size_t i = 0; i < tenants_table.width; i++)
        if (changes->cells[i].kind != VALUE_ABSENT)
            row.cells[i] = changes->cells[i];
    changes->is_active = value_boolean(tenant_is_active(&row));
    changes->service_level = value_text(service_level_choices.texts[level_of(&row)]);
    if (is_choice(changes->service_level, service_level, off)
        && !is_choice(before->service_level, service_level, off))
        changes->lease_epoch = value_integer(before->lease_epoch.integer + 1);
    return store_update(work, &tenants_table, before->cells, changes->cells, after->cells)
        && tenant_role_follows(work, before, after);
}

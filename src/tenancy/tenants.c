/* Making a tenant: its plan and limits, its trial and subscription, the names and the password of its
 * database. */
#include "base/calendar.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "directory/limits.h"
#include "hosting/place.h"
#include "record/store.h"
#include "settings/settings.h"
#include "tenancy/administrator.h"
#include "tenancy/plan.h"
#include "tenancy/slug.h"
#include "tenancy/standing.h"
#include "tenancy/subscription.h"
#include "tenancy/tenancy.h"

enum { PASSWORD_BYTES = 32 };

/* Faults of several members are told together; a failed statement ends it. */
static bool find_plan(struct work *work, const struct tenant *tenant, struct plan *plan)
{
    struct error before = work->error;
    if (store_find_by(work, &plans_table, "name", tenant->plan_type, false, plan->cells)) {
        if (!value_is_true(plan->is_active))
            (void)fail_at(&work->error, "/plan_type", ERROR_rule_broken, "the plan takes no new tenants");
        return true;
    }
    if (work->error.code != ERROR_not_found)
        return false;
    work->error = before;
    (void)fail_at(&work->error, "/plan_type", ERROR_no_such_reference, "plan");
    return true;
}

static bool check_administrator(struct work *work, const struct tenant *tenant)
{
    struct administrator administrator = administrator_of(work->arena, tenant);
    struct text whose;
    bool found;
    if (!administrator_find(work, administrator.email, &found, &whose))
        return false;
    if (found && work->error.fault_count == 0)
        (void)fail(&work->error, ERROR_taken, "email");
    if (found)
        (void)fail_at(&work->error, administrator.pointer, ERROR_taken, "email");
    return true;
}

/* A wish that no host can meet would wait for ever. */
static bool check_region(struct work *work, const struct tenant *tenant)
{
    struct result result;
    if (!value_is_set(tenant->region))
        return true;
    if (!db_run(work->db, work->arena, &result, &work->error,
                "SELECT 1 FROM database_hosts WHERE region = $1 LIMIT 1", PARAMETERS(tenant->region)))
        return false;
    if (result.row_count == 0)
        (void)fail_at(&work->error, "/region", ERROR_no_such_reference, "region");
    return true;
}

static bool check(struct work *work, const struct tenant *tenant, struct plan *plan)
{
    if (slug_is_reserved(tenant->slug.text))
        (void)fail_at(&work->error, "/slug", ERROR_reserved_word, "");
    return find_plan(work, tenant, plan) && check_region(work, tenant) && check_administrator(work, tenant)
        && work->error.fault_count == 0;
}

static void take_limits(struct tenant *tenant, const struct plan *plan)
{
    for (const struct limit *limit = tenant_limits; limit < tenant_limits + LIMIT_COUNT; limit++) {
        struct value *own = &tenant->cells[limit->of_tenant - 1];
        if (own->kind == VALUE_ABSENT)
            *own = plan->cells[limit->of_plan - 1];
    }
}

/* What costs nothing needs no trial. */
static void begin_trial(struct work *work, struct tenant *tenant, const struct plan *plan)
{
    int64_t days = settings_integer(work->site->settings, SETTING_default_trial_days);
    bool free = plan->price_monthly.integer == 0 && plan->price_yearly.integer == 0;
    bool trial = !free && days > 0;
    tenant->plan_status = trial ? choice_value(plan_status, trial) : choice_value(plan_status, active);
    tenant->trial_ends_at = trial ? value_time(work->now + days * DAY_MS) : value_null();
    tenant->subscription_starts_at = value_time(work->now);
}

static void name_database(struct work *work, struct tenant *tenant)
{
    tenant->db_name = tenant->db_username = value_text(place_name_of(work->arena, tenant->id.text));
    tenant->db_password_encrypted =
        value_text(seal(work->arena, work->site->keyring, random_token(work->arena, PASSWORD_BYTES),
                        password_place(work->arena, tenant->id.text)));
}

static bool create(struct work *work, struct value *cells)
{
    struct tenant *tenant = (struct tenant *)cells;
    struct plan plan;
    struct text job_id;
    if (!check(work, tenant, &plan))
        return false;
    tenant->id = value_text(random_uuid(work->arena, work->now));
    tenant->plan_id = plan.id;
    take_limits(tenant, &plan);
    begin_trial(work, tenant, &plan);
    name_database(work, tenant);
    return store_create(work, &tenants_table, cells) && subscription_begin(work, tenant, &plan)
        && job_enqueue(work, &(struct job_request){ &provision_tenant_program, tenant->id.text, work->now },
                       &job_id);
}

static bool remove_tenant(struct work *work, const struct value *before)
{
    struct tenant after;
    struct text job_id;
    return tenant_act(work, before[0].text, LIFE_delete, TEXT(""), &after, &job_id);
}

bool tenancy_reveal_password(struct work *work, struct text tenant_id, struct text reason,
                             struct text *password)
{
    struct tenant tenant;
    struct tenant_place place;
    struct text job_id;
    if (!tenant_act(work, tenant_id, LIFE_reveal_password, reason, &tenant, &job_id)
        || !place_of_tenant(work, &tenant, &place))
        return false;
    *password = place.password;
    return true;
}

static bool update(struct work *work, const struct value *before, struct value *changes, struct value *after)
{
    return store_update(work, &tenants_table, before, changes, after)
        && tenant_role_follows(work, (const struct tenant *)before, (const struct tenant *)after);
}

const struct service tenancy_services[] = {
    { .table = &tenants_table, .create = create, .update = update, .remove = remove_tenant },
    { .table = &plans_table, .update = plan_update },
    {},
};

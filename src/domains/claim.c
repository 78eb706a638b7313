/* Claiming a domain, and choosing the primary one. */
#include "base/calendar.h"
#include "crypto/hash.h"
#include "domains/domain_name.h"
#include "domains/domains.h"
#include "record/site.h"
#include "record/store.h"
#include "settings/settings.h"

enum { TOKEN_SIZE = 24 };

/* What a tenant does to its domains happens one after the other. */
static bool lock_domains(struct work *work, struct text tenant_id)
{
    struct text name = arena_format(work->arena, "domains of %.*s", TEXT_ARG(tenant_id));
    return db_lock(work->db, work->arena, &work->error, name);
}

static bool check_room(struct work *work, struct text tenant_id)
{
    struct result result;
    int64_t most = settings_integer(work->site->settings, SETTING_domains_per_tenant);
    if (!lock_domains(work, tenant_id)
        || !db_run(work->db, work->arena, &result, &work->error,
                   "SELECT count(*) FROM tenant_domains WHERE tenant_id = $1",
                   PARAMETERS(value_text(tenant_id))))
        return false;
    return cell_integer(result.cells[0]) < most
        || fail(&work->error, ERROR_limit_reached, "%lld domains", (long long)most);
}

static bool create(struct work *work, struct value *cells)
{
    struct tenant_domain *domain = (struct tenant_domain *)cells;
    struct text name, token = random_token(work->arena, TOKEN_SIZE);
    int64_t days = settings_integer(work->site->settings, SETTING_domain_claim_days);
    if (!value_is_set(domain->tenant_id))
        domain->tenant_id = value_text_or_null(work->actor.tenant_id);
    if (!value_is_set(domain->tenant_id)) /* a key for several tenants says which */
        return fail_at(&work->error, "/tenant_id", ERROR_required, "");
    if (!domain_name_read(work, domain->domain.text, &name) || !check_room(work, domain->tenant_id.text))
        return false;
    domain->domain = value_text(name);
    domain->verification_token =
        value_text(arena_format(work->arena, "nidia-verification=%.*s", TEXT_ARG(token)));
    domain->claim_expires_at = value_time(work->now + days * DAY_MS);
    return store_create(work, &tenant_domains_table, cells);
}

/* The one before, if there is one, steps back first: the index allows no two. */
static bool step_back(struct work *work, const struct tenant_domain *domain)
{
    struct result result;
    struct tenant_domain before, changes = { .is_primary = value_boolean(false) };
    if (!db_run(work->db, work->arena, &result, &work->error,
                "SELECT id FROM tenant_domains WHERE tenant_id = $1 AND is_primary",
                PARAMETERS(domain->tenant_id)))
        return false;
    return result.row_count == 0
        || (store_find_by(work, &tenant_domains_table, "id", result.cells[0], true, before.cells)
            && store_update(work, &tenant_domains_table, before.cells, changes.cells, before.cells));
}

bool domain_make_primary(struct work *work, struct text id, struct tenant_domain *after)
{
    struct tenant_domain domain, changes = { .is_primary = value_boolean(true) };
    if (!store_find(work, &tenant_domains_table, id, domain.cells)
        || !lock_domains(work, domain.tenant_id.text)
        || !store_find_locked(work, &tenant_domains_table, id, domain.cells))
        return false;
    if (!value_is_true(domain.is_verified))
        return fail(&work->error, ERROR_wrong_state, "verified");
    if (!value_is_true(domain.is_primary) && !step_back(work, &domain))
        return false;
    return store_update(work, &tenant_domains_table, domain.cells, changes.cells, after->cells);
}

const struct service domains_services[] = {
    { .table = &tenant_domains_table, .create = create },
    {},
};

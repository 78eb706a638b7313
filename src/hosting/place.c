#include "hosting/place.h"
#include "crypto/seal.h"
#include "model/service_level.h"

struct text place_name_of(struct arena *arena, struct text tenant_id)
{
    return arena_format(arena, "tenant_%.*s",
                        TEXT_ARG(text_slice(tenant_id, tenant_id.length - 12, tenant_id.length)));
}

struct text password_place(struct arena *arena, struct text tenant_id)
{
    return arena_format(arena, "tenants.db_password_encrypted:%.*s", TEXT_ARG(tenant_id));
}

enum place_access access_of_tenant(const struct tenant *tenant)
{
    const struct service_rules *rules = service_rules_of_data(tenant);
    return rules->writes_data ? ACCESS_full : rules->reads_data ? ACCESS_read_only : ACCESS_none;
}

/* Its own where it has any, else its plan's. */
static bool find_limits(struct work *work, const struct tenant *tenant, struct tenant_place *place)
{
    static const char sql[] = "SELECT coalesce(CAST($2 AS bigint), db_connection_pool_size), "
                              "coalesce(CAST($3 AS bigint), db_statement_timeout_s) FROM plans WHERE id = $1";
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, sql,
                PARAMETERS(tenant->plan_id, tenant->db_connection_pool_size, tenant->db_statement_timeout_s)))
        return false;
    if (result.row_count == 0)
        return fail(&work->error, ERROR_internal, "a tenant without a plan");
    place->connections_max = cell_integer(result.cells[0]);
    place->statement_timeout_s = cell_integer(result.cells[1]);
    return true;
}

bool place_of_tenant(struct work *work, const struct tenant *tenant, struct tenant_place *place)
{
    *place = (struct tenant_place){
        .host_id = cell_text(tenant->database_host_id),
        .name = tenant->db_name.text,
        .access = access_of_tenant(tenant),
    };
    return find_limits(work, tenant, place)
        && unseal(work->arena, work->site->keyring, tenant->db_password_encrypted.text,
                  password_place(work->arena, tenant->id.text), &place->password, &work->error);
}

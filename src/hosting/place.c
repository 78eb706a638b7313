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

bool place_of_tenant(struct work *work, const struct tenant *tenant, struct tenant_place *place)
{
    *place = (struct tenant_place){
        .host_id = cell_text(tenant->database_host_id),
        .name = tenant->db_name.text,
        .connections_max = tenant->db_connection_pool_size.integer,
        .access = access_of_tenant(tenant),
    };
    return unseal(work->arena, work->site->keyring, tenant->db_password_encrypted.text,
                  password_place(work->arena, tenant->id.text), &place->password, &work->error);
}

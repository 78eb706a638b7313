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

bool place_of_tenant(struct work *work, const struct tenant *tenant, struct tenant_place *place)
{
    *place = (struct tenant_place){
        .name = tenant->db_name.text,
        .connections_max = tenant->db_connection_pool_size.integer,
        .may_connect = service_rules_of_data(tenant)->reads_data,
    };
    return unseal(work->arena, work->site->keyring, tenant->db_password_encrypted.text,
                  password_place(work->arena, tenant->id.text), &place->password, &work->error);
}

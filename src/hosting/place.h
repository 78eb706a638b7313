/* A tenant's database as the hosting knows it, told by the tenant's row. */
#pragma once
#include "hosting/hosting.h"
#include "model/model.h"

/* `tenant_` and the last 12 hexadecimal digits of the id: the first ones tell when it was made. */
struct text place_name_of(struct arena *arena, struct text tenant_id);

/* Where the sealed password stands, as associated data. */
struct text password_place(struct arena *arena, struct text tenant_id);

/* What the tenant's role may do in its database now. */
enum place_access access_of_tenant(const struct tenant *tenant);

[[nodiscard]] bool place_of_tenant(struct work *work, const struct tenant *tenant,
                                   struct tenant_place *place);

/* A tenant's first administrator: made when it is provisioned,
 * of the address that the tenant was made with. */
#pragma once
#include "model/model.h"
#include "record/work.h"

/* The column that the address is taken from, and the address in lower case. */
struct administrator {
    const char *pointer;
    struct text email;
};
struct administrator administrator_of(struct arena *arena, const struct tenant *tenant);

/* Has somebody this address already? Leaves whose administrator that is; an empty text is nobody's. */
[[nodiscard]] bool administrator_find(struct work *work, struct text email, bool *found,
                                      struct text *tenant_id);

/* In a transaction, with the id of the tenant (a struct text):
 * makes the user, on a seat, unless it is there. */
[[nodiscard]] bool administrator_add(struct work *work, void *tenant_id);

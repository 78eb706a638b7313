/* In another's place: begun by staff, ended by either side. */
#include "api/entry.h"
#include "identity/impersonation.h"
#include "model/model.h"
#include "record/store.h"

/* The refresh token is in the body, whatever is asked for: a cookie has the member of staff's own. */
static bool impersonate(struct call *call)
{
    const struct impersonation_order *order = (const struct impersonation_order *)call->taken;
    struct user user;
    if (!store_find_locked(&call->work, &users_table, call->parameters[0], user.cells))
        return false;
    const struct impersonation_begin begin = { &user, order->reason.text, order->minutes.integer };
    struct grant grant;
    return impersonation_begin(&call->work, &begin, &grant) && answer_grant(call, &grant, false);
}

static bool end(struct call *call)
{
    struct impersonation impersonation;
    struct work *work = &call->work;
    return store_find_locked(work, &impersonations_table, call->parameters[0], impersonation.cells)
        && impersonation_end(work, &impersonation)
        && store_find(work, &impersonations_table, impersonation.id.text, impersonation.cells)
        && answer_row(call, &impersonations_table, impersonation.cells);
}

const struct route impersonation_routes[] = {
    { METHOD_POST, "/users/{id}/impersonate", "impersonate_user", COST_WRITE, SUPER_ADMIN | SUPPORT,
      .guarded = true, .handle = impersonate, .takes = &impersonation_orders_table,
      .gives = &token_grants_table, .how = GIVES_ROW, .status = 201, .no_idempotency = true,
      .codes = { ERROR_not_found, ERROR_wrong_state, ERROR_invalid_body },
      .doc = "Act in the place of a tenant's administrator, for a reason and for some minutes. Both names "
             "stand in the audit records; money, people, sessions and keys are out of reach; the "
             "administrator is told by mail." },
    { METHOD_POST, "/impersonations/{id}/end", "end_impersonation", COST_WRITE,
      SUPER_ADMIN | SUPPORT | TENANT_ADMIN, .always_open = true, .handle = end,
      .gives = &impersonations_table, .how = GIVES_ROW, .codes = { ERROR_not_found },
      .doc = "End an impersonation, at once." },
    {},
};

#include "record/reach.h"

bool actor_is_impersonated(const struct actor *actor)
{
    return actor->sponsor_id.length > 0 && !actor_is_machine(actor);
}

bool actor_reaches(const struct actor *actor, const struct table *table, bool writes)
{
    if (actor_is_machine(actor))
        return scopes_reach(&actor->scopes, table, writes);
    unsigned barred = MONEY | (writes ? CREDENTIALS : 0);
    return !(actor_is_impersonated(actor) && (table->is & barred));
}

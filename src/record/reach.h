/*
 * What is out of an actor's reach although its role may it: of a key, the tables outside its scopes; of who
 * acts in another's name, money, and how people and machines get in. Asked wherever rows of a table are shown
 * or changed: of a route, of what is expanded, of what an audit record tells.
 */
#pragma once
#include "model/table.h"
#include "record/work.h"

bool actor_reaches(const struct actor *actor, const struct table *table, bool writes);
/* Does a member of staff act in the user's name? */
bool actor_is_impersonated(const struct actor *actor);

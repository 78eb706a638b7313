/*
 * What a person who signed in must do before anything else.
 *
 * What is owed whatever the rules are stands in the access token; whoever lays such a duty on somebody ends
 * that person's sessions. Whether a second factor is owed follows from the rules as they are now, which
 * memory knows: the token tells only whether there is one.
 */
#pragma once
#include "model/model.h"
#include "record/work.h"

struct duty_rule {
    enum duty duty;
    const char *name; /* in the token */
    enum error_code refusal;
};
extern const struct duty_rule duty_rules[]; /* ended by {} */

/* What the person owes whatever the rules are. */
unsigned duties_of(const struct user *user);

/* What the actor owes besides, by the settings and by what its tenant asks for. */
unsigned duties_by_rule(const struct site *site, const struct actor *actor, bool tenant_requires_factor);
/* The same as memory knows the tenant. */
unsigned duties_by_memory(const struct site *site, const struct actor *actor);

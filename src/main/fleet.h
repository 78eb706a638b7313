/* What the parts of `nidia fleet` share. */
#pragma once
#include "main/command.h"
#include "json/json.h"

enum { FLEET_LOOK_MS = 200 }; /* between two looks at what is under way */

int fleet_drift(struct invocation *invocation);

/* GET, and its answer read; false where that failed, and has been said. */
bool fleet_ask(struct invocation *invocation, struct text target, struct reply *reply, struct json *json);
/* A member that is a text or a number; else empty. */
struct text fleet_text(const struct json *object, const char *name);
/* Of the tenant that an entry of the ledger is about; empty where that cannot be told. */
struct text fleet_slug_of(struct invocation *invocation, const struct json *entry);
void fleet_end_progress(void);

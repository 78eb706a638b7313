/* What the parts of `nidia fleet` share. */
#pragma once
#include "main/command.h"

enum { FLEET_LOOK_MS = 200 }; /* between two looks at what is under way */

int fleet_drift(struct invocation *invocation);

/* Of the tenant that an entry of the ledger is about; empty where that cannot be told. */
struct text fleet_slug_of(struct invocation *invocation, const struct json *entry);
void fleet_end_progress(void);

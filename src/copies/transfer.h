/* Moving a tenant's database to another host, there and back. */
#pragma once
#include "model/model.h"
#include "queue/queue.h"

extern const struct job_program move_tenant_program;

/*
 * In a transaction: the row of tenant_moves and its job, whose id is left. `read_only_too_long` where the
 * database cannot be replicated and copying it takes longer than the tenant may be read-only.
 */
[[nodiscard]] bool transfer_ask(struct work *work, struct text tenant_id, const struct move_order *order,
                                struct text *job_id);
/* To where the latest move came from, as long as that is kept: with all that was written since. */
[[nodiscard]] bool transfer_ask_back(struct work *work, struct text tenant_id, struct text *job_id);

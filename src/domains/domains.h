/*
 * The tenants' own domains: claimed by anyone, held by whoever proves them, until the proof is gone.
 *
 * Many may claim a name, each with a token of its own, so that a claim that is never proven stands in
 * nobody's way; of those one holds it. A held name is never taken away by another's proof: only its own daily
 * checks lose it.
 */
#pragma once
#include "model/model.h"
#include "queue/periodic.h"
#include "record/service.h"

/* In a transaction: from now on this domain is the tenant's primary one, and no other. */
[[nodiscard]] bool domain_make_primary(struct work *work, struct text id, struct tenant_domain *after);

/*
 * Both ask the world and wait for its answer, outside of any transaction; then they write what they found.
 * Verifying fails with what was found in place of the token; a certificate's faults stand in the row.
 */
[[nodiscard]] bool domain_verify(struct work *work, struct text id, struct tenant_domain *after);
[[nodiscard]] bool domain_check_certificate(struct work *work, struct text id, struct tenant_domain *after);

extern const struct service domains_services[];
extern const struct periodic domains_periodics[];

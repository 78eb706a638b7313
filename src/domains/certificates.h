/* The certificates that the tenants' domains show. */
#pragma once
#include "domains/domains.h"
#include "net/certificate.h"

/* Shakes hands with the domain, and waits; false: the DNS could not be asked where it is. */
[[nodiscard]] bool certificate_of_domain(const struct site *site, struct arena *arena, struct text domain,
                                         struct certificate *certificate);
/* In a transaction: what was found becomes of the row, which `before` is. */
[[nodiscard]] bool certificate_note(struct work *work, const struct tenant_domain *before,
                                    const struct certificate *certificate, struct tenant_domain *after);

/* Who somebody is here whom an identity provider has recognised: by (provider, subject), never by an e-mail
 * alone. */
#pragma once
#include "sso/exchange.h"

/* What stands in for the generic creation of a provider_identity: of staff alone. */
[[nodiscard]] bool staff_link(struct work *work, struct value *cells);

/* The role that the provider's rules give; NOBODY: none of them fits. */
enum role staff_role_of(struct work *work, const struct provider *provider, const struct said *said);

/* Why somebody who is known there may not enter here: for the audit, and for himself. */
struct refusal {
    const char *reason, *says;
};

/*
 * In a transaction: the member of staff, found, linked by a verified e-mail or made, as the provider's row
 * allows, and given the role. *refused: that is nobody who may enter.
 */
[[nodiscard]] bool staff_find(struct work *work, const struct provider *provider, const struct said *said,
                              struct user *user, const struct refusal **refused);

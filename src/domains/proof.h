/* The proof of a domain: a TXT record with its token. */
#pragma once
#include "domains/domains.h"

enum proof_outcome {
    PROOF_FOUND,
    PROOF_MISSING, /* the DNS says for certain that it is not there */
    PROOF_UNKNOWN, /* the DNS could not be asked: nobody's fault but its own */
};

struct proof {
    enum proof_outcome outcome;
    struct error why;
};

/* Asks the DNS, and waits. `why` and what it needs lie in the arena. */
void proof_look(const struct site *site, struct arena *arena, const struct tenant_domain *domain,
                struct proof *proof);

/* In a transaction: what was found becomes of the row, which `before` is. `daily`: a check that counts. */
[[nodiscard]] bool proof_note(struct work *work, const struct tenant_domain *before,
                              const struct proof *proof, bool daily, struct tenant_domain *after);

/* In a transaction, before the world is asked on somebody's demand: the row, as the actor may see it, unless
 * it was asked about just now. */
[[nodiscard]] bool domain_begin_check(struct work *work, struct text id, bool of_certificate,
                                      struct tenant_domain *domain);

/* What can be done to a tenant's domain beyond claiming and giving it up. */
#include "domains/domains.h"
#include "api/route.h"

static bool act(struct call *call, bool (*action)(struct work *, struct text, struct tenant_domain *))
{
    struct tenant_domain after;
    return action(&call->work, call->parameters[0], &after)
        && answer_row(call, &tenant_domains_table, after.cells);
}

static bool verify(struct call *call)
{
    return act(call, domain_verify);
}

static bool check_certificate(struct call *call)
{
    return act(call, domain_check_certificate);
}

static bool make_primary(struct call *call)
{
    return act(call, domain_make_primary);
}

#define OF_DOMAIN SUPER_ADMIN | TENANT_ADMIN, .gives = &tenant_domains_table, .how = GIVES_ROW

const struct route domain_routes[] = {
    { METHOD_POST, "/tenant_domains/{id}/verify", "verify_domain", COST_REMOTE, OF_DOMAIN, .handle = verify,
      .no_idempotency = true,
      .codes = { ERROR_not_found, ERROR_challenge_absent, ERROR_challenge_wrong, ERROR_taken,
                 ERROR_rate_limited, ERROR_dns_unavailable },
      .doc = "Look for the token in the DNS: a TXT record at _nidia-challenge.DOMAIN." },
    { METHOD_POST, "/tenant_domains/{id}/check_certificate", "check_domain_certificate", COST_REMOTE,
      OF_DOMAIN, .handle = check_certificate, .no_idempotency = true,
      .codes = { ERROR_not_found, ERROR_wrong_state, ERROR_rate_limited, ERROR_dns_unavailable },
      .doc =
          "Shake hands with a verified domain over TLS: ssl_enabled and ssl_expires_at tell how it went." },
    { METHOD_POST, "/tenant_domains/{id}/make_primary", "make_domain_primary", COST_WRITE, OF_DOMAIN,
      .handle = make_primary, .codes = { ERROR_not_found, ERROR_wrong_state },
      .doc = "Make a verified domain its tenant's primary one; the one before is no longer." },
    {},
};

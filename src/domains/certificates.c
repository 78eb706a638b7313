#include "domains/certificates.h"
#include "base/calendar.h"
#include "domains/proof.h"
#include "http/endpoint.h"
#include "net/address.h"
#include "net/lookup.h"
#include "record/event.h"
#include "record/store.h"
#include "record/transact.h"
#include "settings/options.h"
#include "settings/settings.h"
#include <stdio.h>

enum { HTTPS_PORT = 443, WARN_DAYS = 14 };

static bool is_private(const struct lookup_addresses *found)
{
    for (size_t i = 0; i < found->count; i++)
        if (!address_is_public((const struct sockaddr *)&found->list[i]))
            return true;
    return false;
}

/* One that may be called, which is then the very one that is; `why` otherwise. */
static enum lookup_outcome find_address(const struct site *site, struct arena *arena, struct text domain,
                                        struct sockaddr_storage *address, const char **why)
{
    struct lookup lookup = { .arena = arena, .servers = option_string(site->options, OPTION_resolver) };
    struct lookup_addresses found;
    bool all_allowed = settings_integer(site->settings, SETTING_private_network) != 0;
    enum lookup_outcome outcome = lookup_addresses(&lookup, arena_string(arena, domain), HTTPS_PORT, &found);
    if (outcome == LOOKUP_FOUND && !all_allowed && is_private(&found)) {
        *why = "the address is not a public one";
        return LOOKUP_NONE;
    }
    *why = "the domain has no address";
    if (outcome == LOOKUP_FOUND)
        *address = found.list[0];
    return outcome;
}

/* The operator's own proxy, whatever its address is. */
static enum lookup_outcome find_proxy(const char *place, struct sockaddr_storage *address)
{
    struct endpoint endpoint;
    struct error ignored = {};
    if (!endpoint_resolve(&endpoint, place, &ignored))
        return LOOKUP_FAILED;
    *address = endpoint.address;
    return LOOKUP_FOUND;
}

bool certificate_of_domain(const struct site *site, struct arena *arena, struct text domain,
                           struct certificate *certificate)
{
    const char *proxy = option_string(site->options, OPTION_tls_check), *why = "";
    struct sockaddr_storage address;
    *certificate = (struct certificate){};
    switch (*proxy ? find_proxy(proxy, &address) : find_address(site, arena, domain, &address, &why)) {
    case LOOKUP_FAILED: return false;
    case LOOKUP_NONE: snprintf(certificate->why, sizeof certificate->why, "%s", why); return true;
    case LOOKUP_FOUND: break;
    }
    certificate_look(&address, arena_string(arena, domain), option_string(site->options, OPTION_tls_trust),
                     certificate);
    return true;
}

bool certificate_note(struct work *work, const struct tenant_domain *before,
                      const struct certificate *certificate, struct tenant_domain *after)
{
    struct tenant_domain changes = {
        .ssl_enabled = value_boolean(certificate->is_valid),
        .ssl_expires_at = certificate->expires_at_ms ? value_time(certificate->expires_at_ms) : value_null(),
        .ssl_error = value_text_or_null(arena_copy(work->arena, text_from(certificate->why))),
        .ssl_checked_at = value_time(work->now),
    };
    bool is_new = !value_equal(before->ssl_expires_at, changes.ssl_expires_at);
    bool ends_soon = certificate->expires_at_ms
                  && certificate->expires_at_ms - work->now < INT64_C(1) * WARN_DAYS * DAY_MS;
    bool warns = ends_soon && (is_new || !value_is_set(before->ssl_warned_at));
    if (warns || is_new)
        changes.ssl_warned_at = warns ? value_time(work->now) : value_null();
    return store_update(work, &tenant_domains_table, before->cells, changes.cells, after->cells)
        && (!warns
            || event_add(work, "tenant_domain.certificate_expiring", &tenant_domains_table, after->cells));
}

struct asked {
    struct text id;
    struct tenant_domain domain, *after;
    struct certificate certificate;
};

static bool begin(struct work *work, void *data)
{
    struct asked *asked = data;
    if (!domain_begin_check(work, asked->id, true, &asked->domain))
        return false;
    return value_is_true(asked->domain.is_verified) || fail(&work->error, ERROR_wrong_state, "verified");
}

static bool note(struct work *work, void *data)
{
    struct asked *asked = data;
    return store_find_locked(work, &tenant_domains_table, asked->id, asked->domain.cells)
        && certificate_note(work, &asked->domain, &asked->certificate, asked->after);
}

bool domain_check_certificate(struct work *work, struct text id, struct tenant_domain *after)
{
    struct asked asked = { .id = id, .after = after };
    if (!db_transact(work, begin, &asked))
        return false;
    if (!certificate_of_domain(work->site, work->arena, asked.domain.domain.text, &asked.certificate))
        return fail(&work->error, ERROR_dns_unavailable, "the address could not be found");
    return db_transact(work, note, &asked);
}
